"""What a letter says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


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
    #: the message cannot be read without a key that we do not have
    encrypted: bool = False
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
    #: for letters that a member of staff writes: as whom; the words are the `message`
    writer: Contact | None = None
    #: for notices: the sender as the role may see them (`anonymous` where asked for), the message, its files
    sender: str = ""
    message: str = ""
    attachments: tuple[str, ...] = ()
    #: for notices: what is to be minded about the sender, sentence by sentence
    warnings: tuple[str, ...] = ()
    #: for notices: who of the staff has passed the message on
    passed_on_by: str = ""
    #: for notices: facts of the unit and its open cases (D4), line by line
    local_facts: tuple[str, ...] = ()
    #: for notices: the evidence of the verdicts and the reason of the decision, line by line
    because: tuple[str, ...] = ()
    #: for notices: closed cases like this one, with when and how they ended, line by line (B6)
    similar: tuple[str, ...] = ()
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
    #: a code by which the sender goes on in the school's chat, the link that holds it, and the last moment for it
    invitation: str = ""
    invitation_link: str = ""
    invited_until: datetime | None = None
    #: for `joined`: telegram or mail, from where the sender's other address has joined the case
    joined_from: str = ""
    #: the letter goes to the chat that a sender who stays unknown has left open
    linked: bool = False
    #: a signed receipt, line by line, see `bot.receipts`
    receipt: str = ""
    #: what the school asks somebody whom it does not know
    asked: tuple[str, ...] = ()
