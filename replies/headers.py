"""How a letter goes, and the header fields that say so (RFC 5322, RFC 3834)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from register.records import Address, LetterFacts, LetterOrder
from replies import mail

#: letters that always answer a message of the sender
ACKNOWLEDGEMENTS = frozenset({"acknowledgement", "not_examined", "unproven"})


@dataclass(frozen=True, kw_only=True)
class Posting:
    """From whom a letter goes to whom, and in which thread."""

    #: one address of the role
    to: Address
    #: a role id, or `sender`
    role: str
    #: our mailbox; its name is the organisation's unless it has one
    sender: Address
    #: what joins an answer to its case; empty for none
    reply_token: str
    #: the mailbox takes `local+detail@domain`
    plus_addressing: bool
    message_id: str
    letter_id: str
    #: aware
    date: datetime
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    #: False: a person has written it
    automatic: bool = True
    #: the null path unless told otherwise (RFC 3834, 3.3)
    envelope_from: str = ""


def head(
    order: LetterOrder, facts: tuple[LetterFacts, ...], posting: Posting, *, subject: str, loop: str
) -> Iterator[str]:
    """The fields of a letter but for those of MIME, each folded and with its CRLF; `loop` names us to ourselves."""
    yield _from(posting.sender.value, posting.sender.name or facts[0].organisation)
    yield mail.header("To", mail.mailbox(posting.to))
    if posting.plus_addressing and posting.reply_token:
        yield mail.header(
            "Reply-To", f"<{mail.addr_spec(mail.with_detail(posting.sender.value, posting.reply_token))}>"
        )
    yield mail.header("Subject", mail.phrase(subject))
    yield mail.header("Date", format_datetime(posting.date))
    yield mail.header("Message-ID", mail.message_ids([posting.message_id]))
    yield from _thread(posting.in_reply_to, posting.references)
    yield _ours("Content-Language", ", ".join([one.language for one in facts]))
    if posting.automatic:
        yield _automatic(replies=_is_a_reply(order, posting))
    yield _ours("X-Lyhord-Loop", mail.phrase(loop))


@lru_cache(maxsize=256)
def _from(mailbox: str, name: str) -> str:
    """Depends on a mailbox of ours and its name alone."""
    return mail.header("From", mail.written_mailbox(mailbox, name))


#: fields that say nothing of a person
_ours = lru_cache(maxsize=256)(mail.header)


def _thread(in_reply_to: str, references: tuple[str, ...]) -> Iterator[str]:
    """In-Reply-To, and References that end with it (RFC 5322, 3.6.4)."""
    if parent := mail.message_ids([in_reply_to]):
        yield mail.header("In-Reply-To", parent)
    if thread := mail.message_ids([*(one for one in references if one != in_reply_to), in_reply_to]):
        yield mail.header("References", thread)


def _is_a_reply(order: LetterOrder, posting: Posting) -> bool:
    # A parent's mail may have no Message-ID; the acknowledgement answers it all the same.
    return posting.role == "sender" and (bool(posting.in_reply_to) or order.template in ACKNOWLEDGEMENTS)


@lru_cache(maxsize=2)
def _automatic(*, replies: bool) -> str:
    """What tells other programs not to answer (RFC 3834, 5; MS-OXCMAIL)."""
    fields = [
        ("Auto-Submitted", "auto-replied" if replies else "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
        ("X-Loop", "lyhord"),
        *([("Precedence", "auto_reply")] if replies else []),
    ]
    return "".join([mail.header(name, value) for name, value in fields])
