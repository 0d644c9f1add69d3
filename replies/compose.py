"""An ordered letter becomes bytes: facts in each language, the letter file, and for mail the headers around it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path

from register.errors import BadSettings
from register.records import Address, AddressKind, Case, Letter, LetterFacts, LetterOrder
from replies import mail
from replies.check import own_problems
from replies.environment import Wordings
from replies.moulds import Moulds
from replies.openers import languages, opener
from replies.sections import FAULTS, Draft, draft, known

#: letters that always answer a message of the sender
ACKNOWLEDGEMENTS = frozenset({"acknowledgement", "not_examined", "unproven"})


class Composer:
    """Makes letters; all files are read when it is made, composing does no I/O and depends on its arguments alone."""

    def __init__(self, folders: Sequence[Path] = (), *, product_domain: str = "") -> None:
        """Takes folders with schools' own wording, `<folder>/<organisation>/<language>/<letter>.txt`, first one first.

        `product_domain` stands in the loop header of letters that belong to no organisation. Raises BadSettings where
        a school's wording is wrong: better now than when a parent waits for the letter.
        """
        wrong = own_problems(folders)
        if wrong:
            raise BadSettings("\n".join(wrong))
        self._wordings = Wordings(folders)
        self._moulds = Moulds()
        self._product = product_domain or "lyhord"
        languages()

    def compose(
        self,
        order: LetterOrder,
        facts: tuple[LetterFacts, ...],
        *,
        case: Case | None,
        to: Address,
        role: str,
        sender: Address,
        reply_token: str,
        plus_addressing: bool,
        message_id: str,
        letter_id: str,
        date: datetime,
        in_reply_to: str = "",
        references: tuple[str, ...] = (),
        automatic: bool = True,
        envelope_from: str = "",
        organisation: str = "",
    ) -> Letter:
        """The letter that a decision ordered, complete.

        `facts` are the same facts in one or more languages, in the order in which they are shown; `case` is None for
        letters about no case; `to` is one address of `role` (a role id, or `sender`); `sender` is our mailbox, its name
        is the organisation's unless it has one; `date` is aware. The envelope sender is the null path unless told
        otherwise (RFC 3834, 3.3). `organisation` picks the wording where there is no case. Raises BadSettings where a
        letter file is wrong.
        """
        organisation = case.organisation if case else organisation
        chat = to.kind is AddressKind.TELEGRAM
        wording = self._wordings.of(organisation)
        above = opener(order, facts, case) if role == "sender" and order.template != "unproven" else None
        try:
            said = (
                draft(wording, order.template, [known(one, now=date, chat=True) for one in facts], above)
                if chat
                else self._moulds.draft(wording, order.template, facts, above, date)
            )
        except FAULTS as error:
            # What the error says may quote a value; its kind and the letter's name are enough to find it.
            name = f"{organisation or 'ours'}, {facts[0].language}/{order.template}"
            raise BadSettings(f"letter {name}: {type(error).__name__}; `lyhord check` says more") from error
        headers = [
            ("From", mail.mailbox(_named(sender, facts[0].organisation))),
            ("To", mail.mailbox(to)),
            *_reply_to(sender, reply_token if plus_addressing else ""),
            ("Subject", mail.phrase(said.subject)),
            ("Date", format_datetime(date)),
            ("Message-ID", mail.message_ids([message_id])),
            *_thread(in_reply_to, references),
            ("Content-Language", ", ".join(fact.language for fact in facts)),
            *(_automatic(order, role, in_reply_to) if automatic else ()),
            ("X-Lyhord-Loop", mail.phrase(organisation or self._product)),
        ]
        return Letter(
            id=letter_id,
            case_id=case.id if case else None,
            role=role,
            to=to,
            template=order.template,
            language=facts[0].language,
            subject=said.subject,
            body=said.text,
            content=b"" if chat else _content(headers, said, letter_id),
            message_id=message_id,
            envelope_from=envelope_from,
            urgent=order.urgent,
            send_at=order.send_at,
            organisation=organisation,
        )


def _named(sender: Address, organisation: str) -> Address:
    return sender if sender.name else Address(kind=sender.kind, value=sender.value, name=organisation)


def _reply_to(sender: Address, token: str) -> list[mail.Header]:
    if not token:
        return []
    return [("Reply-To", f"<{mail.addr_spec(mail.with_detail(sender.value, token))}>")]


def _thread(in_reply_to: str, references: tuple[str, ...]) -> list[mail.Header]:
    """In-Reply-To, and References that end with it (RFC 5322, 3.6.4)."""
    parent = mail.message_ids([in_reply_to])
    thread = mail.message_ids([*(one for one in references if one != in_reply_to), in_reply_to])
    return [(name, value) for name, value in (("In-Reply-To", parent), ("References", thread)) if value]


def _automatic(order: LetterOrder, role: str, in_reply_to: str) -> list[mail.Header]:
    """What tells other programs not to answer (RFC 3834, 5; MS-OXCMAIL)."""
    # A parent's mail may have no Message-ID; the acknowledgement answers it all the same.
    replies = role == "sender" and (bool(in_reply_to) or order.template in ACKNOWLEDGEMENTS)
    return [
        ("Auto-Submitted", "auto-replied" if replies else "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
        ("X-Loop", "lyhord"),
        *([("Precedence", "auto_reply")] if replies else []),
    ]


def _content(headers: list[mail.Header], said: Draft, letter_id: str) -> bytes:
    # The boundary holds `=_`, which neither quoted-printable nor base64 can write (RFC 2045, 6.7 and 6.8).
    boundary = f"=_{hashlib.sha256(letter_id.encode()).hexdigest()[:32]}"
    return mail.alternative(headers, said.text, said.html, boundary, said.quoted)
