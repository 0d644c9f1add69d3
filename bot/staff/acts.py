"""What a press does to a case: it is taken, passed on, or turns out to be about whoever presses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace

from bot.staff.drafts import begun, left
from bot.staff.letters import written
from bot.staff.notices import Buttons
from bot.staff.pressing import Press, data, short
from bot.staff.seats import Place, Seat, note
from bot.writing import SENDER
from procedures.people import People, barred_roles
from procedures.sections import Role
from register.records import Act, Case, Entered, Letter, LetterOrder
from replies.staff import button, say

#: how many roles are offered to pass a case on to
MOST_ROLES = 24


async def pressed(seat: Seat, press: Press) -> Entered:
    """A button below a notice; what it may do is looked at when it is pressed, not when it was made."""
    place = await seat.place(press.of)
    if place is None:
        return await seat.ends(seat.says("not_yours"))
    if place.case.status != "open" and press.verb != "show":
        return await seat.ends(seat.says("closed", reference=place.case.reference))
    return await _VERBS[press.verb](seat, place, press)


async def _show(seat: Seat, place: Place, _: Press) -> Entered:
    """The whole notice, in this chat and nowhere else."""
    order = LetterOrder(template="notice", to=place.role)
    desk = replace(seat.talk.desk, chat_previews=True)
    letters = await written(desk, place.case, seat.reach, [order], seat.talk.now)
    mine = [one for one in letters if one.to.value == seat.talk.chat][:1]
    return await seat.ends(act=_act(seat, place, "shown", letters=mine))


async def _take(seat: Seat, place: Place, _: Press) -> Entered:
    reference, taken = place.case.reference, place.taken
    if taken and taken.role == place.role:
        return await seat.ends(seat.says("taken_already", reference=reference))
    if taken:
        words = seat.says("taken_by", reference=reference, role=seat.title(taken.role), moment=seat.moment(taken))
        return await seat.ends(words)
    act = replace(_act(seat, place, "taken"), taker=place.role)
    return await seat.ends(seat.says("taken", reference=reference), act=act)


# --- pass it on ---


async def _pass(seat: Seat, place: Place, _: Press) -> Entered:
    roles = tuple(_others(seat, place))[:MOST_ROLES]
    if not roles:
        return await seat.ends(seat.says("pass_nobody", reference=place.case.reference))
    rows: Buttons = tuple(((seat.title(one.id), data("to", place.case.id, short(one.id))),) for one in roles)
    words = say("pass_whom", seat.language, reference=place.case.reference)
    return await seat.ends(seat.letter(words, rows))


def _others(seat: Seat, place: Place) -> Iterator[Role]:
    """The roles that may see the case, have to do with its unit, and can be reached."""
    case, here = place.case, set(seat.roles) | {place.role, place.case.owner}
    for role in seat.procedure.roles:
        fits = not role.units or case.unit is None or case.unit in role.units
        if role.id not in here and role.id not in case.excluded and fits:
            readers = seat.people(case).readers(role.id)
            if any(seat.reach.addresses(one, case.excluded, urgent=True) for one in readers):
                yield role


async def _to(seat: Seat, place: Place, press: Press) -> Entered:
    chosen = next((one.id for one in _others(seat, place) if short(one.id) == press.detail), None)
    if chosen is None:
        return await seat.ends(seat.says("stale"))
    case = _passed(place, chosen, seat.people(place.case))
    act = await _handed_over(seat, place, case, "passed_on", to=chosen)
    return await seat.ends(seat.says("passed", reference=case.reference, role=seat.title(chosen)), act=act)


def _passed(place: Place, chosen: str, people: People) -> Case:
    """The case with another owner; from a role that only takes part, the other one takes its place."""
    case = place.case
    gone = {place.role, case.owner} if place.owns else {place.role}
    stay = (one for one in case.recipients if one not in gone)
    recipients = tuple(dict.fromkeys((chosen, *people.readers(chosen), *stay)))
    return replace(case, owner=chosen if place.owns else case.owner, recipients=recipients)


# --- it is about me ---


async def _about(seat: Seat, place: Place, _: Press) -> Entered:
    rows: Buttons = (((button("yes_about_me", seat.language), data("mine", place.case.id)),),)
    words = say("about_me", seat.language, reference=place.case.reference)
    return await seat.ends(seat.letter(words, rows))


async def _mine(seat: Seat, place: Place, _: Press) -> Entered:
    """E2, G2: from now on the role, and every other that its holder has, sees nothing of the case."""
    case = _without(seat, place)
    act = await _handed_over(seat, place, case, "excluded", excluded=sorted(set(case.excluded)))
    return await seat.ends(seat.says("about_me_done"), act=act)


def _without(seat: Seat, place: Place) -> Case:
    procedure, case = seat.procedure, place.case
    barred = barred_roles(procedure, {*case.excluded, place.role, *seat.roles})
    people, stage = People(procedure=procedure, unit=case.unit, barred=barred), procedure.stage(case.stage)
    wanted = stage.owner if stage else procedure.organisation.default_role
    owner = people.fill(wanted, stage) if case.owner in barred else case.owner
    stay = (one for one in case.recipients if one not in barred)
    new = (owner, *people.readers(owner)) if owner != case.owner else ()
    return replace(case, owner=owner, recipients=tuple(dict.fromkeys((*new, *stay))), excluded=tuple(sorted(barred)))


# --- acts ---


def _act(seat: Seat, place: Place, what: str, *, letters: Sequence[Letter] = ()) -> Act:
    """An act that changes nothing but the journal."""
    return Act(
        case=place.case,
        taken=place.taken,
        becomes=place.case,
        taker=place.taken.role if place.taken else "",
        happenings=(note(what, place, _clause(seat, place.case)),),
        letters=tuple(letters),
    )


async def _handed_over(seat: Seat, place: Place, case: Case, what: str, **facts: object) -> Act:
    """The case as it becomes: who is new gets its notice, and a parent is told of another owner (D2)."""
    before, clause = place.case, _clause(seat, case)
    new = [one for one in case.recipients if one not in before.recipients]
    template = "urgent_notice" if case.urgent else "notice"
    told = dict.fromkeys(reader for role in new for reader in seat.people(case).readers(role))
    orders = [LetterOrder(template=template, to=one, urgent=case.urgent, clause=clause) for one in told]
    happenings = [note(what, place, clause, **facts)]
    if case.owner != before.owner:
        orders.append(LetterOrder(template="status", to=SENDER, clause=clause))
        moved = {"from": before.owner, "to": case.owner, "from_stage": case.stage, "to_stage": case.stage}
        happenings.append(note("handed_over", place, clause, **moved))
    kept = place.taken is not None and place.taken.role not in {place.role, *case.excluded}
    return Act(
        case=before,
        taken=place.taken,
        becomes=case,
        taker=place.taken.role if place.taken and kept else "",
        happenings=tuple(happenings),
        letters=await written(seat.talk.desk, case, seat.reach, orders, seat.talk.now),
    )


def _clause(seat: Seat, case: Case) -> str:
    stage = seat.procedure.stage(case.stage)
    return stage.clause if stage else ""


async def _write(seat: Seat, place: Place, press: Press) -> Entered:
    return await begun(seat, place, press.verb)


_VERBS: dict[str, Callable[[Seat, Place, Press], Awaitable[Entered]]] = {
    "show": _show,
    "take": _take,
    "pass": _pass,
    "to": _to,
    "about": _about,
    "mine": _mine,
    "write": _write,
    "longer": _write,
    "send": left,
}
