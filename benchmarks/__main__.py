"""`python -m benchmarks`: how fast the whole is, against what this machine can do; refuses to lie about a busy one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from benchmarks import ceilings, goals, report
from benchmarks.accepting import NAMES, accepting
from benchmarks.ceilings import Ceiling
from benchmarks.mails import Mail, load
from benchmarks.running import BOUND, WARM, Figures, TooSlowError, measure
from benchmarks.serving import sink
from benchmarks.stages import stages
from tests.journeys.servers import postfix, postgresql

#: with more than this share of the machine in other hands a figure says nothing
MOST_OTHERS = 0.10
_TRICKLE, _PACED, _SHARE = 1.0, 100.0, 0.6
_LONG, _BEFORE = (4_000, 10_000), 100_000
_DOCS = Path(__file__).parents[1] / "docs"
_INTRO = """# How fast

Written by `python -m benchmarks`. Mails of four languages, every tenth with a file of 100 to 500 kB, go in over LMTP on
eight connections; the time ends when every acknowledgement and notice has reached a receiver on the same machine. Load,
receiver and Lyhord share its cores. A run counts only where every mail is in the register once and acknowledged once
(`whole`), and other processes used less than a tenth of the machine (`others`). `commits` are transactions brought to
the disk, a mail; `grown` is how much more memory there was at the end than at the beginning. `--full` adds longer runs
and one in a register that has 100,000 cases already.

![Rates and waits](pictures/benchmark.svg)
"""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is run."""

    mails: int
    dear: int
    postgres: bool
    #: mails of the long runs
    long: tuple[int, ...] = ()
    #: cases that are in the register already
    before: int = 0


@dataclass
class Runs:
    """What was run, by name, and what did not come to its end."""

    console: Console
    done: dict[str, Figures] = field(default_factory=dict)
    unfinished: list[str] = field(default_factory=list)

    def run(self, name: str, mails: list[Mail], **how: Any) -> Figures | None:
        """One run, kept; None where it takes too long."""
        with self.console.status(f"{name}…"):
            try:
                figures = measure(name, mails, **how)
            except TooSlowError:
                self.unfinished.append(name)
                self.console.print(f"{name}: not finished within its time; there are no figures")
                return None
        self.done[name] = figures
        return figures


def main(
    mails: Annotated[int, typer.Option(help="Mails of each burst by words.")] = 1000,
    dear: Annotated[int, typer.Option(help="Mails of the burst by meaning.")] = 200,
    postgres: Annotated[bool, typer.Option(help="Also on a PostgreSQL of its own, with one and two processes.")] = True,
    full: Annotated[bool, typer.Option(help="Also 4,000 and 10,000 mails, and 100,000 cases before.")] = False,
    scale: Annotated[float, typer.Option(help="Share of those sizes, to try it out.", min=0.0005, max=1)] = 1,
    write: Annotated[bool, typer.Option(help="Write docs/speed.md and its picture.")] = False,
    anyhow: Annotated[bool, typer.Option(help="Also on a busy machine; the figures say so.")] = False,
) -> None:
    """Runs everything, prints the tables, exits 1 where a run was not whole or the machine was not ours."""
    console = Console()
    sample = load(200 + WARM, seed=2)
    found = {one.name: one for one in _ceilings(sample, console)}
    with console.status("stage by stage…"):
        each = {"accept": found[NAMES["own"]].cpu, **stages(sample, meaning=False)}
    long = tuple(int(number * scale) for number in _LONG) if full else ()
    runs = Runs(console)
    _run(runs, Plan(mails=mails, dear=dear, postgres=postgres, long=long, before=int(_BEFORE * scale) if full else 0))
    made = report.tables(
        list(runs.done.values()), each, list(found.values()), list(goals.goals(runs.done, found, each))
    )
    report.show(made, console)
    _conclude(runs, made, write=write, anyhow=anyhow)


def _conclude(runs: Runs, made: Mapping[str, list[report.Row]], *, write: bool, anyhow: bool) -> None:
    """Writes the page where that is right; exits 1 where something was not as it should be."""
    busy = [run.name for run in runs.done.values() if run.others > MOST_OTHERS]
    broken = [run.name for run in runs.done.values() if not run.whole]
    if write and not broken and (anyhow or not busy):
        (_DOCS / "speed.md").write_text(report.page(made, _INTRO, runs.unfinished), encoding="utf-8")
        report.picture(list(runs.done.values()), _DOCS / "pictures" / "benchmark.svg")
    for name in broken:
        runs.console.print(f"{name}: mails or letters are missing; its figures do not count")
    for name in busy:
        runs.console.print(f"{name}: other processes used more than {MOST_OTHERS:.0%} of the machine")
    if broken or runs.unfinished or (busy and not anyhow):
        raise typer.Exit(1)


def _ceilings(mails: list[Mail], console: Console) -> Iterator[Ceiling]:
    with console.status("ceilings of this machine…"):
        yield ceilings.fdatasync()
        yield ceilings.sqlite_commits(mails)
        yield ceilings.parsing(mails)
        yield ceilings.classifying(mails, meaning=False)
        yield ceilings.classifying(mails, meaning=True)
        yield ceilings.listening(mails)
        yield from (accepting(mails, receiver) for receiver in NAMES)
        with tempfile.TemporaryDirectory() as folder, sink(Path(folder) / "sink.log") as (_, port):
            yield ceilings.sending(1000, port, pipelining=False)
            yield ceilings.sending(1000, port, pipelining=True)
        if not postfix.missing():
            with tempfile.TemporaryDirectory() as folder, sink(Path(folder) / "sink.log") as (_, port):
                yield ceilings.postfix(load(600, seed=3), port, Path(folder) / "sink.log")


def _run(runs: Runs, plan: Plan) -> None:
    many = load(max(plan.mails, *plan.long, 0) + WARM)
    some = many[: plan.mails + WARM]
    burst = runs.run(goals.BURST, some, meaning=False)
    runs.run("words, burst, LMTP by aiosmtpd", some, meaning=False, receiver="aiosmtpd")
    runs.run("words, burst, 2 readers", some, meaning=False, readers=2)
    if burst:
        paced = min(_PACED, burst.rate * 0.9)
        runs.run(f"words, {paced:.0f}/s", some[: 400 + WARM], meaning=False, rate=paced)
        runs.run("words, 60 %", some, meaning=False, rate=burst.rate * _SHARE)
    runs.run("meaning, burst", some[: plan.dear + WARM], meaning=True)
    runs.run("meaning, trickle", some[: 30 + WARM], meaning=True, rate=_TRICKLE)
    if plan.postgres:
        _on_postgres(runs, some)
    for number in plan.long:
        runs.run(f"{goals.LONG}, {number:,} mails", many[: number + WARM], meaning=False, within=_bound(number))
    if plan.before:
        name = f"{goals.GROWN} of {plan.before:,} cases"
        runs.run(name, some, meaning=False, before=plan.before, within=_bound(plan.mails))


def _bound(mails: int) -> float:
    """Seconds that a run may take: as though it were slower than anything measured so far."""
    return BOUND + mails / 15


def _on_postgres(runs: Runs, mails: list[Mail]) -> None:
    server = postgresql.Postgres()
    try:
        for processes in (1, 2):
            name = f"words, burst, PostgreSQL, {processes} process{'es' if processes > 1 else ''}"
            url = server.new_database(f"run{processes}")
            runs.run(name, mails, url=url, meaning=False, processes=processes)
    finally:
        server.stop()


if __name__ == "__main__":
    typer.run(main)
