"""What goes into the book: cases, letters, journal lines, and the entry that one message makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from register.records.arriving import RawMessage, Ruling, Submission
from register.records.deciding import Deadline, Decision, Disposition
from register.records.meeting import Invitation
from register.records.understanding import Understanding
from register.records.who import Address

if TYPE_CHECKING:
    from register.records.acting import Act
    from register.records.conversing import Turn


@dataclass(frozen=True, kw_only=True)
class Case:
    """One matter in the register."""

    #: random and unguessable; the token in reply addresses is made from it
    id: str
    #: the number that people use
    reference: str
    organisation: str
    unit: str | None
    channel: str
    opened_at: datetime
    kind: str | None
    category: str | None
    urgent: bool
    anonymous: bool
    language: str
    stage: str
    #: open, closed
    status: str
    #: role id
    owner: str
    recipients: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    #: senders who belong to the case, bare lower-case addresses
    parties: tuple[str, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    messages: int = 0
    acknowledged_at: datetime | None = None
    not_acknowledged_because: str | None = None
    subject: str = ""
    gist: str = ""


@dataclass(frozen=True, kw_only=True)
class OpenCase:
    """What a notice says of another open case, and who may not be told of it."""

    id: str
    reference: str
    category: str | None
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One message to one address, ready to be sent; its Message-ID is fixed here."""

    #: random; the signed Message-ID is made from it
    id: str
    case_id: str | None
    #: the role that it is for, or `sender`
    role: str
    to: Address
    template: str
    language: str
    subject: str
    #: plain text: the whole body for chat, the text/plain part for mail
    body: str
    #: complete RFC 5322 bytes with CRLF line ends for mail; empty for chat
    content: bytes = field(default=b"", repr=False)
    message_id: str = ""
    #: envelope sender; empty is the null path `<>`
    envelope_from: str = ""
    urgent: bool = False
    send_at: datetime | None = None
    #: rows of buttons below a chat message, each with its title and what a press sends back (at most 64 bytes)
    buttons: tuple[tuple[tuple[str, str], ...], ...] = ()
    #: the school that it is of; empty for a letter of the program itself
    organisation: str = ""


@dataclass(frozen=True, kw_only=True)
class OutgoingLetter:
    """A letter that a dispatcher has claimed."""

    letter: Letter
    attempts: int
    claimed_by: str


@dataclass(frozen=True, kw_only=True)
class JournalEntry:
    """A line of the journal: appended, never changed; each carries the hash of the one before."""

    #: position in the book, from 1, without gaps
    position: int
    at: datetime
    case_id: str | None
    #: what happened, in the past tense, a stable code: registered, joined, acknowledged, letter_sent, ...
    what: str
    #: the role, worker or `sender`; never a person's name
    who: str
    clause: str
    #: further facts, plain JSON values, no personal data beyond what the case itself holds
    facts: Mapping[str, object]
    previous_hash: str
    hash: str


@dataclass(frozen=True, kw_only=True)
class Happening:
    """A journal line before it has a place in the chain."""

    what: str
    who: str = "lyhord"
    clause: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)


#: makes the letters once the case has its number; called inside the transaction of `enter`, does no I/O
Compose = Callable[[Case], tuple[Letter, ...]]


@dataclass(frozen=True, kw_only=True)
class SealedCode:
    """What is kept of the receipt code of an anonymous case; `register.codes` says what each part is worth."""

    #: the first characters, by which it is found
    prefix: str
    salt: bytes = field(repr=False)
    digest: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Question:
    """What the school asks somebody whom it does not know; told the next time they write."""

    id: int
    text: str
    asked_at: datetime
    #: when a letter with it has left; None: it waits
    told_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Secrecy:
    """What a message brings to, or takes from, the dialogue with somebody unknown."""

    #: opens the new case again
    code: SealedCode | None = None
    #: ids of the questions that the letter `dialogue` tells
    told: tuple[int, ...] = ()
    #: codes in the message that open nothing
    wrong_codes: int = 0


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Everything that one message adds to the register, in one transaction."""

    raw: RawMessage
    submission: Submission
    ruling: Ruling
    understanding: Understanding
    decision: Decision
    #: the case that the message joins; None opens one (unless the decision sets the message aside)
    case: Case | None = None
    #: what joined it: token, message_id, reference, repeat, ...; empty for a new case
    joined_by: str = ""
    #: cases that the message may belong to, shown to a person, never joined alone
    may_belong_to: tuple[str, ...] = ()
    compose: Compose = field(default=lambda case: (), repr=False)
    journal: tuple[Happening, ...] = ()
    #: identifies the message in this organisation: Message-ID and content
    duplicate_key: str = ""
    #: recognises the message without its words, see `register.proofs`; empty for none
    fingerprint: str = ""
    #: equal for messages alike from changing addresses of one domain; empty for none
    likeness: str = ""
    secrecy: Secrecy = Secrecy()
    #: what is kept of a code that the letters show, by which another address of the sender joins the case
    invitation: Invitation | None = None
    #: what the spool keeps from now on in place of the bytes that arrived, where the sender stays unknown
    cleansed: bytes | None = field(default=None, repr=False)
    #: what the message does to the conversation that it belongs to, in the same transaction
    turn: Turn | None = None
    #: what a member of staff does with a case by this press or message, in the same transaction
    act: Act | None = None


@dataclass(frozen=True, kw_only=True)
class Entered:
    """What `enter` made of an entry."""

    disposition: Disposition
    #: None where the message was set aside without a case
    case: Case | None
    #: why it was set aside: a code; empty otherwise
    reason: str = ""
