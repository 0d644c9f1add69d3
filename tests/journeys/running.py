"""`lyhord` as processes of their own: started, told to stop, killed."""

from __future__ import annotations

import asyncio
import os
import signal
import smtplib
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.journeys.forks import ROOT, Forked, forked
from tests.journeys.house import PATIENCE
from tests.journeys.mails import Mail

Process = asyncio.subprocess.Process | Forked
Start = Callable[..., Awaitable[Process]]


@dataclass(frozen=True, kw_only=True)
class Said:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def is_clean(self) -> bool:
        """True where it did what it says, and said nothing on stderr."""
        return self.status == 0 and not self.err


async def lyhord(*words: object) -> Said:
    """Runs a command to its end."""
    process = await forked(*map(str, words), env=_environment())
    async with asyncio.timeout(PATIENCE):
        out, err = await process.communicate()
    assert process.returncode is not None
    return Said(status=process.returncode, out=out.decode(), err=err.decode())


async def afresh(*words: str, env: dict[str, str]) -> asyncio.subprocess.Process:
    """Starts `lyhord` as a user does, with all its imports."""
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *words), cwd=ROOT, env=env, stdout=pipe, stderr=pipe
    )


def _environment() -> dict[str, str]:
    return {**os.environ, "NO_COLOR": "1"}


class Starting:
    """`lyhord run`, from its beginning to its end; `start` is `afresh` or `forked`, which takes seconds less."""

    def __init__(self, config: Path, start: Start = afresh) -> None:
        self.config = config
        self._start = start
        self._process: Process
        self._errors: asyncio.Task[bytes]

    async def begin(self) -> None:
        """Starts the process."""
        self._process = await self._start("run", "--config", str(self.config), env=_environment())
        assert self._process.stderr is not None
        self._errors = asyncio.create_task(self._process.stderr.read())

    async def ready(self) -> None:
        """Waits until it says that its doors are open."""
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            line = await self._process.stdout.readline()
        assert line == b"ready\n", (await self._errors).decode()

    async def end(self, how: signal.Signals = signal.SIGTERM) -> Said:
        """Sends a signal and waits for the end."""
        self._process.send_signal(how)
        return await self.over()

    async def over(self) -> Said:
        """Waits for the end."""
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            out, err = await self._process.stdout.read(), await self._errors
            status = await self._process.wait()
        return Said(status=status, out=out.decode(), err=err.decode())


class Running(Starting):
    """`lyhord run`, from `ready` on; whatever is left of it at the end is killed."""

    def __init__(self, config: Path, start: Start = forked) -> None:
        super().__init__(config, start)

    async def __aenter__(self) -> Self:
        await self.begin()
        await self.ready()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.returncode is None:
            await self.end(signal.SIGKILL)


def hand_over(one: Mail, port: int, kind: str = "lmtp") -> bool:
    """Tries once to hand a mail to a door; True only where the door said 250 to the whole of it. Blocks."""
    try:
        with (smtplib.LMTP if kind == "lmtp" else smtplib.SMTP)("127.0.0.1", port, timeout=PATIENCE) as door:
            door.sendmail(one.sender, [one.to], one.content)
            return True
    except (OSError, smtplib.SMTPException):
        return False
