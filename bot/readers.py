"""Processes that read and classify beside the main one: more cores at work, and the doors answer while they think."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, TypeVar

import classifiers
from bot.lasting import settle
from register.errors import Temporary
from register.records import OrganisationFacts, Understanding

if TYPE_CHECKING:
    from classifiers import Classifiers

T = TypeVar("T")
#: what a job gives, in a tuple; None where it failed
Answer = tuple[Any] | None
#: a job, and who waits for it
Waiting = tuple[Callable[[], Any], asyncio.Future[Answer]]
#: how many jobs go to a reader together, at most; each then costs a fifth of the way there and back
MOST = 16
#: those of this process, where it is a reader
_loaded: Classifiers | None = None


class Afar:
    """The classifiers of whichever reader it is called in; sent there by name, the model stays where it is."""

    def classify(self, **message: Any) -> Understanding:
        """As `Classifiers.classify`."""
        if _loaded is None:
            raise RuntimeError("this process is no reader")
        return _loaded.classify(**message)


class Readers:
    """So many reader processes; one that dies is replaced, and what it held is tried again later."""

    def __init__(self, number: int, *, meaning: bool, organisations: tuple[OrganisationFacts, ...] = ()) -> None:
        """They start with the first call, each ready for messages to `organisations`."""
        self._make = functools.partial(
            ProcessPoolExecutor,
            number,
            # A fork would copy locks and connections of the main process in whatever state they are.
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(meaning, organisations),
        )
        self._pool = self._make()
        self._number = number
        self._waiting: deque[Waiting] = deque()
        self._lots: set[asyncio.Task[None]] = set()
        # By meaning a message takes so long that the way to the reader counts for nothing, and its answer is awaited.
        self._most = 1 if meaning else MOST
        self._alone = asyncio.Lock()

    async def call(self, work: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Does something in a reader, where it may be done twice. Raises what it raises, and Temporary where it dies.

        What waits while all readers are busy goes to the next free one together.
        """
        job, done = functools.partial(work, *args, **kwargs), asyncio.get_running_loop().create_future()
        self._waiting.append((job, done))
        self._hand_out()
        answer: tuple[T] | None = await done
        if answer is not None:
            return answer[0]
        # It failed, or another one that went with it ended the reader: alone it harms nobody else, and says why.
        async with self._alone:
            return await self._apart(job)

    def _hand_out(self) -> None:
        """One lot at work and one at hand for each reader, so that none waits for us."""
        while self._waiting and len(self._lots) < 2 * self._number:
            share = min(self._most, -(-len(self._waiting) // self._number))
            lot = [self._waiting.popleft() for _ in range(share)]
            task = asyncio.create_task(self._see_through(lot))
            self._lots.add(task)
            task.add_done_callback(self._one_less)

    def _one_less(self, task: asyncio.Task[None]) -> None:
        self._lots.discard(task)
        self._hand_out()

    async def _see_through(self, lot: list[Waiting]) -> None:
        answers: list[Answer] = [None] * len(lot)
        try:
            with contextlib.suppress(Temporary):
                answers = await self._apart(_each, [job for job, _ in lot])
        except asyncio.CancelledError:
            for _, done in lot:
                done.cancel()
            raise
        finally:
            for (_, done), answer in zip(lot, answers, strict=True):
                if not done.done():
                    done.set_result(answer)

    async def _apart(self, work: Callable[..., T], *args: Any) -> T:
        pool = self._pool
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, work, *args)
        except BrokenProcessPool:
            if pool is self._pool:
                self._pool = self._make()
            raise Temporary("a process that reads messages has ended", private="reader died") from None

    def close(self) -> None:
        """Ends all readers; what they do just now is given up, its message waits in the spool."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _each(jobs: list[Callable[[], Any]]) -> list[Answer]:
    """The answers to some jobs; None where one fails."""
    return [_tried(job) for job in jobs]


def _tried(job: Callable[[], Any]) -> Answer:
    try:
        return (job(),)
    # design: whatever it raises, it is done once more alone, and raises it there.
    except Exception:  # noqa: BLE001
        return None


def _begin(meaning: bool, organisations: tuple[OrganisationFacts, ...]) -> None:
    """A reader ends with the main process and by nothing else: a signal to the group is for the main one to heed."""
    global _loaded
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _loaded = classifiers.load(meaning=meaning)
    _loaded.warm_up(organisations)
    settle()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(0)
