"""Processes that read and classify beside the main one: more cores at work, and the doors answer while they think."""

from __future__ import annotations

import asyncio
import functools
import multiprocessing
import os
import signal
import threading
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

    async def call(self, work: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Does something in a reader. Raises what it raises, and Temporary where the reader dies of it."""
        pool = self._pool
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(pool, functools.partial(work, *args, **kwargs))
        except BrokenProcessPool:
            if pool is self._pool:
                self._pool = self._make()
            raise Temporary("a process that reads messages has ended", private="reader died") from None

    def close(self) -> None:
        """Ends all readers; what they do just now is given up, its message waits in the spool."""
        self._pool.shutdown(wait=True, cancel_futures=True)


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
