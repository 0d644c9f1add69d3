"""What a member of staff does with a case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from register.records.deciding import Deadline
from register.records.keeping import Case, Happening, Letter


@dataclass(frozen=True, kw_only=True)
class StaffChat:
    """A chat in which a role gets its notices and may act."""

    organisation: str
    #: the chat's number, as in `Address.value`
    chat: str
    role: str
    #: private, group, supergroup: as the provider calls it
    kind: str
    linked_at: datetime


@dataclass(frozen=True, kw_only=True)
class Taken:
    """Who has taken a case: nobody is reminded of its urgency any more."""

    role: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Act:
    """One act on a case, written in the transaction of the press or message that makes it.

    It is only written where case and taker are still as they were when it was thought out; else it is overtaken.
    """

    #: the case and its taker as they were seen
    case: Case
    taken: Taken | None = None
    #: owner, recipients and roles that must not see it, afterwards
    becomes: Case
    #: who has it afterwards; empty: nobody
    taker: str = ""
    happenings: tuple[Happening, ...] = ()
    letters: tuple[Letter, ...] = ()
    #: for somebody whom nobody knows: told the next time they write
    question: str = ""
    #: a deadline that is put off, as it was and as it is from now on
    put_off: tuple[Deadline, Deadline] | None = None
