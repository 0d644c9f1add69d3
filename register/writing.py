"""The one writer of a process: whatever waits to be written shares one transaction and one commit (group commit).

A `Work` is a kind of writing. It is handed everything of its kind that waits, so that a hundred messages are one
statement and not a hundred. Nothing waits for a timer: while one transaction is on its way to the disk, the next one
gathers. When a shared transaction fails, it is rolled back and tried again in halves, until the bad wish stands alone:
it fails only itself.
"""

from __future__ import annotations

import asyncio
import enum
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from register import journal
from register.errors import LeaseLost, Temporary
from register.faults import is_away, plain
from register.line import News, announce
from register.records import Happening
from register.sweeping import SHORTLY, sweep

Wish = TypeVar("Wish")
Result = TypeVar("Result")


class SpoiltError(Exception):
    """What a wish brought with it failed: never the database, whatever the error is; its caller gets `error`."""

    def __init__(self, error: Exception) -> None:
        super().__init__(type(error).__name__)
        self.error = error


class Order(enum.IntEnum):
    """Which work goes first: rows are locked in one order everywhere, so that processes never wait in a ring."""

    ARRIVAL = 0
    #: holds the head of the journal
    JOURNALLED = 1
    UNJOURNALLED = 2


class Pen:
    """One transaction: its connection, and the journal lines that it will add at its end."""

    def __init__(self, conn: AsyncConnection) -> None:
        self.conn = conn
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
        if self.news:
            await announce(self.conn, sender, self.news)


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


@dataclass
class _Job:
    work: Work[Any, Any]
    wish: Any
    answer: asyncio.Future[Any] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def settle(self, result: object) -> None:
        # A caller that was cancelled meanwhile waits no longer; what it wished for is written all the same.
        if self.answer.cancelled():
            return
        if isinstance(result, BaseException):
            self.answer.set_exception(result)
        else:
            self.answer.set_result(result)


class Writer:
    """Writes for a whole process, in one task of its own; made and closed within a running event loop."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._waiting: list[_Job] = []
        self._more = asyncio.Event()
        self._closed = False
        # A process that was killed may have left something: the first chance is taken.
        self._unswept = True
        #: by which other processes know who sent news
        self.name = ""
        #: how many transactions were committed
        self.commits = 0
        self._task = asyncio.create_task(self._run(), name="register-writer")

    async def write(self, work: Work[Wish, Result], wish: Wish) -> Result:
        """Returns once it is committed; raises Temporary where the database could not be written just now."""
        if self._closed:
            raise Temporary("The register is closed.")
        job = _Job(work, wish)
        self._waiting.append(job)
        self._more.set()
        result: Result = await job.answer
        return result

    async def sweep(self, *, patience: float) -> bool:
        """Overwrites what was taken out in the database's own files too; False where somebody reads just now."""
        if self._unswept:
            self._unswept = not await sweep(self._engine, patience)
        return not self._unswept

    async def close(self) -> None:
        """Finishes what waits, then ends."""
        self._closed = True
        self._more.set()
        await self._task

    async def _run(self) -> None:
        while self._waiting or not self._closed:
            await self._more.wait()
            self._more.clear()
            while self._waiting:
                await self._carry_out(self._gather())

    def _gather(self) -> list[_Job]:
        """Everything that waits already, the oldest first, as far as each kind of work takes it."""
        taken: Counter[Work[Any, Any]] = Counter()
        group: list[_Job] = []
        left: list[_Job] = []
        for job in self._waiting:
            (group if taken[job.work] < job.work.most else left).append(job)
            taken[job.work] += 1
        self._waiting = left
        return group

    async def _carry_out(self, group: list[_Job]) -> None:
        try:
            results = await self._transact(group)
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait are told, and the writer goes on
            await self._fail(group, error)
        else:
            # Whoever is told that somebody is forgotten may look into the files at once.
            await self.sweep(patience=SHORTLY)
            for job, result in zip(group, results, strict=True):
                job.settle(result)

    async def _fail(self, group: list[_Job], error: Exception) -> None:
        if len(group) == 1 or is_away(error):
            for job in group:
                job.settle(error.error if isinstance(error, SpoiltError) else plain(error))
        else:
            half = len(group) // 2
            await self._carry_out(group[:half])
            await self._carry_out(group[half:])

    async def _transact(self, group: list[_Job]) -> list[object]:
        kinds = sorted({job.work for job in group}, key=lambda work: work.order)
        results: dict[int, object] = {}
        async with self._engine.begin() as conn:
            pen = Pen(conn)
            for work in kinds:
                if work.order is Order.JOURNALLED:
                    await pen.lock_journal()
                jobs = [job for job in group if job.work is work]
                answers = await work.all(pen, [job.wish for job in jobs])
                results |= {id(job): answer for job, answer in zip(jobs, answers, strict=True)}
            await pen.finish(self.name)
            self._unswept = self._unswept or pen.forgets
        self.commits += 1
        return [results[id(job)] for job in group]
