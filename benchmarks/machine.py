"""What processes cost and what else this machine does meanwhile, read from /proc (Linux)."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

_TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_EVERY = 0.2
_PROC = Path("/proc")


def family(roots: Iterable[int]) -> Iterator[int]:
    """These processes and everything that they have started."""
    parents: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    waiting = list(roots)
    while waiting:
        one = waiting.pop()
        yield one
        waiting += parents.get(one, ())


def cpu_seconds(roots: Iterable[int]) -> float:
    """User and kernel time of these processes and their children so far, those that have ended included."""
    ticks = 0
    for one in family(roots):
        fields = _stat(one)
        ticks += sum(int(field) for field in fields[11:15]) if fields else 0
    return ticks / _TICK


def memory_mb(roots: Iterable[int]) -> float:
    """Memory that belongs to these processes, shared pages counted once (PSS)."""
    return sum(_pss(one) for one in family(roots)) / 1024


def busy_seconds() -> float:
    """Seconds of work that all cores together have done since the machine began."""
    fields = [int(field) for field in (_PROC / "stat").read_text().splitlines()[0].split()[1:]]
    return (sum(fields[:8]) - fields[3] - fields[4]) / _TICK


def _stat(pid: int) -> list[str]:
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return []


def _pss(pid: int) -> int:
    try:
        lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


class Meter:
    """CPU and peak memory of a run; `others` is the share of the machine that belonged to nobody of the run."""

    def __init__(self, own: Iterable[int], load: Iterable[int]) -> None:
        self._own, self._load = tuple(own), tuple(load)
        self._over = threading.Event()
        self.peak_mb = 0.0

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._begin = self._marks()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        own, load, busy, wall = (now - then for now, then in zip(self._marks(), self._begin, strict=True))
        self.cpu, self.wall = own, wall
        self.others = max(0.0, busy - own - load) / (wall * (os.cpu_count() or 1))

    def _marks(self) -> tuple[float, float, float, float]:
        return cpu_seconds(self._own), cpu_seconds((*self._load, os.getpid())), busy_seconds(), os.times().elapsed

    def _watch(self) -> None:
        while not self._over.wait(_EVERY):
            self.peak_mb = max(self.peak_mb, memory_mb(self._own))
