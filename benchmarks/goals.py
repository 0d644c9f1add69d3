"""The goals, each as a ratio of two figures of the same run, and whether it was reached."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from benchmarks.ceilings import POSTFIX, Ceiling
from benchmarks.running import Figures

#: django-helpdesk on PostgreSQL on a machine of two cores, mails a second (measured 2026-11-21)
PEER = 63.7
#: what the runs are called that others are held against, and how the names of the long ones begin
BURST, LONG, GROWN = "words, burst", "words, long", "words, in a register"


@dataclass(frozen=True, kw_only=True)
class Goal:
    """One goal; `least` says whether more or less is better."""

    what: str
    measured: float
    wanted: float
    least: bool
    unit: str = ""

    @property
    def reached(self) -> bool:
        """Whether the figure is on the right side."""
        return self.measured >= self.wanted if self.least else self.measured <= self.wanted


def goals(runs: Mapping[str, Figures], ceilings: Mapping[str, Ceiling], stages: Mapping[str, float]) -> Iterator[Goal]:
    """Those goals whose runs are there; `stages`: what each costs alone, in milliseconds of CPU a mail."""
    cheap, dear = runs.get(BURST), runs.get("meaning, burst")
    if cheap:
        yield Goal(what="burst by words / the peer's 63.7 a second", measured=cheap.rate / PEER, wanted=8, least=True)
        yield Goal(what="CPU a mail by words", measured=cheap.cpu, wanted=4, least=False, unit="ms")
        yield Goal(what="peak memory by words", measured=cheap.peak_mb, wanted=350, least=False, unit="MB")
        yield Goal(what="durable commits a mail in a burst", measured=cheap.commits, wanted=0.2, least=False)
        used = cheap.rate * sum(stages.values()) / 1e3 / (os.cpu_count() or 1)
        yield Goal(what="rate / (cores / sum of the stages)", measured=used, wanted=0.8, least=True)
    if dear:
        yield Goal(what="burst by meaning", measured=dear.rate, wanted=64, least=True, unit="/s")
        yield Goal(what="peak memory by meaning", measured=dear.peak_mb, wanted=700, least=False, unit="MB")
    if cheap and (queue := ceilings.get(POSTFIX)):
        yield Goal(
            what="burst by words / Postfix, queue to LMTP", measured=cheap.rate / queue.rate, wanted=1, least=True
        )
    yield from _quiet_goals(runs, ceilings)
    yield from _long_goals(runs)


def _quiet_goals(runs: Mapping[str, Figures], ceilings: Mapping[str, Ceiling]) -> Iterator[Goal]:
    trickle, paced, half = (runs.get(name) for name in ("meaning, trickle", "words, 100/s", "words, 60 %"))
    sync = ceilings.get("fdatasync, 4 kB")
    if paced and sync:
        ratio = paced.accept_p50 / sync.p50
        yield Goal(what="accept p50 at 100/s / fdatasync p50", measured=ratio, wanted=5, least=False)
    if half:
        p99 = half.acknowledged_p99
        yield Goal(what="acknowledged p99 at 60 % of own rate", measured=p99, wanted=100, least=False, unit="ms")
    if trickle:
        p99 = trickle.acknowledged_p99
        yield Goal(what="acknowledged p99 at a trickle, by meaning", measured=p99, wanted=500, least=False, unit="ms")


def _long_goals(runs: Mapping[str, Figures]) -> Iterator[Goal]:
    """Of the runs that only `--full` makes: neither many mails nor many cases make it slow or large."""
    burst = runs.get(BURST)
    for name, run in runs.items():
        if burst and name.startswith((LONG, GROWN)):
            yield Goal(what=f"rate: {name} / {BURST}", measured=run.rate / burst.rate, wanted=0.95, least=True)
            yield Goal(what=f"peak memory: {name}", measured=run.peak_mb, wanted=350, least=False, unit="MB")
