"""From what the procedure promises to dates on a case: deadlines, dated steps, and when staff are told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from procedures.calendar import Calendar
from procedures.model import Procedure
from procedures.people import People
from procedures.policies import Question
from procedures.sections import Stage, TimeLimit, Within
from register.records import Case, Deadline, Step


@dataclass(frozen=True, kw_only=True)
class Clocks:
    """Counts from the events of one case; every clock runs by the calendar of its unit (G6)."""

    calendar: Calendar
    received_at: datetime
    registered_at: datetime

    def due(self, within: Within, deadlines: Iterable[Deadline] = ()) -> datetime:
        """When a length of time is over; counted from receipt, registration or the deadline of an earlier kind."""
        events = {"receipt": self.received_at, "registration": self.registered_at}
        events |= {deadline.kind: deadline.due_at for deadline in deadlines}
        return self.calendar.add(events.get(within.after, self.received_at), within.n, within.unit)

    def told_at(self, procedure: Procedure) -> datetime | None:
        """When staff get a notice that is not urgent (C2); None: at once."""
        waits = procedure.passing_on is not None and procedure.passing_on.wait_on_days_off
        today = self.registered_at.astimezone(self.calendar.zone).date()
        if not waits or self.calendar.is_working_day(today):
            return None
        return self.calendar.next_working_moment(self.registered_at)


def deadlines_of(
    limits: Iterable[TimeLimit], stage: Stage, owner: str, people: People, clocks: Clocks, *, promised: bool
) -> tuple[Deadline, ...]:
    """The dates of a stage's time limits, in the order of the file; `promised`: may the sender be told of them."""
    made: list[Deadline] = []
    for limit in limits:
        made.append(
            Deadline(
                kind=limit.kind,
                due_at=clocks.due(limit, made),
                clause=limit.clause,
                role=people.fill(limit.role, stage) if limit.role else owner,
                promised=promised and limit.promised,
            )
        )
    return tuple(made)


def repeated_question(question: Question, owner: str, clocks: Clocks) -> tuple[Deadline, ...]:
    """When a question that got no answer is asked once more (B2)."""
    if question.repeat_after is None:
        return ()
    due = clocks.due(question.repeat_after)
    return (Deadline(kind="question_repeated", due_at=due, clause=question.clause, role=owner),)


def steps_of(
    stage: Stage, owner: str, people: People, clocks: Clocks, deadlines: tuple[Deadline, ...]
) -> tuple[Step, ...]:
    """The handling steps of a stage, each with who does it and by when."""
    return tuple(
        Step(
            id=step.id,
            role=people.fill(step.role, stage) if step.role else owner,
            clause=step.clause,
            due_at=clocks.due(step.due, deadlines) if step.due else None,
            document=step.document,
        )
        for step in stage.steps
    )


def put_off(procedure: Procedure, case: Case) -> tuple[Deadline, Deadline] | None:
    """The promised date of the case that the procedure lets be put off, as it is and as it would be; None for none.

    The extension is counted from the date that was promised, by the calendar of the case's unit (G6).
    """
    stage = procedure.stage(case.stage)
    limits = {limit.kind: limit for limit in stage.time_limits if limit.extension} if stage else {}
    found = [one for one in case.deadlines if one.promised and one.kind in limits]
    if not found:
        return None
    last = max(found, key=lambda one: one.due_at)
    extension = limits[last.kind].extension
    assert extension is not None  # noqa: S101 - only those that have one are looked at
    due = procedure.calendar_of(case.unit).add(last.due_at, extension.n, extension.unit)
    return last, replace(last, due_at=due, clause=extension.clause)
