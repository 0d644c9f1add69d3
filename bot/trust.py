"""Which word on a sender counts, channel by channel: the settings become one function for the desk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from intake.authenticity import Trust, stated
from intake.verification import Lookup, ask_dns, available, verified
from procedures.model import Procedure
from register.records import Authenticity, Happening, RawMessage, Submission

#: kinds of channels that bring mail
MAIL = ("lmtp", "smtp", "imap")
NONE = Trust()


class Authenticator:
    """Adds to a message what is known of its sender; asks the DNS only where a channel's settings say so."""

    def __init__(self, channels: Sequence[Mapping[str, Any]], lookup: Lookup = ask_dns) -> None:
        """Raises BadSettings where a channel is to be verified and the packages for it are not there."""
        self._lookup = lookup
        self._trusts = {_name(table): _trust(table) for table in channels if table.get("kind") in MAIL}
        if any(trust.verify for trust in self._trusts.values()):
            available()

    def __call__(self, raw: RawMessage, submission: Submission) -> Submission:
        """The same message with its `authenticity`."""
        trust = self._trust(raw)
        found = stated(submission, trust)
        if not found.dmarc and trust.verify:
            found = verified(submission, raw, own_received=trust.own_received, lookup=self._lookup)
        return submission if found == Authenticity() else replace(submission, authenticity=found)

    def _trust(self, raw: RawMessage) -> Trust:
        """That of the channel; for a file, which came through none, that which all channels share."""
        if raw.channel == "file":
            shared = set(self._trusts.values())
            return shared.pop() if len(shared) == 1 else NONE
        mailbox = f"{raw.channel}:{next(iter(raw.recipients), '').lower()}"
        return self._trusts.get(mailbox) or self._trusts.get(raw.channel, NONE)


def _name(table: Mapping[str, Any]) -> str:
    """What tells the mail of a channel from others': the mailbox of IMAP, else the kind."""
    kind = str(table["kind"])
    address = str(table.get("address") or table.get("user") or "").lower()
    return f"{kind}:{address}" if kind == "imap" else kind


def _trust(table: Mapping[str, Any]) -> Trust:
    return Trust(
        authserv_id=str(table.get("authserv_id", "")).strip(),
        own_received=int(table.get("own_received", 1)),
        verify=bool(table.get("verify_sender", False)),
    )


def noted(submission: Submission, procedure: Procedure) -> Iterator[Happening]:
    """What the journal keeps of how a message came: that its sender is not proven, and which role has passed it on."""
    proof, by = submission.authenticity, submission.forwarded_by
    if proof.failed:
        facts = {"spf": proof.spf, "dkim": proof.dkim, "dmarc": proof.dmarc, "policy": proof.policy}
        yield Happening(what="sender_unproven", facts=facts)
    if by is not None:
        # A mailbox, or the address of another school's, is no role.
        role = next((role.id for role in procedure.roles if role.mail.lower() == by.value.lower()), "staff")
        yield Happening(what="passed_on", who=role)
