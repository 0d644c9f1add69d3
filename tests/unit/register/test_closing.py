"""Closing a case in the register: once, with its dates, and open again by what somebody writes."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from register.records import Case, Disposition, Verdict
from register.store import Register
from tests.unit.register.making import ANSWER, NOW, decision, entered, letter, opened, understanding

LATER = NOW + timedelta(days=1)
ADDED = decision(disposition=Disposition.JOINED, deadlines=(), letters=(), stage="", owner="")


async def closed(register: Register) -> Case:
    case = await opened(register)
    assert await register.close_case(case.id, "head", "talked it over", (), LATER)
    return case


async def now_of(register: Register, case: Case) -> Case:
    found = await register.case(case.id)
    assert found is not None
    return found


async def test_a_case_is_closed_once_with_its_dates_and_its_letter(register: Register) -> None:
    """C14: one transaction; whoever comes second writes nothing."""
    case = await opened(register)
    both = [register.close_case(case.id, "head", why, (letter(case),), LATER) for why in ("one", "two")]
    assert sorted(await asyncio.gather(*both)) == [False, True]
    after = await now_of(register, case)
    assert (after.status, after.deadlines) == ("closed", ())
    assert await register.due(ANSWER.due_at) == ()
    (line,) = [one for one in await register.journal(case.id) if one.what == "closed"]
    assert (line.who, line.facts["because"] in ("one", "two")) == ("head", True)
    assert line.facts["deadlines_ended"] == ["answer"]
    assert len(await register.letters(case.id)) == 3
    assert await register.verify() == ()


async def test_what_a_person_adds_opens_a_closed_case_again(register: Register) -> None:
    """C16: and what needs no weighing leaves it closed."""
    case = await closed(register)
    await entered(register, "2", case=case, joined_by="token", decision=ADDED, compose=lambda case: ())
    assert (await now_of(register, case)).status == "closed"
    weighed = replace(ADDED, reopens=True)
    # It was still open when the message was weighed: closing it meanwhile does not bury what was written.
    await entered(register, "3", case=case, joined_by="token", decision=weighed, compose=lambda case: ())
    assert (await now_of(register, case)).status == "open"
    assert [line.what for line in await register.journal(case.id)].count("reopened") == 1
    assert await register.close_case(case.id, "head", "once more", (), LATER)
    assert await register.verify() == ()


async def test_what_is_not_there_cannot_be_closed(register: Register) -> None:
    assert not await register.close_case("nobody", "head", "so", (), NOW)


async def test_only_closed_cases_of_the_school_are_found_by_their_meaning(register: Register) -> None:
    """B6: none of somebody who stays unknown, whose words are not kept in any form."""
    unknown = understanding(meaning=b"1234", anonymous=Verdict(label=True))
    cases = [
        await opened(register, str(number), understanding=said)
        for number, said in enumerate((understanding(meaning=b"1234"), understanding(), unknown, unknown))
    ]
    assert await register.closed_meanings("skola", "meals") == ()
    for case in cases[:3]:
        await register.close_case(case.id, "head", "so", (), LATER)
    assert await register.closed_meanings("skola", "meals") == ((cases[0].id, b"1234"),)
    assert await register.closed_meanings("skola", "transport") == ()
    assert await register.closed_meanings("other", "meals") == ()
    (ended,) = await register.ended([cases[3].id, cases[0].id])
    assert (ended.case.id, ended.closed_at, ended.how) == (cases[0].id, LATER, "so")
    assert (await register.meaning(cases[0].id), await register.meaning(cases[2].id)) == (b"1234", b"")


async def test_a_correction_changes_the_facts_and_stays_in_the_journal(register: Register) -> None:
    """Issue 6.8: owner and dates stay; what was said later of the same fact counts."""
    case = await opened(register)
    assert await register.correct(case.id, "head", {"category": "transport", "urgent": True}, LATER)
    assert not await register.correct(case.id, "head", {"category": "transport"}, LATER)
    assert not await register.correct("nobody", "head", {"category": "transport"}, LATER)
    assert await register.correct(case.id, "head", {"urgent": False, "unit": "north"}, LATER)
    after = await now_of(register, case)
    assert (after.category, after.urgent, after.unit, after.kind) == ("transport", False, "north", case.kind)
    assert (after.owner, after.deadlines) == (case.owner, case.deadlines)
    assert await register.corrections() == {case.id: {"category": "transport", "urgent": False, "unit": "north"}}
    assert await register.verify() == ()
