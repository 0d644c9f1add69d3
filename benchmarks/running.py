"""One measured run: mails in, every acknowledgement and notice out, and what it took."""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.machine import Meter
from benchmarks.mails import Mail
from benchmarks.serving import Serving, serving
from register.store import Register


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
    peak_mb: float
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
    rate: float = 0.0,
) -> Figures:
    """Runs so many mails through a fresh register and checks that nothing is missing."""
    with _folder() as folder:
        database = url or f"sqlite+aiosqlite:///{folder / 'lyhord.db'}"
        with serving(folder, database, meaning=meaning, processes=processes, readers=readers) as running:
            # The first few mails load what is loaded once: templates, calendars, pipelines.
            return _measured(name, running, mails, database, rate)


def _measured(name: str, running: Serving, mails: Sequence[Mail], url: str, rate: float) -> Figures:
    warm, rest = mails[:40], mails[40:]
    _hand_over(running, warm, 0.0)
    expected = asyncio.run(_letters(url, len(warm)))
    before = running.until(expected).number
    own = [one.pid for one in running.processes]
    with Meter(own, [running.sink.pid]) as meter:
        pumps = running.pump(rest, rate=rate)
        for pump in pumps:
            pump.wait()
        times = _times(running)
        letters = running.until(before + asyncio.run(_letters(url, len(mails))) - expected)
    due = {sender: moment for sender, (moment, _) in times.items()}
    answered = [(letters.first[one] - due[one]) * 1e3 for one in due if one in letters.first]
    accepted = [(until - since) * 1e3 for since, until in times.values()]
    whole = asyncio.run(_is_whole(url, len(mails))) and len(answered) == len(rest)
    return Figures(
        name=name,
        mails=len(rest),
        acknowledged=len(answered),
        letters=letters.number - before,
        whole=whole,
        rate=len(rest) / (letters.last - min(due.values())),
        accept_p50=statistics.median(accepted),
        accept_p99=percentile(accepted, 99),
        acknowledged_p50=statistics.median(answered or [0.0]),
        acknowledged_p99=percentile(answered or [0.0], 99),
        cpu=meter.cpu / len(rest) * 1e3,
        peak_mb=meter.peak_mb,
        others=meter.others,
    )


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def _hand_over(running: Serving, mails: Sequence[Mail], rate: float) -> None:
    for pump in running.pump(mails, rate=rate):
        pump.wait()


def _times(running: Serving) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    for file in running.folder.glob("times-*.json"):
        said = json.loads(file.read_text(encoding="utf-8"))
        assert not said["refused"], said["refused"]
        found |= {sender: (since, until) for sender, (since, until) in said["times"].items()}
    return found


async def _letters(url: str, mails: int) -> int:
    """How many letters the register owes for its mails, once all of them are entered."""
    async with await Register.open(url, create=False) as register:
        while (books := await register.books()).registered + books.joined + books.set_aside < mails:
            await asyncio.sleep(0.2)
        return sum(not _waits(letter) for letter in await register.letters())


def _waits(letter: Mapping[str, Any]) -> bool:
    """True for what leaves on the next working day only."""
    return letter["state"] == "waiting" and letter["send_at"] is not None and letter["send_at"] > datetime.now(UTC)


async def _is_whole(url: str, mails: int) -> bool:
    async with await Register.open(url, create=False) as register:
        books = await register.books()
        return books.balanced and books.registered == mails and not await register.verify()


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="lyhord-benchmark-") as name:
        yield Path(name)
