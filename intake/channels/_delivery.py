"""From a received mail to the spool: one message for each organisation, and what to reply to whom."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime

import structlog

from intake.channels import Doorway, _replies
from register.errors import Fault
from register.records import RawMessage

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


MOST_RECIPIENTS = 100


class Transaction:
    """One mail on its way in: its envelope, and which organisation claims each accepted recipient."""

    def __init__(self) -> None:
        #: as it was said; `<>` is the null path
        self.mail_from: str | None = None
        self.rcpt_tos: list[str] = []
        self.organisations: dict[str, str] = {}

    @property
    def sender(self) -> str:
        """The envelope sender, empty for the null path."""
        return "" if self.mail_from in (None, "<>") else str(self.mail_from)

    def groups(self) -> dict[str, tuple[str, ...]]:
        """The accepted recipients by the organisation that claims them, without repeats, in the order given."""
        groups: dict[str, list[str]] = {}
        for address, organisation in self.organisations.items():
            groups.setdefault(organisation, []).append(address)
        return {organisation: tuple(addresses) for organisation, addresses in groups.items()}


def accept(doorway: Doorway, mail: Transaction, address: str) -> str:
    """The reply to RCPT: taken down where an organisation claims the address."""
    if len(mail.rcpt_tos) >= MOST_RECIPIENTS:
        return _replies.TOO_MANY_RECIPIENTS
    organisation = doorway.claimed_by(address)
    if organisation is None:
        return _replies.NOBODY
    mail.rcpt_tos.append(address)
    mail.organisations[address] = organisation
    return _replies.KNOWN


async def deliver(doorway: Doorway, kind: str, mail: Transaction, content: bytes) -> list[str]:
    """Hands the mail to the spool; returns one reply for every RCPT that was accepted, in their order."""
    groups = mail.groups()
    raws = [_raw(kind, mail, content, organisation, recipients) for organisation, recipients in groups.items()]
    outcomes = await asyncio.gather(*(doorway.receive(raw) for raw in raws), return_exceptions=True)
    replies = {organisation: _reply(kind, outcome) for organisation, outcome in zip(groups, outcomes, strict=True)}
    return [replies[mail.organisations[address]] for address in mail.rcpt_tos]


def external_id(content: bytes, organisation: str, recipients: tuple[str, ...]) -> str:
    """What a repeated delivery has in common with the first: SHA-256 over content, organisation and recipients."""
    digest = hashlib.sha256(content)
    digest.update(f":{organisation}:{','.join(sorted(recipients))}".encode())
    return digest.hexdigest()


def _raw(kind: str, mail: Transaction, content: bytes, organisation: str, recipients: tuple[str, ...]) -> RawMessage:
    return RawMessage(
        channel=kind,
        external_id=external_id(content, organisation, recipients),
        content=content,
        received_at=datetime.now(UTC),
        recipients=recipients,
        envelope_from=mail.sender,
        organisation=organisation,
    )


def _reply(kind: str, outcome: bool | BaseException) -> str:
    if not isinstance(outcome, BaseException):
        return _replies.TAKEN
    why = outcome.private if isinstance(outcome, Fault) else ""
    log.error("not taken in", action="receive", channel=kind, error=type(outcome).__name__, why=why)
    return _replies.NOT_NOW
