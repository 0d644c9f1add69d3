"""What must happen: the decision, its deadlines, letters and steps."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime


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
    #: reminder, needs_human, alarm, undeliverable, unproven: a file name below `replies/templates/<language>/`
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
    #: a closed case that it joins is open again
    reopens: bool = False
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
