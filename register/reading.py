"""The reader of what is asked for every message: whatever is asked at the same time is looked up in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine

from register.gathering import Gathering, Job
from register.transactions import Connection, transactions

Wish = TypeVar("Wish")
Result = TypeVar("Result")
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Lookup(Generic[Wish, Result]):
    """A kind of looking up: `all` answers each wish of a group, and changes nothing."""

    all: Callable[[Connection, Sequence[Wish]], Awaitable[Sequence[Result]]]
    #: the most that one transaction answers
    most: int = 256


def once_each(one: Callable[[Connection, Key], Awaitable[Result]]) -> Lookup[Key, Result]:
    """What many ask for in the same words is looked up once."""

    async def every(conn: Connection, wishes: Sequence[Key]) -> Sequence[Result]:
        found = {wish: await one(conn, wish) for wish in dict.fromkeys(wishes)}
        return [found[wish] for wish in wishes]

    return Lookup(every)


def known(result: Result) -> asyncio.Future[Result]:
    """An answer that nobody needs to look up, to be awaited like the others."""
    answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
    answer.set_result(result)
    return answer


class Reader(Gathering):
    """Reads for a whole process."""

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__("register-reader")
        self.transactions = transactions(engine, begin="DEFERRED")
        #: how many seconds a question may wait for others just now
        self.leisure: Callable[[], float] = lambda: 0.0

    def ask(self, lookup: Lookup[Wish, Result], wish: Wish) -> asyncio.Future[Result]:
        """The answer, to be awaited: raises Temporary where the database could not be read just now.

        What is asked together needs no task for each, and may wait for others as long as `leisure` says.
        """
        return self._wish(lookup, wish, self.leisure())

    async def close(self) -> None:
        """Answers what waits, then ends."""
        await super().close()
        await self.transactions.close()

    async def _transact(self, group: list[Job]) -> list[object]:
        return await self.transactions.do(partial(_answers, group))


async def _answers(group: list[Job], conn: Connection) -> list[object]:
    jobs: dict[Any, list[Job]] = {}
    for job in group:
        jobs.setdefault(job.kind, []).append(job)
    answers: dict[Job, object] = {}
    for lookup, asked in jobs.items():
        found = await lookup.all(conn, [job.wish for job in asked])
        answers |= zip(asked, found, strict=True)
    return [answers[job] for job in group]
