from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from register import attendance
from register.attendance import SIGN_IN, STRIKE, Attendance
from register.line import News
from register.spooling import SUSPECTED
from register.store import Register
from tests.journeys.servers.postgresql import Postgres
from tests.unit.register.making import LEASE, NOW, claimed, entered, entry, letter, mail

_numbers = itertools.count()

#: seconds until a test gives up
PATIENCE = 30.0


class Ears:
    """What a process was told of."""

    def __init__(self) -> None:
        self.heard: list[News] = []
        self._changed = asyncio.Event()

    def __call__(self, news: News) -> None:
        self.heard.append(news)
        self._changed.set()

    async def until(self, holds: Callable[[list[News]], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not holds(self.heard):
                self._changed.clear()
                await self._changed.wait()

    async def signed_in(self) -> None:
        """Whoever signs in looks at everything that waits, once."""
        await self.until(lambda heard: News.LETTERS in heard)
        self.heard.clear()


class Process:
    """One process at work."""

    def __init__(self, register: Register, name: str) -> None:
        self.register, self.name, self.ears = register, name, Ears()
        self.attendance: Attendance = register.attendance(name, self.ears, lambda: NOW)
        self._keeping = asyncio.create_task(self._keep())

    async def _keep(self) -> None:
        await self.attendance.sign_in()
        await self.attendance.keep()

    async def die(self) -> None:
        """Ends without a word, as by a kill: the server sees its connections end."""
        self._keeping.cancel()
        await asyncio.gather(self._keeping, return_exceptions=True)

    async def end(self) -> None:
        """Ends in order."""
        await self.die()
        await self.attendance.sign_out()


@asynccontextmanager
async def at_work(url: str, name: str) -> AsyncIterator[Process]:
    async with await Register.open(url) as register:
        process = Process(register, name)
        await process.ears.signed_in()
        yield process
        await process.die()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks at the others as often as the machine allows."""
    monkeypatch.setattr(attendance, "LOOK", 0.02)
    monkeypatch.setattr(attendance, "AGAIN", 0.02)


@pytest.fixture
def server_url(postgres_with_blank: Postgres) -> str:
    """A register without entries on PostgreSQL."""
    return postgres_with_blank.new_database(f"attendance{next(_numbers)}", like="blank")


async def test_news_reach_the_other_processes_and_not_oneself(server_url: str) -> None:
    """What waits is heard of at once, by who did not bring it; an urgent letter in its own lane."""
    async with at_work(server_url, "one") as one, at_work(server_url, "two") as two:
        await one.register.spool(mail())
        await two.ears.until(lambda heard: heard == [News.MESSAGES])
        await one.register.spool(mail())
        (raw,) = await two.register.claim_messages("two", 1, NOW, LEASE)
        await two.register.enter(entry(raw), NOW)
        await one.ears.until(lambda heard: heard == [News.LETTERS])
        await two.register.post([letter(urgent=True)], [], NOW)
        await one.ears.until(lambda heard: heard == [News.LETTERS, News.URGENT])
        assert two.ears.heard == [News.MESSAGES]


@pytest.mark.usefixtures("quick")
async def test_what_a_dead_process_held_is_free_at_once(server_url: str) -> None:
    """G4: long before its lease ends; a living one keeps what it holds, and so does a command without a place."""
    async with at_work(server_url, "one") as one:
        async with at_work(server_url, "dead") as dead:
            await entered(dead.register)
            assert len(await dead.register.claim_letters("dead", 9, NOW, LEASE, urgent=False)) == 2
            await claimed(dead.register, "2", worker="dead")
            await claimed(dead.register, "3", worker="one")
            await claimed(dead.register, "4", worker="a command")
            one.ears.heard.clear()
            await dead.die()
            await one.ears.until(lambda heard: News.URGENT in heard)
        free = await one.register.claim_messages("one", 9, NOW, LEASE)
        assert [(raw.external_id, raw.attempts) for raw in free] == [("2", 1)]
        letters = await one.register.claim_letters("one", 9, NOW, LEASE, urgent=False)
        assert [one.attempts for one in letters] == [1, 1]


@pytest.mark.usefixtures("quick")
async def test_who_was_taken_for_dead_signs_in_anew(server_url: str) -> None:
    """What it claims from then on is free as soon as it really dies."""
    async with at_work(server_url, "one") as one:
        one.ears.heard.clear()
        await one.register._writer.write(attendance.STRIKE, ("one",))
        await one.ears.signed_in()
        assert await one.register._writer.write(attendance.STRIKE, ("one",)) == ("one",)


async def test_the_next_start_on_a_file_frees_what_the_last_one_held(sqlite_url: str) -> None:
    """G4: only one `run` may work on a file, so whoever signed in before is dead."""
    async with at_work(sqlite_url, "killed") as killed:
        await claimed(killed.register, "1", worker="killed")
        await claimed(killed.register, "2", worker="a command")
    async with at_work(sqlite_url, "next") as following:
        free = await following.register.claim_messages("next", 9, NOW, LEASE)
        assert [raw.external_id for raw in free] == ["1"]


@pytest.mark.usefixtures("quick")
async def test_who_dies_before_its_line_is_up_has_signed_in_all_the_same(url: str) -> None:
    """Found by the crash runs: what is claimed in the first moments of a process was held until its lease ended."""
    async with await Register.open(url) as register:
        await register.attendance("dead", lambda news: None, lambda: NOW).sign_in()
        await claimed(register, "1", worker="dead")
    async with at_work(url, "next") as following:
        while not (free := await following.register.claim_messages("next", 9, NOW, LEASE)):
            await following.ears.until(lambda heard: News.URGENT in heard)
        assert [raw.external_id for raw in free] == ["1"]


async def test_who_ends_in_order_leaves_nothing_held(url: str) -> None:
    async with at_work(url, "one") as one:
        await claimed(one.register, "1", worker="one")
        await one.end()
        assert len(await one.register.claim_messages("two", 9, NOW, LEASE)) == 1


class Door:
    """Work that only one process may do, and who does it."""

    def __init__(self) -> None:
        self.inside: list[str] = []
        self.standing_by: set[str] = set()
        self.changed = asyncio.Event()

    def open(self, process: Process) -> asyncio.Task[None]:
        return asyncio.create_task(
            process.attendance.attend("imap:hej", lambda: self._work(process.name), lambda: self._wait(process.name))
        )

    async def _work(self, name: str) -> None:
        self.inside.append(name)
        self.changed.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.inside.remove(name)
            self.changed.set()

    def _wait(self, name: str) -> None:
        self.standing_by.add(name)
        self.changed.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not holds():
                self.changed.clear()
                await self.changed.wait()


@pytest.mark.usefixtures("quick")
async def test_a_door_is_for_one_process_and_is_handed_over_when_it_ends(server_url: str) -> None:
    door = Door()
    async with at_work(server_url, "two") as two:
        async with at_work(server_url, "one") as one:
            first = door.open(one)
            await door.until(lambda: door.inside == ["one"])
            second = door.open(two)
            await door.until(lambda: "two" in door.standing_by)
            assert door.inside == ["one"]
        await door.until(lambda: "two" in door.inside)
        for task in (first, second):
            task.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
    assert door.inside == []


async def test_a_file_has_one_process_and_all_doors_are_its_own(sqlite_url: str) -> None:
    door = Door()
    async with at_work(sqlite_url, "one") as one:
        task = door.open(one)
        await door.until(lambda: door.inside == ["one"])
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.usefixtures("quick")
async def test_a_lost_server_breaks_off_the_work_at_a_door_until_it_is_back() -> None:
    """The lock went with the server: nobody works at a door that another may have."""
    server = Postgres()
    door = Door()
    try:
        async with await Register.open(server.new_database("line")) as register:
            process = Process(register, "one")
            await process.ears.signed_in()
            task = door.open(process)
            await door.until(lambda: door.inside == ["one"])
            server.kill()
            await door.until(lambda: door.inside == [])
            server.start()
            await door.until(lambda: door.inside == ["one"])
            await process.ears.signed_in()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await process.end()
    finally:
        server.stop()


async def test_the_dead_are_struck_once(server_url: str) -> None:
    """Two processes that see the same one missing do not take from each other what it held."""
    async with at_work(server_url, "one") as one, at_work(server_url, "two") as two:
        async with at_work(server_url, "dead") as dead:
            await claimed(dead.register, "1", worker="dead")
        struck = await asyncio.gather(
            *(process.register._writer.write(attendance.STRIKE, ("dead",)) for process in (one, two))
        )
        assert sorted(map(len, struck)) == [0, 1]


#: as many deaths as make `bot` set a message aside
MOST = 10


async def test_the_message_that_kills_is_told_from_those_beside_it(register: Register) -> None:
    """G4: whoever has it in hand dies; all others are registered before it has killed so often as to be set aside."""
    for number in range(40):
        await register.spool(mail(str(number)))
    deaths = 0
    for life in range(40):
        await register._writer.write(SIGN_IN, (f"life {life}", NOW))
        while raws := await register.claim_messages(f"life {life}", 32, NOW, LEASE):
            if deadly := [raw for raw in raws if raw.external_id == "7"]:
                deaths = deadly[0].deaths
                break
            for raw in raws:
                await register.enter(entry(raw), NOW)
        await register._writer.write(STRIKE, (f"life {life}",))
        if deaths >= MOST:
            break
    assert (await register.books()).registered == 39
    assert deaths == MOST
    assert life == MOST


async def test_of_those_that_may_kill_one_is_in_hand_at_a_time(register: Register) -> None:
    """However many processes claim, one dies of it, and nothing else with it."""
    for number in range(6):
        await register.spool(mail(str(number)))
    for life in range(SUSPECTED):
        await register._writer.write(SIGN_IN, (f"life {life}", NOW))
        await register.claim_messages(f"life {life}", 4, NOW, LEASE)
        await register._writer.write(STRIKE, (f"life {life}",))
    first = await register.claim_messages("one", 9, NOW, LEASE)
    assert [raw.external_id for raw in first] == ["0", "4", "5"]
    assert await register.claim_messages("two", 9, NOW, LEASE) == ()
    await register.enter(entry(first[0]), NOW)
    assert [raw.external_id for raw in await register.claim_messages("two", 9, NOW, LEASE)] == ["1"]
