"""Supervised loops: what fails is logged without content and started again with backoff; nothing stops the others."""

from __future__ import annotations

import asyncio
import contextlib
import random
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from bot.logs import log
from register.errors import BadSettings

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
_HOUSE = Path(__file__).resolve().parent.parent
_ROOMS = ("bot", "intake", "classifiers", "procedures", "register", "replies", "access")


def where(error: BaseException) -> str:
    """The innermost place in our own rooms that an error came from, as `room/module.py:line`; no content."""
    frames = traceback.extract_tb(error.__traceback__)
    for frame in reversed(frames):
        path = Path(frame.filename)
        if path.is_relative_to(_HOUSE) and path.relative_to(_HOUSE).parts[0] in _ROOMS:
            return f"{path.relative_to(_HOUSE)}:{frame.lineno}"
    return "outside"


class Supervisor:
    """Runs named loops side by side until they are stopped; each is started again when it fails."""

    def __init__(self) -> None:
        self.restarts: Counter[str] = Counter()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        #: set when a loop found that its settings can never work
        self.broken: asyncio.Future[BadSettings] = asyncio.get_running_loop().create_future()
        self._finishing = asyncio.Event()

    def start(
        self, name: str, loop: Callable[[], Awaitable[None]], *, may_give_up: Callable[[], bool] = lambda: False
    ) -> None:
        """Starts a loop under a unique name; `may_give_up`: do its BadSettings end the program, asked when they come.

        That is right for a door that cannot be opened at the start. What fails later must not stop the others.
        """
        self._tasks[name] = asyncio.create_task(self._supervise(name, loop, may_give_up=may_give_up), name=name)

    async def stop(self, *names: str) -> None:
        """Cancels the named loops, or all, and waits until they are gone."""
        chosen = [self._tasks.pop(name) for name in (names or tuple(self._tasks)) if name in self._tasks]
        for task in chosen:
            task.cancel()
        await asyncio.gather(*chosen, return_exceptions=True)

    async def finish(self, within: timedelta) -> None:
        """Waits for every loop to return by itself; none is started again; after `within` those left are cancelled."""
        self._finishing.set()
        tasks = tuple(self._tasks.values())
        if tasks:
            await asyncio.wait(tasks, timeout=within.total_seconds())
        await self.stop()

    async def _supervise(
        self, name: str, loop: Callable[[], Awaitable[None]], *, may_give_up: Callable[[], bool]
    ) -> None:
        pause = FIRST_PAUSE
        while not self._finishing.is_set():
            started = asyncio.get_running_loop().time()
            try:
                await loop()
                return
            # A worker is the one place where any error is caught: it must not take its neighbours down with it.
            except Exception as error:  # noqa: BLE001
                if isinstance(error, BadSettings) and may_give_up():
                    self._give_up(error)
                    return
                self.restarts[name] += 1
                log().error("worker failed", action="restart", worker=name, error=type(error).__name__, at=where(error))
            if asyncio.get_running_loop().time() - started > LONGEST_PAUSE:
                pause = FIRST_PAUSE
            await self._pause(pause * random.uniform(0.5, 1.5))  # noqa: S311 - jitter, no secret
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _pause(self, seconds: float) -> None:
        """Waits, but not once everything is about to finish."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._finishing.wait(), seconds)

    def _give_up(self, error: BadSettings) -> None:
        if not self.broken.done():
            self.broken.set_result(error)
