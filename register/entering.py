"""Entering: what one message adds to the register, in one transaction that it may share with its neighbours."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from register import acting, dialogues, invitations, spooling
from register.becoming import joined_by, opened
from register.errors import LeaseLost
from register.gathering import SpoiltError
from register.numbers import reference
from register.outbox import ordered
from register.pages import Pages, open_pages, series_of
from register.records import (
    Automatic,
    Case,
    Deadline,
    Decision,
    Disposition,
    Entered,
    Entry,
    Happening,
    Letter,
)
from register.writing import Order, Pen, Work

#: a rule's id begins with it where the rule sets a message aside; the reason follows
SET_ASIDE = "set_aside:"


async def _enter_all(pen: Pen, wishes: Sequence[tuple[Entry, datetime]]) -> list[Entered | LeaseLost]:
    held = await spooling.held(pen.conn, [entry.raw for entry, _ in wishes])
    pages = await open_pages(pen, [wish for wish in wishes if wish[0].raw.spool_id in held])
    stale = await dialogues.overtaken(pen.conn, [entry.turn for entry, _ in wishes])
    moved = await acting.overtaken(pen, [entry for entry, _ in wishes])
    turns: list[tuple[Entry, Entered, datetime]] = []
    answers: list[Entered | LeaseLost] = []
    for entry, now in wishes:
        if entry.raw.spool_id not in held:
            answers.append(LeaseLost("Another worker has taken this message over."))
            continue
        if dialogues.is_overtaken(entry.turn, stale):
            answers.append(dialogues.Overtaken("Another message of this chat came first."))
            continue
        if entry.act and entry.act.case.id in moved:
            answers.append(acting.OvertakenAct("The case has moved on."))
            continue
        # A second entry of the same message in this transaction comes too late as well.
        held.discard(entry.raw.spool_id)
        entered = _enter(pages, entry, now)
        answers.append(entered)
        turns.append((entry, entered, now))
        # Writing letters takes a while: whoever waits at a door gets a turn between two messages.
        await asyncio.sleep(0)
    await pages.write()
    for entry, entered, now in turns:
        await dialogues.write_entered(pen, entry, entered, now)
        await invitations.add(pen, entry, entered, now)
        if entry.act:
            await acting.write(pen, entry.act, now)
    return answers


# Letters are written within the transaction: a smaller group keeps the spool from waiting long for its turn.
ENTER = Work(_enter_all, Order.JOURNALLED, most=32)


def _enter(pages: Pages, entry: Entry, now: datetime) -> Entered:
    first = pages.first_like(entry)
    aside = entry.decision.disposition is Disposition.SET_ASIDE
    # What was set aside never stands in the way of a like message that is for the register.
    if first is not None and (first or aside) and entry.joined_by != "repeat":
        # The same message was entered while this one was being weighed: it joins that one, and nobody is told twice.
        entered = _repeat(pages, replace(entry, joined_by="repeat", compose=lambda case: (), journal=()), now, first)
    elif aside:
        entered = _set_aside(pages, entry, now, pages.case(entry.case.id) if entry.case else None, _reason(entry))
    elif entry.case is None:
        entered = _register(pages, entry, now)
    else:
        entered = _join(pages, entry, now, pages.case(entry.case.id))
    pages.end(entry, now, entered)
    return entered


def _repeat(pages: Pages, entry: Entry, now: datetime, first: str) -> Entered:
    if not first:
        return _set_aside(pages, entry, now, None, "repeat")
    case = pages.case(first)
    joined = replace(case, messages=case.messages + 1)
    pages.change_case(joined)
    pages.add_message(entry, now, joined, Disposition.JOINED)
    _note_joined(pages, entry, now, joined)
    return Entered(disposition=Disposition.JOINED, case=joined)


def _reason(entry: Entry) -> str:
    """The code under which a person finds a message that was set aside."""
    decision, automatic = entry.decision, entry.ruling.automatic
    if decision.rule.startswith(SET_ASIDE):
        return decision.rule.removeprefix(SET_ASIDE)
    if automatic is not None:
        return "own_loop" if automatic is Automatic.OWN else automatic.value
    return decision.not_acknowledged_because or decision.rule or "not_for_register"


def _set_aside(pages: Pages, entry: Entry, now: datetime, case: Case | None, reason: str) -> Entered:
    pages.add_message(entry, now, case, Disposition.SET_ASIDE, reason)
    facts = {"reason": reason, "message": entry.raw.spool_id, "channel": entry.raw.channel}
    pages.note(Happening(what="set_aside", clause=entry.decision.clause, facts=facts), now, case)
    _finish(pages, entry, now, case)
    return Entered(disposition=Disposition.SET_ASIDE, case=case, reason=reason)


def _register(pages: Pages, entry: Entry, now: datetime) -> Entered:
    case, decision = _opened(pages, entry, now), entry.decision
    pages.add_message(entry, now, case, Disposition.REGISTERED)
    facts: dict[str, object] = {"reference": case.reference, "channel": case.channel, "message": entry.raw.spool_id}
    facts |= {"may_belong_to": entry.may_belong_to} if entry.may_belong_to else {}
    pages.note(Happening(what="registered", clause=decision.clause, facts=facts), now, case)
    _note_decision(pages, decision, now, case)
    pages.note(Happening(what="owner_named", clause=decision.clause, facts={"owner": case.owner}), now, case)
    _give_duties(pages, decision, now, case)
    if reason := case.not_acknowledged_because:
        pages.note(Happening(what="not_acknowledged", clause=decision.clause, facts={"because": reason}), now, case)
    _finish(pages, entry, now, case)
    return Entered(disposition=Disposition.REGISTERED, case=case)


def _opened(pages: Pages, entry: Entry, now: datetime) -> Case:
    series, on = series_of(entry, now)
    number = pages.next_number(series, on.year)
    written = reference(entry.decision.number_format, on=on, number=number, unit=entry.decision.unit)
    case = opened(entry, written, now)
    pages.add_case(case, series=series, year=on.year, number=number)
    pages.add_meaning(case, entry.understanding.meaning)
    return case


def _join(pages: Pages, entry: Entry, now: datetime, case: Case) -> Entered:
    joined = joined_by(entry, case)
    pages.change_case(joined)
    pages.add_message(entry, now, joined, Disposition.JOINED)
    _note_joined(pages, entry, now, joined)
    if joined.status != case.status:
        pages.note(Happening(what="reopened", clause=entry.decision.clause), now, joined)
    if entry.joined_by != "repeat":
        _note_decision(pages, entry.decision, now, joined)
    _move_on(pages, entry.decision, now, case, joined)
    joined = pages.case(joined.id)
    _finish(pages, entry, now, joined)
    return Entered(disposition=Disposition.JOINED, case=joined)


def _note_joined(pages: Pages, entry: Entry, now: datetime, case: Case) -> None:
    facts = {"by": entry.joined_by, "message": entry.raw.spool_id, "channel": entry.raw.channel}
    pages.note(Happening(what="joined", clause=entry.decision.clause, facts=facts), now, case)


def _move_on(pages: Pages, decision: Decision, now: datetime, before: Case, after: Case) -> None:
    """Another stage ends the clocks of the one before; another owner alone takes them over (D2, G8)."""
    begins = after.stage != before.stage
    if begins or after.owner != before.owner:
        facts = {"from": before.owner, "to": after.owner, "from_stage": before.stage, "to_stage": after.stage}
        pages.note(Happening(what="handed_over", clause=decision.clause, facts=facts), now, after)
    if begins:
        pages.end_deadlines(after, now)
        _give_duties(pages, decision, now, after)
    elif after.owner != before.owner:
        pages.pass_deadlines(after, before.owner)


def _note_decision(pages: Pages, decision: Decision, now: datetime, case: Case) -> None:
    facts: dict[str, object] = {"rule": decision.rule, "procedure": decision.procedure, "because": decision.because}
    facts |= {} if decision.examined else {"examined": False}
    facts |= {"missing_parts": decision.missing_parts} if decision.missing_parts else {}
    pages.note(Happening(what="decided", clause=decision.clause, facts=facts), now, case)


def _give_duties(pages: Pages, decision: Decision, now: datetime, case: Case) -> None:
    """Assignments, steps and deadlines, with a journal line for each that a role has to keep."""
    pages.add_duties(decision, case)
    for one in decision.assignments:
        facts = {"role": one.role, "task": one.task, "why": one.why}
        pages.note(Happening(what="assigned", clause=one.clause, facts=facts), now, case)
    for deadline in decision.deadlines:
        pages.note(_deadline_set(deadline), now, case)


def _deadline_set(deadline: Deadline) -> Happening:
    facts = {"kind": deadline.kind, "due_at": deadline.due_at, "role": deadline.role}
    return Happening(what="deadline_set", clause=deadline.clause, facts=facts)


def _finish(pages: Pages, entry: Entry, now: datetime, case: Case | None) -> None:
    """The letters, each with its line, and what the pipeline has to add."""
    letters = _written(entry, case) if case else ()
    clauses = {(order.template, order.to): order.clause for order in entry.decision.letters}
    for letter in letters:
        pages.add_letter(letter, now, case)
        pages.note(ordered(letter, clauses.get((letter.template, letter.role), "")), now, case)
    for happening in entry.journal:
        pages.note(happening, now, case)
    pages.add_secrecy(entry.secrecy, case, letters, now)


def _written(entry: Entry, case: Case) -> tuple[Letter, ...]:
    try:
        return entry.compose(case)
    except Exception as error:
        raise SpoiltError(error) from error
