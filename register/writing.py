"""The one writer of a process: whatever waits to be written shares one transaction and one commit (group commit).

A `Work` is a kind of writing. It is handed everything of its kind that waits. `gathering` says how that comes about.
"""

from __future__ import annotations

import asyncio
import enum
import sqlite3
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Generic, TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from register import journal, sweeping
from register.errors import LeaseLost
from register.gathering import Gathering, Job
from register.line import News, announce
from register.records import Happening, OutgoingLetter
from register.transactions import Connection, transactions

Wish = TypeVar("Wish")
Result = TypeVar("Result")


class Order(enum.IntEnum):
    """Which work goes first: rows are locked in one order everywhere, so that processes never wait in a ring."""

    ARRIVAL = 0
    #: holds the head of the journal
    JOURNALLED = 1
    UNJOURNALLED = 2


class Pen:
    """One transaction: its connection, and the journal lines that it will add at its end."""

    def __init__(self, conn: Connection, claims: Claims | None = None) -> None:
        self.conn = conn
        #: for whom letters are claimed as they are laid into the outbox
        self.claims = claims or Claims()
        self._head: tuple[int, str] | None = None
        self._lines: list[journal.Line] = []
        #: True: something was taken out that may not be found in the database's files any more
        self.forgets = False
        #: what it brings that other processes may wait for
        self.news: set[News] = set()

    async def lock_journal(self) -> None:
        """Makes this transaction the only one that may add to the journal."""
        if self._head is None:
            self._head = await journal.lock(self.conn)

    def note(self, happening: Happening, now: datetime, case_id: str | None = None) -> None:
        """A journal line, in the order of the calls."""
        self._lines.append(journal.Line(at=now, case_id=case_id, happening=happening))

    async def finish(self, sender: str) -> None:
        """Appends the lines to the chain, and tells the other processes what there is to do."""
        if self._lines:
            assert self._head is not None, "only work of Order.JOURNALLED may note"  # noqa: S101 - a promise within this room
            await journal.append(self.conn, self._head, self._lines)
        if self.forgets:
            await sweeping.owe(self.conn)
        if self.news:
            await announce(self.conn, sender, self.news)


@dataclass(kw_only=True)
class Claims:
    """Letters that are claimed in the transaction that orders them, by lane (urgent or not)."""

    worker: str = ""
    leases: Mapping[bool, timedelta] = field(default_factory=dict)
    #: how many more may be claimed
    room: dict[bool, int] = field(default_factory=dict)
    claimed: list[OutgoingLetter] = field(default_factory=list)
    #: lanes in which letters were left for whoever claims them
    left: set[bool] = field(default_factory=set)


#: what the dispatcher of this process may still take, and what is called once letters are claimed for it
Taker = tuple[Callable[[], Claims], Callable[[Claims], None]]


@dataclass(frozen=True)
class Work(Generic[Wish, Result]):
    """A kind of writing: `all` answers each wish by a result, or by LeaseLost where it wrote nothing for that one."""

    all: Callable[[Pen, Sequence[Wish]], Awaitable[Sequence[Result | LeaseLost]]]
    order: Order
    #: the most wishes of this kind that one transaction takes
    most: int = 256


def one_by_one(
    one: Callable[[Pen, Wish], Awaitable[Result]],
) -> Callable[[Pen, Sequence[Wish]], Awaitable[Sequence[Result | LeaseLost]]]:
    """Work that has nothing to gain from being done together."""

    async def answer(pen: Pen, wish: Wish) -> Result | LeaseLost:
        try:
            return await one(pen, wish)
        except LeaseLost as lost:
            return lost

    async def every(pen: Pen, wishes: Sequence[Wish]) -> Sequence[Result | LeaseLost]:
        return [await answer(pen, wish) for wish in wishes]

    return every


class Writer(Gathering):
    """Writes for a whole process."""

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__("register-writer")
        self._engine = engine
        self.transactions = transactions(engine)
        # A process that was killed may have left something: the first chance is taken.
        self._unswept = True
        self._emptying = asyncio.Lock()
        #: when the file may be written anew next
        self._affordable = 0.0
        #: by which other processes know who sent news
        self.name = ""
        #: the dispatcher of this process, once it runs
        self.taker: Taker | None = None
        #: how many transactions were committed
        self.commits = 0

    async def write(self, work: Work[Wish, Result], wish: Wish, *, patience: float = 0.0) -> Result:
        """Returns once it is committed; raises Temporary where the database could not be written just now.

        `patience`: so many seconds it may wait for others to share their commit.
        """
        result: Result = await self._wish(work, wish, patience)
        return result

    async def sweep(self, *, thrifty: bool) -> bool:
        """Overwrites what was taken out in the database's own files too; False where that has to wait.

        It waits for others who read, and where `thrifty` as long as the rules of `sweeping.SHARE` say.
        """
        done = await self._rewritten(thrifty=thrifty)
        return await self._emptied(sweeping.LONGER) and done

    async def _rewritten(self, *, thrifty: bool) -> bool:
        begun = time.monotonic()
        try:
            if not await self.transactions.apart(sweeping.is_owed):
                return True
            if thrifty and begun < self._affordable:
                return False
            self._unswept = True
            return await self.transactions.apart(sweeping.rewrite)
        except (SQLAlchemyError, sqlite3.Error):
            return False
        finally:
            self._affordable = max(self._affordable, begun + (time.monotonic() - begun) / sweeping.SHARE)

    async def _emptied(self, patience: float) -> bool:
        # SQLite turns the second of two away at once, whatever its patience.
        async with self._emptying:
            if self._unswept:
                # What is taken out meanwhile is another's to empty.
                self._unswept = False
                emptied = await sweeping.sweep(self._engine, patience)
                self._unswept = self._unswept or not emptied
            return not self._unswept

    async def close(self) -> None:
        """Finishes what waits, then ends."""
        await super().close()
        await self.transactions.close()

    async def _transact(self, group: list[Job]) -> list[object]:
        claims = self.taker[0]() if self.taker else Claims()
        results, forgets = await self.transactions.do(partial(self._write, group, claims))
        if self.taker and (claims.claimed or claims.left):
            self.taker[1](claims)
        self.commits = self.transactions.changing
        self._unswept = self._unswept or forgets
        # Whoever is told that somebody is forgotten may look into the files at once.
        await self._emptied(sweeping.SHORTLY)
        return results

    async def _write(self, group: list[Job], claims: Claims, conn: Connection) -> tuple[list[object], bool]:
        """Writes a group; the answers, and whether something was taken out that is to be overwritten."""
        pen = Pen(conn, claims)
        results: dict[Job, object] = {}
        for work, jobs in _in_order(group):
            if work.order is Order.JOURNALLED:
                await pen.lock_journal()
            answers = await work.all(pen, [job.wish for job in jobs])
            results |= zip(jobs, answers, strict=True)
        await pen.finish(self.name)
        return [results[job] for job in group], pen.forgets


def _in_order(group: Sequence[Job]) -> list[tuple[Work[Any, Any], list[Job]]]:
    """The jobs of a group by their work, in the order in which these go."""
    jobs: dict[Work[Any, Any], list[Job]] = {}
    for job in group:
        assert isinstance(job.kind, Work)  # noqa: S101 - `write` takes nothing else
        jobs.setdefault(job.kind, []).append(job)
    return sorted(jobs.items(), key=lambda pair: pair[0].order)
