from __future__ import annotations

import asyncio
import sqlite3

import pytest

from register.records import Books
from register.store import Register
from tests.unit.register.making import ASIDE, NOW, claimed, entered, entry, mail, opened


async def test_an_empty_register_is_sound(register: Register) -> None:
    assert await register.books() == Books(arrived=0, registered=0, joined=0, set_aside=0, waiting=0)
    assert await register.verify() == ()


async def test_every_message_stands_in_one_column(register: Register) -> None:
    """G4: closed books."""
    case = await opened(register, "1")
    await entered(register, "2", case=case, joined_by="token")
    await entered(register, "3", decision=ASIDE)
    (failing,) = await claimed(register, "4")
    await register.fail(failing, where="mime", error="ValueError", now=NOW, retry_at=None)
    await claimed(register, "5")
    await register.spool(mail("6"))
    books = await register.books()
    assert books == Books(arrived=6, registered=1, joined=1, set_aside=2, waiting=2)
    assert books.balanced
    assert await register.verify() == ()


async def three_cases(url: str, *statements: str) -> tuple[Books, tuple[str, ...]]:
    """Books and problems of a register of three cases, after somebody has used an SQLite shell on it."""
    async with await Register.open(url) as register:
        for raw in await claimed(register, "1", "2", "3"):
            await register.enter(entry(raw), NOW)
        await register.spool(mail("4"))
    path = url.removeprefix("sqlite+aiosqlite:///")
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()
    async with await Register.open(url) as register:
        return await register.books(), await register.verify()


async def test_a_message_that_vanished_from_the_spool_unbalances_the_books(sqlite_url: str) -> None:
    books, problems = await three_cases(sqlite_url, "DELETE FROM spool WHERE external_id = '4'")
    assert not books.balanced
    assert problems == ("books: 4 arrived, but 3 registered + 0 joined + 0 set aside + 0 waiting do not make that",)


async def test_a_case_that_was_taken_out_leaves_a_gap_and_loose_ends(sqlite_url: str) -> None:
    _, problems = await three_cases(sqlite_url, "DELETE FROM cases WHERE number = 2")
    assert problems[0] == "numbers: skola 2026 lacks 2"
    assert sum(problem.startswith("letters: ") for problem in problems) == 2
    assert "messages: 2 is in a case that is not there" in problems


async def test_the_last_case_is_missed_too(sqlite_url: str) -> None:
    _, problems = await three_cases(sqlite_url, "DELETE FROM cases WHERE number = 3")
    assert problems[0] == "numbers: skola 2026 lacks 3"


async def test_a_counter_that_was_set_back_is_told(sqlite_url: str) -> None:
    _, problems = await three_cases(sqlite_url, "UPDATE counters SET last = 1 WHERE series = 'skola'")
    assert problems == ("numbers: skola 2026 goes up to 3, but its counter stands at 1",)


async def test_many_gaps_are_told_in_one_line(sqlite_url: str) -> None:
    _, problems = await three_cases(sqlite_url, "UPDATE counters SET last = 20 WHERE series = 'skola'")
    assert problems == ("numbers: skola 2026 lacks 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, ...",)


async def test_a_message_marked_as_done_that_was_never_entered_is_told(sqlite_url: str) -> None:
    done = "UPDATE spool SET ended_at = '2026-11-24 09:30:00.000000', outcome = 'registered' WHERE external_id = '4'"
    books, problems = await three_cases(sqlite_url, done)
    assert not books.balanced
    assert problems[0] == "spool: 4 is marked as done, but was never entered"


async def test_a_case_without_its_line_in_the_journal_is_told(sqlite_url: str) -> None:
    _, problems = await three_cases(sqlite_url, "UPDATE journal SET what = 'other' WHERE what = 'registered'")
    assert sum("has no line `registered`" in problem for problem in problems) == 3


async def test_a_letter_that_vanished_is_missed(sqlite_url: str) -> None:
    _, problems = await three_cases(sqlite_url, "DELETE FROM letters WHERE number = 4")
    assert problems == ("letters: the journal knows 6, the outbox holds 5",)


async def test_a_case_that_miscounts_its_messages_is_told(sqlite_url: str) -> None:
    _, problems = await three_cases(sqlite_url, "UPDATE cases SET messages = 2 WHERE number = 1")
    assert problems == ("cases: SK 2026/0001 does not count its messages right",)


async def test_cases_are_listed_in_the_order_of_their_opening(register: Register) -> None:
    raws = await claimed(register, "1", "2", "3")
    for raw in raws:
        await register.enter(entry(raw), NOW)
    numbers = ["SK 2026/0001", "SK 2026/0002", "SK 2026/0003"]
    assert [case.reference for case in await register.cases()] == numbers
    assert [case.reference for case in await register.cases(limit=2)] == numbers[1:]
    assert [case.reference for case in await register.cases(organisation="skola", status="open")] == numbers
    assert await register.cases(status="closed") == ()
    assert [case.reference for case in await register.open_cases_of_unit("skola", "north", most=9)] == numbers
    assert [case.reference for case in await register.open_cases_of_unit("skola", "north", most=1)] == numbers[2:]
    assert await register.open_cases_of_unit("skola", "south", most=9) == ()


@pytest.mark.parametrize("count", [501])
async def test_more_cases_than_one_statement_names_are_listed_whole(sqlite_url: str, count: int) -> None:
    async with await Register.open(sqlite_url) as register:
        await asyncio.gather(*(register.spool(mail(str(number))) for number in range(count)))
        raws = await claimed(register)
        await asyncio.gather(*(register.enter(entry(raw, compose=lambda case: ()), NOW) for raw in raws))
        cases = await register.cases()
        assert len(cases) == count
        assert all(case.parties and case.deadlines for case in cases)
