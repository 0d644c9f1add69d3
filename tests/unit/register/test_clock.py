from __future__ import annotations

import asyncio
from datetime import timedelta

from register.records import Deadline, Happening
from register.store import Register
from tests.unit.register.making import ANSWER, HEAD, NOW, decision, letter, opened

SOON = Deadline(kind="passed_on", due_at=NOW + timedelta(hours=1), clause="C2", role="deputy")


async def test_a_deadline_is_due_from_its_moment_on(register: Register) -> None:
    case = await opened(register, decision=decision(deadlines=(ANSWER, SOON)))
    assert case.deadlines == (SOON, ANSWER)
    assert await register.due(SOON.due_at - timedelta(microseconds=1)) == ()
    assert await register.due(SOON.due_at) == ((case, SOON),)
    assert await register.due(ANSWER.due_at) == ((case, SOON), (case, ANSWER))


async def test_a_deadline_is_handled_once_with_its_letters_and_lines(register: Register) -> None:
    case = await opened(register)
    reminder = [letter(role="head", to=HEAD, template="reminder")]
    reached = [Happening(what="deadline_reached", clause=ANSWER.clause, facts={"kind": ANSWER.kind})]
    moment = ANSWER.due_at
    handled = await asyncio.gather(
        register.deadline_handled(case.id, ANSWER, reached, reminder, moment),
        register.deadline_handled(case.id, ANSWER, reached, [letter()], moment),
    )
    assert tuple(handled) == (True, False)
    assert await register.due(moment) == ()
    assert [one["template"] for one in await register.letters(case.id)] == ["acknowledgement", "notice", "reminder"]
    assert [line.what for line in await register.journal(case.id)][-2:] == ["deadline_reached", "letter_ordered"]
    found = await register.case(case.id)
    assert found is not None
    assert found.deadlines == (ANSWER,)


async def test_an_alarm_rings_once_until_it_is_over(register: Register) -> None:
    assert await register.alarm("mailbox", "imap:hej@skola.example", NOW) is True
    assert await register.alarm("mailbox", "imap:hej@skola.example", NOW) is False
    assert await register.alarm("mailbox", "imap:info@skola.example", NOW) is True
    assert await register.all_clear("mailbox", "imap:hej@skola.example", NOW) is True
    assert await register.all_clear("mailbox", "imap:hej@skola.example", NOW) is False
    assert await register.alarm("mailbox", "imap:hej@skola.example", NOW) is True
    said = [(line.what, line.facts["subject"]) for line in await register.journal()]
    assert said == [
        ("alarm_raised", "imap:hej@skola.example"),
        ("alarm_raised", "imap:info@skola.example"),
        ("all_clear", "imap:hej@skola.example"),
        ("alarm_raised", "imap:hej@skola.example"),
    ]


async def test_a_cursor_is_kept_over_a_restart(url: str) -> None:
    async with await Register.open(url) as register:
        assert await register.cursor("imap:hej") is None
        await register.set_cursor("imap:hej", "1:17")
        await register.set_cursor("imap:hej", "1:18")
        await register.set_cursor("telegram", "99")
    async with await Register.open(url) as register:
        assert await register.cursor("imap:hej") == "1:18"
        assert await register.cursor("telegram") == "99"
