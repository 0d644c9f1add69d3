"""The clock: what the register says is due becomes a reminder, a repeated question or an alarm."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.alarms import Alarms
from bot.answering import last_used
from bot.conversation import remind, tell_questions
from bot.desk import Desk
from bot.logs import log
from bot.pipeline import consider
from bot.staff.repeating import repeat
from bot.writing import SENDER, Writing
from procedures.decide import Situation
from register.records import (
    Case,
    Deadline,
    Happening,
    Letter,
    LetterOrder,
    Ruling,
    Submission,
    Understanding,
    Verdict,
)

#: deadlines that are promises to ourselves and need no letter
SILENT = ("acknowledge", "passed_on")
#: the one repetition of a question that got no answer
REPEATED = "question_repeated"
OWED = "acknowledgement_owed"
OUTBOX = "outbox"


async def tick(desk: Desk, alarms: Alarms, now: datetime) -> None:
    """One look at everything that time alone sets off; what fails of it is raised once the rest is done."""
    looks = [_due(desk, case, deadline, now) for case, deadline in await desk.register.due(now)]
    others = (_owed(desk, alarms, now), _books(desk, alarms, now), _outbox(desk, alarms, now))
    ours = (remind(desk, now, consider), tell_questions(desk, now), repeat(desk, now))
    ends = await asyncio.gather(*looks, *others, *ours, return_exceptions=True)
    for error in ends:
        if isinstance(error, BaseException):
            raise error


async def _due(desk: Desk, case: Case, deadline: Deadline, now: datetime) -> None:
    letters = await _letters(desk, case, deadline, now)
    facts = {"kind": deadline.kind, "letters": len(letters)}
    happening = Happening(what="deadline_reached", who="clock", clause=deadline.clause, facts=facts)
    await desk.register.deadline_handled(case.id, deadline, [happening], letters, now)
    log().info("due", action="deadline_reached", case=case.reference, kind=deadline.kind)


async def _letters(desk: Desk, case: Case, deadline: Deadline, now: datetime) -> tuple[Letter, ...]:
    """A question repeated once to a sender who has not written again (B2); else a reminder to who keeps the date."""
    procedure, decision = desk.procedures.get(case.organisation), await desk.register.decision(case.id)
    if procedure is None or decision is None or deadline.kind in SILENT:
        return ()
    if deadline.kind != REPEATED:
        order = LetterOrder(template="reminder", to=deadline.role or case.owner, clause=deadline.clause)
        first = Submission(channel=case.channel)
    else:
        messages = await desk.register.messages(case.id)
        if any(map(_is_written, messages[1:])):
            return ()
        order = LetterOrder(template=REPEATED, to=SENDER, clause=deadline.clause)
        first = last_used(case, messages, await desk.register.journal(case.id))
    situation = Situation(
        submission=first, ruling=Ruling(), understanding=Understanding(language=Verdict(label=case.language, score=1.0))
    )
    writing = Writing(
        desk=desk,
        procedure=procedure,
        situation=situation,
        decision=replace(decision, letters=(order,), owner=case.owner, stage=case.stage, deadlines=case.deadlines),
        open_cases=(),
        linked=(await desk.reach(procedure)).linked,
        now=now,
    )
    return writing(case)


def _is_written(message: Mapping[str, Any]) -> bool:
    """A person's own writing: no robot's, and not the same mail once more."""
    return not message["automatic"] and message["joined_by"] != "repeat"


async def _owed(desk: Desk, alarms: Alarms, now: datetime) -> None:
    """An acknowledgement that has not left in time rings (G4); it ends when the school owes none any more."""
    owed = await desk.register.unacknowledged(now - alarms.acknowledge_within)
    for procedure in desk.procedures.all:
        mine = [case for case in owed if case.organisation == procedure.id]
        if mine:
            numbers = ", ".join(case.reference for case in mine[:10])
            # Whoever is complained about in one of them must not read that it is there (G2).
            barred = tuple({role for case in mine for role in case.excluded})
            await alarms.ring(
                OWED, procedure.id, str(len(mine)), numbers, now, organisation=procedure.id, not_to=barred
            )
        else:
            await alarms.well(OWED, procedure.id, now, organisation=procedure.id)


async def _books(desk: Desk, alarms: Alarms, now: datetime) -> None:
    """The books must add up at every moment (G4)."""
    books = await desk.register.books()
    if books.balanced:
        await alarms.well("books", "register", now)
    else:
        await alarms.ring("books", "register", "unbalanced", str(vars(books)), now)


async def _outbox(desk: Desk, alarms: Alarms, now: datetime) -> None:
    """Letters that cannot leave ring, whatever they are about; told by itself once they can."""
    since = await desk.register.gauges.oldest_letter(now)
    if since is None or now - since < alarms.outbox_within:
        await alarms.well(OUTBOX, "outgoing", now)
        return
    minutes = int((now - since).total_seconds() // 60)
    await alarms.ring(OUTBOX, "outgoing", "waiting", str(minutes), now)
