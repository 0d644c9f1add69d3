from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from register.copying import copy
from register.errors import BadSettings, Permanent
from register.store import Register
from tests.journeys.servers.postgresql import Postgres
from tests.unit.register.making import ASIDE, LEASE, NOW, claimed, entered, entry, mail, opened, outgoing
from tests.unit.register.test_attendance import at_work


async def fill(url: str) -> None:
    """Cases, letters sent and waiting, a failed message, a waiting one, an alarm, a cursor."""
    async with await Register.open(url) as register:
        await opened(register)
        await opened(register, "2")
        await entered(register, "aside", decision=ASIDE, compose=lambda case: ())
        for letter in (await outgoing(register))[:2]:
            await register.letter_sent(letter, NOW)
        (failing,) = await claimed(register, "3", content=bytes(range(256)) * 100)
        await register.fail(failing, where="intake/mime.py:1", error="KeyError", now=NOW, retry_at=None)
        await claimed(register, "\udcff å \0")
        await register.alarm("channel", "imap:hej", NOW)
        await register.set_cursor("imap:hej", "1:7")


async def told(url: str) -> list[object]:
    """All that a register tells of itself."""
    async with await Register.open(url, create=False) as register:
        return [
            await register.cases(),
            [dict(one) for one in await register.letters()],
            await register.journal(),
            await register.books(),
            await register.set_aside(),
            [await register.raw(number) for number in range(1, 6)],
            await register.cursor("imap:hej"),
        ]


@pytest.fixture
def places(sqlite_url: str, tmp_path: Path, postgres_with_blank: Postgres) -> dict[str, str]:
    """A file with a register, an empty file's place, and an empty database."""
    server = postgres_with_blank
    name = f"copy{abs(hash(tmp_path)) % 10**9}"
    return {
        "file": sqlite_url,
        "other file": f"sqlite+aiosqlite:///{tmp_path / 'other.db'}",
        "server": server.new_database(name),
    }


async def test_a_register_moves_to_postgresql_and_back_and_goes_on(places: dict[str, str]) -> None:
    """G4: not a row is lost on the way, the chain is whole, and numbers and ids go on without a gap."""
    await fill(places["file"])
    there = await copy(places["file"], places["server"])
    assert await told(places["server"]) == await told(places["file"])
    assert (there.rows["cases"], there.rows["spool"], there.books.waiting) == (2, 5, 1)
    back = await copy(places["server"], places["other file"])
    assert back == there
    assert await told(places["other file"]) == await told(places["file"])
    for place in ("server", "other file"):
        async with await Register.open(places[place]) as register:
            await register.spool(mail("new"))
            (raw,) = await register.claim_messages("worker", 1, NOW, LEASE)
            case = (await register.enter(entry(raw), NOW)).case
            assert case is not None
            assert case.reference == "SK 2026/0003"
            assert await register.verify() == ()
            assert await register.spool(mail("1")) is False


async def test_a_target_that_holds_something_is_refused(places: dict[str, str]) -> None:
    await fill(places["file"])
    async with await Register.open(places["server"]) as register:
        await register.spool(mail("mine"))
    before = await told(places["server"])
    with pytest.raises(Permanent, match="holds something already"):
        await copy(places["file"], places["server"])
    assert await told(places["server"]) == before
    with pytest.raises(Permanent, match="same database twice"):
        await copy(places["file"], places["file"])


async def test_an_unsound_register_is_not_copied(places: dict[str, str]) -> None:
    """A broken chain is told, and the target stays empty."""
    await fill(places["file"])
    async with await Register.open(places["file"]) as register, register._engine.begin() as conn:
        await conn.execute(text("UPDATE journal SET who = 'somebody' WHERE position = 2"))
    with pytest.raises(Permanent, match="not sound, and was not kept: journal: 2"):
        await copy(places["file"], places["server"])
    async with await Register.open(places["server"]) as register:
        assert (await register.books()).arrived == 0
        assert await register.journal() == ()


async def test_a_register_at_work_is_not_copied(places: dict[str, str]) -> None:
    async with at_work(places["server"], "one"):
        with pytest.raises(Permanent, match="stop it first"):
            await copy(places["server"], places["other file"])


async def test_a_source_that_is_not_there_is_told(places: dict[str, str]) -> None:
    with pytest.raises(BadSettings, match="there is no register at"):
        await copy(places["other file"], places["server"])
