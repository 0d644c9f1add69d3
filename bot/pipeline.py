"""THE path of every message: read, rule, match, understand, decide, compose, enter. Read this first."""

from __future__ import annotations

from datetime import datetime

from bot.desk import Desk
from bot.writing import Writing
from intake import threads
from procedures.decide import Situation, decide
from procedures.model import Procedure
from register.records import Decision, Disposition, Entered, Entry, RawMessage, Ruling, Submission, Understanding


async def take_in(raw: RawMessage, desk: Desk, now: datetime) -> Entered:
    """Takes one spooled message through the house and enters it in the register, in one transaction.

    Whatever fails before the last line has changed nothing: the message waits in the spool and the same call may be
    made again. After it nothing is owed but the sending of the letters.
    """
    submission = await desk.read(raw)
    procedure = desk.procedure_for(raw, submission)
    if procedure is None:
        return await desk.register.enter(nobodys(raw, submission, now), now)
    entry = await consider(raw, submission, procedure, desk, now)
    return await desk.register.enter(entry, now)


async def consider(raw: RawMessage, submission: Submission, procedure: Procedure, desk: Desk, now: datetime) -> Entry:
    """The entry that a message would make: everything but the writing. `lyhord explain` stops here."""
    ruling = await desk.rule(submission, now)
    match = await desk.match(submission, procedure)
    understanding = await desk.understand(submission, procedure)
    situation = Situation(
        submission=submission,
        ruling=ruling,
        understanding=understanding,
        case=match.case,
        joined_by=match.joined_by,
        may_belong_to=match.may_belong_to,
        received_at=raw.received_at,
    )
    decision = decide(procedure, situation, now)
    return Entry(
        raw=raw,
        submission=submission,
        ruling=ruling,
        understanding=understanding,
        decision=decision,
        case=match.case if decision.disposition is Disposition.JOINED else None,
        joined_by=match.joined_by,
        may_belong_to=match.may_belong_to,
        compose=Writing(
            desk=desk,
            procedure=procedure,
            situation=situation,
            decision=decision,
            open_cases=await desk.open_cases(procedure, decision),
            now=now,
        ),
        duplicate_key=threads.duplicate_key(submission),
    )


def nobodys(raw: RawMessage, submission: Submission, now: datetime) -> Entry:
    """The entry of a message to no school that we know: set aside, where a person can see it."""
    return Entry(
        raw=raw,
        submission=submission,
        ruling=Ruling(answerable=False, reason="no_school"),
        understanding=Understanding(),
        decision=Decision(
            disposition=Disposition.SET_ASIDE,
            rule="set_aside:no_school",
            clause="",
            procedure="",
            organisation="",
            not_acknowledged_because="no_school",
            registered_on=now.date().isoformat(),
            because=("no procedure claims any of its recipients",),
        ),
    )
