"""Supervised loops: what fails is logged without content and started again with backoff; nothing stops the others."""

from __future__ import annotations

import asyncio
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
_ROOMS = ("bot", "intake", "classifiers", "procedures", "register", "replies")


def where(error: BaseException) -> str:
    """The innermost place in our own rooms that an error came from, as `room/module.py:line`; no content."""
    frames = traceback.extract_tb(error.__traceback__)
    for frame in reversed(frames):
        path = Path(frame.filename)
        if path.is_relative_to(_HOUSE) and path.relative_to(_HOUSE).parts[0] in _ROOMS:
            return f"{path.relative_to(_HOUSE)}:{frame.lineno}"
    return "outside"


class Supervisor:
    """Runs named loops side by side until `stop`; each is started again when it fails."""

    def __init__(self) -> None:
        self.restarts: Counter[str] = Counter()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        #: set when a loop found that its settings can never work
        self.broken: asyncio.Future[BadSettings] = asyncio.get_running_loop().create_future()

    def start(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        """Starts a loop under a unique name."""
        self._tasks[name] = asyncio.create_task(self._supervise(name, loop), name=name)

    async def stop(self, *names: str) -> None:
        """Cancels the named loops, or all, and waits until they are gone."""
        chosen = [self._tasks.pop(name) for name in (names or tuple(self._tasks))]
        for task in chosen:
            task.cancel()
        await asyncio.gather(*chosen, return_exceptions=True)

    async def finish(self, within: timedelta) -> None:
        """Waits for every loop to return by itself; those that have not after `within` are cancelled."""
        tasks = tuple(self._tasks.values())
        if tasks:
            await asyncio.wait(tasks, timeout=within.total_seconds())
        await self.stop()

    async def _supervise(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        pause = FIRST_PAUSE
        while True:
            started = asyncio.get_running_loop().time()
            try:
                await loop()
                return
            except BadSettings as error:
                self._give_up(error)
                return
            # A worker is the one place where any error is caught: it must not take its neighbours down with it.
            except Exception as error:  # noqa: BLE001
                self.restarts[name] += 1
                log().error("worker failed", action="restart", worker=name, error=type(error).__name__, at=where(error))
            if asyncio.get_running_loop().time() - started > LONGEST_PAUSE:
                pause = FIRST_PAUSE
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - jitter, no secret
            pause = min(pause * 2, LONGEST_PAUSE)

    def _give_up(self, error: BadSettings) -> None:
        if not self.broken.done():
            self.broken.set_result(error)
