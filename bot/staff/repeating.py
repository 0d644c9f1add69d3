"""The clock's part: an urgent notice comes again until one of those who were told has taken the case (C6, G7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.desk import Desk
from bot.logs import log
from bot.staff.letters import written
from bot.staff.notices import preview
from procedures.model import Procedure
from procedures.people import People
from register.records import AddressKind, Case, Happening, Letter, LetterOrder
from register.staff import URGENT


async def repeat(desk: Desk, now: datetime) -> None:
    """Looks at every open urgent case that nobody has taken."""
    for case_id in await desk.register.staff.untaken():
        case = await desk.register.case(case_id)
        procedure = desk.procedures.get(case.organisation) if case else None
        if case and procedure:
            await _repeat(desk, procedure, case, now)


async def _repeat(desk: Desk, procedure: Procedure, case: Case, now: datetime) -> None:
    sent = [one for one in await desk.register.letters(case.id) if one["template"] == URGENT]
    rounds = sorted({one["created_at"] for one in sent})
    if not rounds or now < rounds[-1] + _pause(desk, procedure):
        return
    escalates = bool(procedure.urgent.escalate_to) and len(rounds) > procedure.urgent.escalate_after
    roles = _roles(procedure, case, sent, escalates=escalates)
    letters = await _letters(desk, procedure, case, roles, sent, now)
    if not letters:
        return
    facts = {"time": len(rounds), "roles": list(roles)}
    happening = Happening(what="urgent_repeated", who="clock", clause=procedure.urgent.clause, facts=facts)
    if await desk.register.staff.repeat(case, len(sent), letters, happening, now):
        log().warning("repeated", action="urgent_repeated", case=case.reference, time=len(rounds))


def _pause(desk: Desk, procedure: Procedure) -> timedelta:
    minutes = procedure.urgent.repeat_minutes
    return timedelta(minutes=minutes) if minutes else desk.repeat_urgent


def _roles(procedure: Procedure, case: Case, sent: Sequence[Mapping[str, Any]], *, escalates: bool) -> tuple[str, ...]:
    """Who was told before and may still see the case; after some time those whom the procedure names besides."""
    before = (one["role"] for one in sent if one["role"] not in case.excluded)
    return tuple(dict.fromkeys((*before, *(_next(procedure, case) if escalates else ()))))


def _next(procedure: Procedure, case: Case) -> Iterator[str]:
    people = People(procedure=procedure, unit=case.unit, barred=frozenset(case.excluded))
    for name in procedure.urgent.escalate_to:
        yield from people.readers(people.fill(name))


async def _letters(
    desk: Desk,
    procedure: Procedure,
    case: Case,
    roles: Sequence[str],
    sent: Sequence[Mapping[str, Any]],
    now: datetime,
) -> tuple[Letter, ...]:
    """The notices; none to an address where the last one has not left yet: it would only stand behind it."""
    waiting = {(one["role"], one["to_value"]) for one in sent if one["state"] == "waiting"}
    orders = [LetterOrder(template=URGENT, to=role, urgent=True, clause=procedure.urgent.clause) for role in roles]
    made = await written(desk, case, await desk.reach(procedure), orders, now)
    free = (one for one in made if (one.role, one.to.value) not in waiting)
    return tuple(_again(desk, procedure, case, one) for one in free)


def _again(desk: Desk, procedure: Procedure, case: Case, letter: Letter) -> Letter:
    if letter.to.kind is not AddressKind.TELEGRAM or desk.chat_previews:
        return letter
    return replace(letter, body=preview(letter.template, case, procedure, again=True))
