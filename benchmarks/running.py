"""One measured run: mails in, every acknowledgement and notice out, and what it took."""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.filling import fill
from benchmarks.machine import Meter, memory_mb
from benchmarks.mails import Mail
from benchmarks.serving import Serving, serving
from register.opening import engine_for
from register.store import Register
from register.tables import letters

#: mails that warm up, before those that count
WARM = 40
#: seconds that a run may take
BOUND = 600.0


class TooSlowError(Exception):
    """A run did not come to its end within its bound."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What a run showed; times in milliseconds."""

    name: str
    mails: int
    acknowledged: int
    letters: int
    #: True: every mail is in the register once, acknowledged once, and the books and the chain are sound
    whole: bool
    rate: float
    accept_p50: float
    accept_p99: float
    acknowledged_p50: float
    acknowledged_p99: float
    cpu: float
    #: transactions brought to the disk, a mail
    commits: float
    peak_mb: float
    #: how much more memory there was at the end than at the beginning
    grown_mb: float
    #: share of the machine that other processes used
    others: float


def measure(
    name: str,
    mails: Sequence[Mail],
    *,
    url: str = "",
    meaning: bool,
    processes: int = 1,
    readers: int = 0,
    receiver: str = "own",
    rate: float = 0.0,
    before: int = 0,
    within: float = BOUND,
) -> Figures:
    """Runs so many mails through a register and checks that nothing is missing; raises TooSlowError.

    `before`: cases that are in it already. `within`: seconds that it may take.
    """
    with _folder() as folder:
        database = url or f"sqlite+aiosqlite:///{folder / 'lyhord.db'}"
        if before:
            asyncio.run(fill(database, before))
        with serving(
            folder, database, meaning=meaning, processes=processes, readers=readers, receiver=receiver
        ) as running:
            # The first few mails load what is loaded once: templates, calendars, pipelines.
            return _Run(name, running, database, before, time.monotonic() + within).measured(mails, rate)


class _Run:
    """One run, up to a moment of the monotonic clock."""

    def __init__(self, name: str, running: Serving, url: str, before: int, until: float) -> None:
        self.name, self.running, self.url, self.before, self.until = name, running, url, before, until

    def measured(self, mails: Sequence[Mail], rate: float) -> Figures:
        """Warms up with the first mails, measures the others."""
        running, rest = self.running, mails[WARM:]
        self._hand_over(mails[:WARM], 0.0)
        expected = self._owed(WARM)
        before = running.until(expected).number
        own = [one.pid for one in running.processes]
        commits, memory = running.commits(), memory_mb(own)
        with Meter(own, [running.sink.pid]) as meter:
            self._hand_over(rest, rate)
            times = _times(running)
            arrived = running.until(before + self._owed(len(mails)) - expected, idle=min(60.0, self._left()))
        due = {sender: moment for sender, (moment, _) in times.items()}
        answered = [(arrived.first[one] - due[one]) * 1e3 for one in due if one in arrived.first]
        accepted = [(until - since) * 1e3 for since, until in times.values()]
        whole = asyncio.run(_is_whole(self.url, self.before + len(mails))) and len(answered) == len(rest)
        return Figures(
            name=self.name,
            mails=len(rest),
            acknowledged=len(answered),
            letters=arrived.number - before,
            whole=whole,
            rate=len(rest) / (arrived.last - min(due.values())),
            accept_p50=statistics.median(accepted),
            accept_p99=percentile(accepted, 99),
            acknowledged_p50=statistics.median(answered or [0.0]),
            acknowledged_p99=percentile(answered or [0.0], 99),
            cpu=meter.cpu / len(rest) * 1e3,
            commits=(running.commits() - commits) / len(rest),
            peak_mb=meter.peak_mb,
            grown_mb=memory_mb(own) - memory,
            others=meter.others,
        )

    def _left(self) -> float:
        """The seconds that are left; raises TooSlowError where none are."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise TooSlowError(self.name)
        return left

    def _hand_over(self, mails: Sequence[Mail], rate: float) -> None:
        pumps = self.running.pump(mails, rate=rate)
        try:
            for pump in pumps:
                pump.wait(self._left())
        except subprocess.TimeoutExpired:
            raise TooSlowError(self.name) from None
        finally:
            for pump in pumps:
                pump.kill()

    def _owed(self, mails: int) -> int:
        """How many letters the register owes for its mails, once all of them are entered."""
        return asyncio.run(_letters(self.url, self.before + mails, self._left)) - 2 * self.before


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def _times(running: Serving) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    for file in running.folder.glob("times-*.json"):
        said = json.loads(file.read_text(encoding="utf-8"))
        assert not said["refused"], said["refused"]
        found |= {sender: (since, until) for sender, (since, until) in said["times"].items()}
    return found


async def _letters(url: str, mails: int, left: Callable[[], float]) -> int:
    """Counts all letters but those that leave on the next working day only, once so many mails are entered."""
    async with await Register.open(url, create=False) as register:
        while (books := await register.books()).registered + books.joined + books.set_aside < mails:
            left()
            await asyncio.sleep(0.2)
    later = (letters.c.state == "waiting") & letters.c.send_at.is_not(None) & (letters.c.send_at > datetime.now(UTC))
    engine = engine_for(url, create=False)
    try:
        async with engine.connect() as conn:
            return int((await conn.execute(select(func.count()).select_from(letters).where(~later))).scalar_one())
    finally:
        await engine.dispose()


async def _is_whole(url: str, mails: int) -> bool:
    async with await Register.open(url, create=False) as register:
        books = await register.books()
        return books.balanced and books.registered == mails and not await register.verify()


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="lyhord-benchmark-") as name:
        yield Path(name)
