from __future__ import annotations

import asyncio

from register.company import Company
from register.records import OutgoingLetter
from register.store import Register
from tests.unit.register.making import NOW, entered, outgoing


async def _begun(register: Register, letter: OutgoingLetter) -> asyncio.Task[None]:
    """A letter that has left, once it waits to be written down."""
    task = asyncio.create_task(register.letter_sent(letter, NOW))
    while not register._writer._waiting:
        await asyncio.sleep(0)
    return task


async def test_a_letter_that_has_left_waits_for_the_last_of_its_claim(register: Register) -> None:
    register._letters = Company(3600.0)
    await entered(register)
    first, last = await outgoing(register)
    before = register.commits
    task = await _begun(register, first)
    await register.letter_sent(last, NOW)
    await task
    assert register.commits == before + 1


async def test_what_waits_for_company_goes_with_whatever_is_written_next(register: Register) -> None:
    register._letters = Company(3600.0)
    await entered(register)
    first, _ = await outgoing(register)
    before = register.commits
    task = await _begun(register, first)
    await register.replay(None, NOW)
    await task
    assert register.commits == before + 1


async def test_nobody_waits_for_ever(register: Register) -> None:
    register._letters = Company(0.001)
    await entered(register)
    first, _ = await outgoing(register)
    await register.letter_sent(first, NOW)
    assert [letter["state"] for letter in await register.letters()] == ["sent", "waiting"]


async def test_who_ends_leaves_nothing_unwritten(register: Register) -> None:
    register._letters = Company(3600.0)
    await entered(register)
    first, _ = await outgoing(register)
    task = await _begun(register, first)
    await register.close()
    await task
