"""Which case a message belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from register.records.keeping import Case


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
    #: whom that letter was for, a role or `sender`, and what it was
    letter_role: str = ""
    letter_template: str = ""


@dataclass(frozen=True, kw_only=True)
class EarlierCase:
    """A closed case that is like another one, with when and how it ended."""

    case: Case
    closed_at: datetime
    how: str
