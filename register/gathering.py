"""Whatever waits shares one transaction, so that a hundred wishes of a kind are one statement and not a hundred.

While one transaction is on its way, the next one gathers. A wish that has patience waits a moment for others besides,
and goes with the first that has none. When a shared transaction fails, it is rolled back and tried again in halves,
until the bad wish stands alone: it fails only itself.
"""

from __future__ import annotations

import asyncio
import math
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from register.errors import Temporary
from register.faults import is_away, plain


class SpoiltError(Exception):
    """What a wish brought with it failed: never the database, whatever the error is; its caller gets `error`."""

    def __init__(self, error: Exception) -> None:
        super().__init__(type(error).__name__)
        self.error = error


class Kind(Protocol):
    """A kind of wish."""

    @property
    def all(self) -> Callable[[Any, Sequence[Any]], Awaitable[Sequence[Any]]]:
        """Answers everything of this kind that waits, wish by wish."""
        ...

    @property
    def most(self) -> int:
        """The most wishes that one transaction takes."""
        ...


@dataclass(eq=False)
class Job:
    """A wish, and the answer that its caller waits for."""

    kind: Kind
    wish: Any
    #: the moment of the loop's clock at which its patience is over
    due: float
    answer: asyncio.Future[Any] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def settle(self, result: object) -> None:
        """Tells the caller. One that was cancelled waits no longer; what it wished for is done all the same."""
        if self.answer.cancelled():
            return
        if isinstance(result, BaseException):
            self.answer.set_exception(result)
        else:
            self.answer.set_result(result)


class Gathering(ABC):
    """Carries out wishes for a whole process, in one task of its own; made and closed within a running event loop."""

    def __init__(self, name: str) -> None:
        self._waiting: list[Job] = []
        self._hurry = asyncio.Event()
        #: when the first of those who wait has no more patience
        self._due = math.inf
        self._closed = False
        self._task = asyncio.create_task(self._run(), name=name)

    @abstractmethod
    async def _transact(self, group: list[Job]) -> list[object]:
        """Carries out a group in one transaction: its answers, in the order of the jobs."""

    def _wish(self, kind: Kind, wish: Any, patience: float) -> asyncio.Future[Any]:
        """The answer, to be awaited: raises Temporary where the database could not be reached just now.

        It may wait so many seconds for others to go with.
        """
        if self._closed:
            raise Temporary("The register is closed.")
        job = Job(kind, wish, asyncio.get_running_loop().time() + patience)
        self._waiting.append(job)
        if job.due < self._due:
            self._due = job.due
            self._hurry.set()
        return job.answer

    async def close(self) -> None:
        """Finishes what waits, then ends."""
        self._closed = True
        self._hurry.set()
        await self._task

    async def _run(self) -> None:
        while True:
            await self._until_due()
            if not self._waiting:
                return
            await self._carry_out(self._gather())

    async def _until_due(self) -> None:
        """Returns when somebody has no more patience, and at the end."""
        time = asyncio.get_running_loop().time
        while self._due > time() and not self._closed:
            self._hurry.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout_at(self._due if self._waiting else None):
                    await self._hurry.wait()

    def _gather(self) -> list[Job]:
        """Everything that waits already, the oldest first, as far as each kind takes it."""
        taken: Counter[Kind] = Counter()
        group: list[Job] = []
        left: list[Job] = []
        for job in self._waiting:
            (group if taken[job.kind] < job.kind.most else left).append(job)
            taken[job.kind] += 1
        self._waiting = left
        self._due = min((job.due for job in left), default=math.inf)
        return group

    async def _carry_out(self, group: list[Job]) -> None:
        try:
            results = await self._transact(group)
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait are told, and the others go on
            await self._fail(group, error)
        else:
            for job, result in zip(group, results, strict=True):
                job.settle(result)

    async def _fail(self, group: list[Job], error: Exception) -> None:
        if len(group) == 1 or is_away(error):
            for job in group:
                job.settle(error.error if isinstance(error, SpoiltError) else plain(error))
        else:
            half = len(group) // 2
            await self._carry_out(group[:half])
            await self._carry_out(group[half:])
