"""Who is at work on a register: each process signs in, and what a process that has died held is free again at once.

On PostgreSQL a process holds, on a line of its own, a lock for itself and one for each door that only one may attend
to; both end with the process, however it ends. On SQLite only one `lyhord run` may work on a file, so whoever signed in
before is gone. Claims of a process that never signed in (a command that takes in a folder) end with their lease.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from register.errors import Temporary
from register.line import Kind, Line, News
from register.tables import letters, processes, spool
from register.writing import Order, Pen, Work, Writer, one_by_one

#: seconds between two looks at the others; a process that is missing at two of them is dead
LOOK = 2.0
#: seconds until a lost line is tried again, and a door that another process has
AGAIN = 1.0


async def _sign_in(pen: Pen, wish: tuple[str, datetime]) -> int:
    name, now = wish
    await pen.conn.execute(delete(processes).where(processes.c.name == name))
    entered = insert(processes).values(name=name, signed_in_at=now).returning(processes.c.id)
    return int((await pen.conn.execute(entered)).scalar_one())


async def _strike(pen: Pen, names: Sequence[str] | None) -> tuple[str, ...]:
    """Takes the dead off the list, these or (None) all, and frees what they held; returns who was still on it."""
    return await _free(pen, names, deaths=1)


async def _leave(pen: Pen, name: str) -> tuple[str, ...]:
    """Takes a process off the list that ends as it should, and frees what it has not finished."""
    return await _free(pen, (name,), deaths=0)


async def _free(pen: Pen, names: Sequence[str] | None, *, deaths: int) -> tuple[str, ...]:
    query = delete(processes).returning(processes.c.name)
    struck = (await pen.conn.execute(query if names is None else query.where(processes.c.name.in_(names)))).scalars()
    if gone := tuple(struck):
        # An attempt that death broke off is none: the pause after the next fault is as long as after a first one.
        messages = update(spool).where(spool.c.ended_at.is_(None), spool.c.claimed_by.in_(gone))
        back = {"claimed_by": "", "attempts": spool.c.attempts - 1}
        await pen.conn.execute(messages.values(**back, ready_at=None, deaths=spool.c.deaths + deaths))
        # A letter could leave when it was claimed: it keeps its place in the row, and the urgent ones their lane.
        waiting = update(letters).where(letters.c.ended_at.is_(None), letters.c.claimed_by.in_(gone))
        place = {"ready_at": letters.c.created_at, "attempts": letters.c.attempts - 1}
        await pen.conn.execute(waiting.values(claimed_by="", **place))
        pen.news |= set(News)
    return gone


SIGN_IN = Work(one_by_one(_sign_in), Order.UNJOURNALLED)
STRIKE = Work(one_by_one(_strike), Order.UNJOURNALLED)
LEAVE = Work(one_by_one(_leave), Order.UNJOURNALLED)


class Attendance:
    """The place of one process among those at work: `sign_in`, then `keep` besides the work, `sign_out`."""

    def __init__(
        self, engine: AsyncEngine, writer: Writer, name: str, heard: Callable[[News], None], now: Callable[[], datetime]
    ) -> None:
        """`name`: by which this process claims; `heard`: told what others have brought, and what a dead one held."""
        self._url, self._writer, self._name, self._heard, self._now = engine.url, writer, name, heard, now
        self._alone = engine.dialect.name == "sqlite"
        self._line: Line | None = None
        self._signed_in = asyncio.Event()
        self._missed: set[str] = set()
        writer.name = name

    async def sign_in(self) -> None:
        """To be awaited before the first claim: what a process that is not on the list holds, nobody frees."""
        if self._alone:
            await self._writer.write(STRIKE, None)
        await self._writer.write(SIGN_IN, (self._name, self._now()))
        if self._alone:
            self._signed_in.set()

    async def keep(self) -> None:
        """Stays on the list, hears news and looks after the others until it is cancelled; mends its own line."""
        if self._alone:
            self._wake()
        while not self._alone:
            with suppress(Temporary):
                await self._attend()
            await asyncio.sleep(AGAIN)

    async def sign_out(self) -> None:
        """Frees what this process did not finish and takes it off the list; to be called when `keep` has ended."""
        with suppress(Temporary):
            await self._writer.write(LEAVE, self._name)

    async def attend(self, door: str, work: Callable[[], Awaitable[None]], standing_by: Callable[[], None]) -> None:
        """Does `work` while this process alone has the door; until then it stands by, and says so.

        Returns or raises what `work` does. Where the line is lost, work is broken off and taken up with a new one.
        """
        await self._until_signed_in(standing_by)
        while (line := self._line) is not None or not self._alone:
            if line is not None and await self._has(line, door):
                if await self._while_held(line, door, work):
                    return
            else:
                standing_by()
                await asyncio.sleep(AGAIN)
        await work()

    async def _until_signed_in(self, standing_by: Callable[[], None]) -> None:
        if not self._signed_in.is_set():
            try:
                async with asyncio.timeout(AGAIN):
                    await self._signed_in.wait()
            except TimeoutError:
                standing_by()
                await self._signed_in.wait()

    async def _attend(self) -> None:
        line = await Line.open(self._url, self._hear)
        try:
            number = await self._writer.write(SIGN_IN, (self._name, self._now()))
            await line.lock(Kind.PROCESS, number)
            self._line = line
            self._signed_in.set()
            # Whatever came while nobody listened.
            self._wake()
            while not line.lost.is_set():
                with suppress(Temporary):
                    if not await self._look(line, number):
                        return
                with suppress(TimeoutError):
                    await asyncio.wait_for(line.lost.wait(), LOOK)
        finally:
            self._line = None
            await line.close()

    async def _look(self, line: Line, own: int) -> bool:
        """Strikes off who is missing for the second time: who has only lost the line comes back before that.

        False where we are on the list no more: another saw our name before our lock, and we sign in anew.
        """
        rows = await line.all(select(processes))
        if all(row.id != own for row in rows):
            return False
        missing = {row.name for row in rows if row.id != own and not await _is_there(line, row.id)}
        dead, self._missed = tuple(missing & self._missed), missing - self._missed
        if dead and await self._writer.write(STRIKE, dead):
            self._wake()
        return True

    def _hear(self, sender: str, news: str) -> None:
        # A newer version may have news that this one does not know.
        if sender != self._name and news in set(News):
            self._heard(News(news))

    def _wake(self) -> None:
        for news in (News.URGENT, News.MESSAGES, News.LETTERS):
            self._heard(news)

    async def _has(self, line: Line, door: str) -> bool:
        try:
            return await line.lock(Kind.DOOR, door)
        except Temporary:
            return False

    async def _while_held(self, line: Line, door: str, work: Callable[[], Awaitable[None]]) -> bool:
        try:
            return await _until_lost(line, work)
        finally:
            with suppress(Temporary):
                await line.unlock(Kind.DOOR, door)


async def _is_there(line: Line, number: int) -> bool:
    if await line.lock(Kind.PROCESS, number):
        await line.unlock(Kind.PROCESS, number)
        return False
    return True


async def _until_lost(line: Line, work: Callable[[], Awaitable[None]]) -> bool:
    """True once the work has ended; False where the line was lost before. What it raises comes out."""
    doing, lost = asyncio.ensure_future(work()), asyncio.ensure_future(line.lost.wait())
    try:
        await asyncio.wait({doing, lost}, return_when=asyncio.FIRST_COMPLETED)
        if doing.done():
            doing.result()
            return True
        return False
    finally:
        lost.cancel()
        doing.cancel()
        await asyncio.gather(doing, lost, return_exceptions=True)
