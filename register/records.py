"""The nouns that all rooms speak of: frozen, keyword-only, standard library only."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

# --- who and where -------------------------------------------------------------------------------------------------


class AddressKind(enum.StrEnum):
    """How a person can be reached."""

    MAIL = "mail"
    TELEGRAM = "telegram"
    PHONE = "phone"
    POST = "post"


@dataclass(frozen=True, kw_only=True)
class Address:
    """One place where a person or a role can be reached."""

    kind: AddressKind
    #: the bare address: `anna@example.org`, a chat id, a phone number
    value: str
    #: the display name, decoded; empty where none was given
    name: str = ""


# --- what arrived --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class RawMessage:
    """A message as the channel got it; written to the spool before it is acknowledged."""

    #: the file name of the channel below `intake/channels`: lmtp, smtp, imap, telegram; or `file`
    channel: str
    #: unique within the channel: a repeated delivery has the same one
    external_id: str
    #: the exact bytes: an RFC 5322 message, or the JSON of a chat update
    content: bytes
    received_at: datetime
    #: envelope recipients or the mailbox's own address; empty where the channel knows none
    recipients: tuple[str, ...] = ()
    #: envelope sender; `""` is the null path `<>`, None where the channel has no envelope
    envelope_from: str | None = None
    #: the organisation that the channel is bound to; None: by recipient
    organisation: str | None = None
    #: the spool's own number, once it is written
    spool_id: int | None = None
    #: how often a worker has claimed it, this time included; with `claimed_by` it fences the claim
    attempts: int = 0
    claimed_by: str = ""


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file that came with a message."""

    #: safe and unique within the message: no path, no control character
    name: str
    #: media type in lower case, `application/octet-stream` where unknown
    type: str
    content: bytes = field(repr=False)

    @property
    def size(self) -> int:
        """Length in bytes."""
        return len(self.content)


class Automatic(enum.StrEnum):
    """Why a message is not a person's own writing."""

    BOUNCE = "bounce"
    AUTO_REPLY = "auto_reply"
    LIST = "list"
    OWN = "own"
    REPORT = "report"


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What somebody sent, decoded. No field holds a lone surrogate or NUL; single-line ones hold no CR or LF."""

    #: the channel it came through, as in `RawMessage.channel`
    channel: str
    #: where the sender can be reached (From; the chat); None where the message names no sender
    sender: Address | None = None
    #: where an answer is asked for (Reply-To) when that differs from `sender`
    reply_to: Address | None = None
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    #: addresses of delivery: envelope, Delivered-To, X-Original-To
    delivered_to: tuple[str, ...] = ()
    subject: str = ""
    #: when the sender says it was written; aware, or None where absent or unreadable
    date: datetime | None = None
    #: Message-ID without angle brackets; empty where there is none
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    #: the whole readable text
    text: str = ""
    #: only what this sender newly wrote, without quotes and signature
    reply: str = ""
    #: the HTML part as it came, hostile; empty where there is none
    html: str = field(default="", repr=False)
    attachments: tuple[Attachment, ...] = ()
    #: all header fields in order, names in lower case, values decoded and unfolded
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    #: envelope sender as in `RawMessage.envelope_from`, else Return-Path; None where unknown
    envelope_from: str | None = None
    #: what was wrong with the message, in plain words without content
    defects: tuple[str, ...] = ()
    #: labelled fields found in the text or a form: name, address, phone, unit, date, signature, answer_by, ...
    form: Mapping[str, str] = field(default_factory=dict)
    #: text of parts that a bounce or forward returned (message/rfc822, rfc822-headers), as header lists
    returned_headers: tuple[tuple[tuple[str, str], ...], ...] = field(default=(), repr=False)
    #: hex SHA-256 over sender, subject, text and attachments: equal content has an equal one
    fingerprint: str = ""

    def header(self, name: str) -> str:
        """The first value of a header field by its lower-case name, or an empty string."""
        return next((value for key, value in self.headers if key == name), "")

    def all(self, name: str) -> tuple[str, ...]:
        """All values of a header field by its lower-case name, in order."""
        return tuple(value for key, value in self.headers if key == name)


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """What the guards say: whether an automatic answer may be sent at all, and what this message is."""

    automatic: Automatic | None = None
    #: may an automatic answer be sent
    answerable: bool = True
    #: a stable code why not: own_loop, null_path, bounce, daemon, auto_submitted, precedence, list, suppress,
    #: auto_header, no_reply, subject, rate_limit, no_sender, oversize; empty when answerable
    reason: str = ""
    #: the evidence, e.g. `Auto-Submitted: auto-replied`
    because: str = ""


# --- what it is about ----------------------------------------------------------------------------------------------


Label = str | bool | tuple[str, ...] | None


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One classifier's answer to one question."""

    label: Label
    #: calibrated probability, 0 to 1
    score: float = 0.0
    #: the evidence: words or sentences of the message
    because: tuple[str, ...] = ()
    #: the classifier and its version, e.g. `category/1`
    by: str = ""


UNSURE = Verdict(label=None)


@dataclass(frozen=True, kw_only=True)
class Understanding:
    """Everything that the classifiers say of one message."""

    #: ISO 639-1 (nb and nn kept apart)
    language: Verdict = UNSURE
    #: complaint, concern, question, praise, follow_up, other
    kind: Verdict = UNSURE
    #: a category id; None unless kind is complaint or concern
    category: Verdict = UNSURE
    #: every category's score
    categories: Mapping[str, float] = field(default_factory=dict)
    urgent: Verdict = UNSURE
    anonymous: Verdict = UNSURE
    #: True, False, or None where not said
    wants_investigation: Verdict = UNSURE
    #: a unit id of the organisation
    unit: Verdict = UNSURE
    #: staff complained about, as written in the text
    persons: Verdict = Verdict(label=())
    #: ids of the organisation's roles whose holder is named or titled among the persons complained about
    accused_roles: Verdict = Verdict(label=())
    about_education: Verdict = UNSURE
    #: the sender says that the answer of this stage does not satisfy them (G8)
    dissatisfied: Verdict = Verdict(label=False)
    #: the sender asks how their case stands (D6)
    asks_status: Verdict = Verdict(label=False)
    #: one or two sentences of the message that say best what it is about (D5), as written, at most 300 characters
    gist: str = ""

    def questions(self) -> dict[str, Verdict]:
        """Every verdict by the name of its question."""
        return {name: value for name, value in vars(self).items() if isinstance(value, Verdict)}


@dataclass(frozen=True, kw_only=True)
class UnitFacts:
    """A unit of an organisation, as classifiers and letters need to know it."""

    id: str
    #: what people call it, the official name first
    aliases: tuple[str, ...]
    #: the unit's own mailboxes
    mailboxes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RoleFacts:
    """A role of an organisation, as classifiers and letters need to know it."""

    id: str
    #: name of the person who holds it; empty where nobody is named
    name: str = ""
    #: what the role is called, by language
    titles: Mapping[str, str] = field(default_factory=dict)
    #: further names and titles by which people write of the holder
    aliases: tuple[str, ...] = ()
    #: the unit that it belongs to; None: the whole organisation
    unit: str | None = None
    mail: str = ""
    phone: str = ""


@dataclass(frozen=True, kw_only=True)
class OrganisationFacts:
    """An organisation, as classifiers and letters need to know it; made by the procedure."""

    id: str
    name: str
    #: the organisation's own languages, the first one its default
    languages: tuple[str, ...]
    units: tuple[UnitFacts, ...] = ()
    roles: tuple[RoleFacts, ...] = ()
    #: every address that is ours: mailboxes of the organisation, in lower case
    mailboxes: tuple[str, ...] = ()


# --- what must happen ----------------------------------------------------------------------------------------------


class Disposition(enum.StrEnum):
    """Where a message ended; with those that wait, the four columns of the closed books (G4)."""

    REGISTERED = "registered"
    JOINED = "joined"
    SET_ASIDE = "set_aside"


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """A date on a case; what the procedure promises is a time limit, this is the day it falls on."""

    #: answer, acknowledge, check, response, passed_on, question_repeated, ... as the procedure names it
    kind: str
    due_at: datetime
    #: the clause of the procedure that promises it
    clause: str
    #: the role that has to keep it
    role: str = ""
    #: True: the parent is told of this date in the acknowledgement
    promised: bool = False


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """A role's part in a case besides owning it."""

    role: str
    #: recipient (gets the notice), responsible_beside, weekly_meeting, urgent, ...
    task: str
    clause: str
    #: why, in English, for the journal and `explain`
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class LetterOrder:
    """A letter that the decision asks for; composing fills it in."""

    #: acknowledgement, notice, urgent_notice, not_examined, status, next_stage, added_notice, question_repeated,
    #: reminder, needs_human, alarm, undeliverable: a file name below `replies/templates/<language>/`
    template: str
    #: a role id, or `sender`
    to: str
    #: not before this moment (C2: passed on the first working day); None: at once
    send_at: datetime | None = None
    #: its own lane of the outbox, before anything else
    urgent: bool = False
    clause: str = ""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step of the handling that software only keeps: who does it, by when, what document it leaves."""

    id: str
    role: str
    clause: str
    due_at: datetime | None = None
    document: str = ""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What the procedure says about one message. Pure: the same facts give the same decision."""

    disposition: Disposition
    #: id of the rule that matched
    rule: str
    #: the clause that the rule carries out
    clause: str
    #: `<organisation>@<version or hash>` of the procedure file
    procedure: str
    organisation: str
    #: unit of the case; None where not known
    unit: str | None = None
    #: id of the stage that the case stands in
    stage: str = ""
    #: the one role that owns the case
    owner: str = ""
    #: roles that get the notice, the owner first, without duplicates
    recipients: tuple[str, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    letters: tuple[LetterOrder, ...] = ()
    steps: tuple[Step, ...] = ()
    #: roles that must never see the case (E2, G2)
    excluded: tuple[str, ...] = ()
    #: why no acknowledgement goes to the sender (G5): a code; empty when one goes
    not_acknowledged_because: str = ""
    #: ids of parts asked for in the acknowledgement (C7): full_name, address, date, signature, phone, answer_by
    missing_parts: tuple[str, ...] = ()
    #: ask the sender: wants_investigation (B2), unit, ...
    questions: tuple[str, ...] = ()
    #: True: investigated; False: registered and not examined (C3)
    examined: bool = True
    #: format of the case number, e.g. `ALX {year}/{number:04}`; fields year, month, day, number, unit
    number_format: str = "{year}-{number:04}"
    #: the counter's name; gap-free within (series, year)
    number_series: str = ""
    #: local calendar date of registration, for number and year
    registered_on: str = ""
    #: sentences for the journal and `explain`: what was decided and why, in English, without personal data
    because: tuple[str, ...] = ()


# --- what goes into the book ---------------------------------------------------------------------------------------


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
    secrecy: Secrecy = Secrecy()
    #: what the spool keeps from now on in place of the bytes that arrived, where the sender stays unknown
    cleansed: bytes | None = field(default=None, repr=False)
    #: what the message does to the conversation that it belongs to, in the same transaction
    turn: Turn | None = None


@dataclass(frozen=True, kw_only=True)
class Entered:
    """What `enter` made of an entry."""

    disposition: Disposition
    #: None where the message was set aside without a case
    case: Case | None
    #: why it was set aside: a code; empty otherwise
    reason: str = ""


# --- conversations in a chat ---------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Dialogue:
    """What the bot of an organisation and one chat are talking about."""

    organisation: str
    #: the chat's number, as in `Address.value`
    chat: str
    #: counts the turns; whoever writes says which one they have seen
    version: int = 0
    #: idle; asking (messages are held back until they are confirmed or time is up); filing (they are being taken in);
    #: dropping (they are being set aside, because the sender wants it so)
    state: str = "idle"
    #: the question that stands: unit, wants_investigation, summary, change; empty for none
    asked: str = ""
    #: what the sender has chosen: language, unit, wants_investigation, anonymous
    answers: Mapping[str, str] = field(default_factory=dict)
    #: spool ids of the messages that are held back, or that still have to follow the first one into its case
    held: tuple[int, ...] = ()
    #: when the standing question is repeated, once; None: not again
    remind_at: datetime | None = None
    #: when what is held back is registered as it stands
    ends_at: datetime | None = None
    #: the case that was last spoken of; never an anonymous one that is complete
    case_id: str | None = None
    touched_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One step of a conversation, written in the transaction of the message that makes it."""

    #: the conversation after it
    dialogue: Dialogue
    #: True: nothing is kept of the conversation
    forget: bool = False
    #: what the bot says
    letters: tuple[Letter, ...] = ()
    #: held messages are taken in after this moment; None: those of the dialogue stay as they are
    held_until: datetime | None = None
    #: True: the bytes of this message are not kept, a press of a button says nothing about the matter
    emptied: bool = False


# --- which case does it belong to ----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class ThreadKey:
    """One hint to the case that a message belongs to, strongest first in a tuple."""

    #: token (signed address), letter (own signed Message-ID), message_id (a foreign one), reference (a bare number),
    #: returned (a bounce's returned Message-ID)
    kind: str
    #: case id for token; letter id for letter and returned; Message-ID; reference as written
    value: str


@dataclass(frozen=True, kw_only=True)
class Match:
    """What the register knows of a message's thread keys."""

    case: Case | None = None
    #: kind of the key that joined it
    joined_by: str = ""
    #: references of cases that it may belong to
    may_belong_to: tuple[str, ...] = ()
    #: the letter of ours that it answers or returns
    letter_id: str = ""


# --- the books -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Books:
    """The closed books (G4): arrived = registered + joined + set aside + waiting."""

    arrived: int
    registered: int
    joined: int
    set_aside: int
    waiting: int

    @property
    def balanced(self) -> bool:
        """True where the columns add up."""
        return self.arrived == self.registered + self.joined + self.set_aside + self.waiting


@dataclass(frozen=True, kw_only=True)
class SetAside:
    """A message that is not in a case, with the reason that a person can see."""

    spool_id: int
    channel: str
    received_at: datetime
    #: a stable code: bounce, auto_reply, list, own_loop, report, no_school, failed, not_for_register, ...
    reason: str
    #: where it failed and the kind of error, for reason `failed`; no personal data
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Whereabouts:
    """Where one message is."""

    spool_id: int
    #: registered, joined, set_aside or waiting
    outcome: str
    #: number of the case that it is in
    reference: str | None = None
    #: why it was set aside; empty otherwise
    reason: str = ""
    #: what joined it to its case
    joined_by: str = ""
    #: where it failed, for reason `failed`
    detail: str = ""


# --- what a letter says --------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Contact:
    """A role as a letter names it."""

    title: str
    name: str = ""
    mail: str = ""
    phone: str = ""


@dataclass(frozen=True, kw_only=True)
class Promise:
    """A dated sentence of the procedure, e.g. `You get an answer by` with its moment."""

    #: the deadline's kind
    kind: str
    #: the sentence's beginning in the letter's language; the date follows it
    text: str
    due_at: datetime
    clause: str = ""


@dataclass(frozen=True, kw_only=True)
class LetterFacts:
    """All that any template may say, in one language; made by the procedures room, filled in by the wiring."""

    language: str
    organisation: str
    #: IANA time zone, for dates
    time_zone: str
    #: two-letter country, for Babel's locale
    country: str
    reference: str = ""
    unit: str = ""
    #: the message's own subject
    subject: str = ""
    gist: str = ""
    kind: str = ""
    #: title of the category in this language; empty where unsure
    category: str = ""
    anonymous: bool = False
    urgent: bool = False
    examined: bool = True
    #: True, False, or None where not said
    wants_investigation: bool | None = None
    owner: Contact | None = None
    #: further roles that take part, with what they do (B5)
    others: tuple[tuple[Contact, str], ...] = ()
    #: what the step that the case stands in is called
    stage: str = ""
    clause: str = ""
    #: what happens next, sentence by sentence
    what_happens: tuple[str, ...] = ()
    promises: tuple[Promise, ...] = ()
    #: kind encouragement that is no obligation (A2, E1); empty where none
    advice: str = ""
    #: who takes over when the sender is not satisfied, and how to say so
    next_level: Contact | None = None
    next_level_text: str = ""
    #: the body outside the school, with its contact data, line by line
    outside_body: tuple[str, ...] = ()
    #: names of missing parts in this language (C7)
    missing_parts: tuple[str, ...] = ()
    #: ids of questions to the sender: wants_investigation, unit
    questions: tuple[str, ...] = ()
    #: unit names to choose from where `unit` is asked
    units: tuple[str, ...] = ()
    #: emergency numbers, line by line
    emergency: tuple[str, ...] = ()
    #: the school's duty of protection etc.: why something was done against the general rule
    note: str = ""
    received_at: datetime | None = None
    #: for notices: the sender as the role may see them (`anonymous` where asked for), the message, its files
    sender: str = ""
    message: str = ""
    attachments: tuple[str, ...] = ()
    #: for notices: facts of the unit and its open cases (D4), line by line
    local_facts: tuple[str, ...] = ()
    #: for notices: the evidence of the verdicts and the reason of the decision, line by line
    because: tuple[str, ...] = ()
    #: references of cases that this may belong to
    may_belong_to: tuple[str, ...] = ()
    #: for notices: the owner's steps with their dates, line by line
    steps: tuple[str, ...] = ()
    #: why the sender got no acknowledgement, in plain words; empty when they did
    not_acknowledged: str = ""
    #: for needs_human and alarm: what happened and what to do, in plain words
    what_happened: str = ""
    #: the code that opens an anonymous case again, in four groups; shown once
    receipt_code: str = ""
    #: what the school asks somebody whom it does not know
    asked: tuple[str, ...] = ()
