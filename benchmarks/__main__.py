"""`python -m benchmarks`: how fast the whole is, against what this machine can do; refuses to lie about a busy one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks import ceilings, goals, report
from benchmarks.ceilings import Ceiling
from benchmarks.mails import Mail, load
from benchmarks.running import Figures, measure
from benchmarks.serving import sink
from tests.journeys.servers import postfix, postgresql

#: with more than this share of the machine in other hands a figure says nothing
MOST_OTHERS = 0.10
_TRICKLE, _PACED, _SHARE = 1.0, 100.0, 0.6
_DOCS = Path(__file__).parents[1] / "docs"
_INTRO = """# How fast

Written by `python -m benchmarks`. Mails of four languages, every tenth with a file of 100 to 500 kB, go in over LMTP on
eight connections; the time ends when every acknowledgement and notice has reached a receiver on the same machine. Load,
receiver and Lyhord share its cores. A run counts only where every mail is in the register once and acknowledged once
(`whole`), and other processes used less than a tenth of the machine (`others`).

![Rates and waits](pictures/benchmark.svg)
"""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is run."""

    mails: int
    dear: int
    postgres: bool


def main(
    mails: Annotated[int, typer.Option(help="Mails of each burst by words.")] = 1000,
    dear: Annotated[int, typer.Option(help="Mails of the burst by meaning.")] = 200,
    postgres: Annotated[bool, typer.Option(help="Also on a PostgreSQL of its own, with one and two processes.")] = True,
    write: Annotated[bool, typer.Option(help="Write docs/speed.md and its picture.")] = False,
    anyhow: Annotated[bool, typer.Option(help="Also on a busy machine; the figures say so.")] = False,
) -> None:
    """Runs everything, prints the tables, exits 1 where a run was not whole or the machine was not ours."""
    console = Console()
    found = {one.name: one for one in _ceilings(load(200, seed=2), console)}
    runs = {one.name: one for one in _runs(Plan(mails=mails, dear=dear, postgres=postgres), console)}
    made = report.tables(list(runs.values()), list(found.values()), list(goals.goals(runs, found)))
    report.show(made, console)
    busy = [run.name for run in runs.values() if run.others > MOST_OTHERS]
    broken = [run.name for run in runs.values() if not run.whole]
    if write and not broken and (anyhow or not busy):
        (_DOCS / "speed.md").write_text(report.page(made, _INTRO), encoding="utf-8")
        report.picture(list(runs.values()), _DOCS / "pictures" / "benchmark.svg")
    for name in broken:
        console.print(f"{name}: mails or letters are missing; its figures do not count")
    for name in busy:
        console.print(f"{name}: other processes used more than {MOST_OTHERS:.0%} of the machine")
    if broken or (busy and not anyhow):
        raise typer.Exit(1)


def _ceilings(mails: list[Mail], console: Console) -> Iterator[Ceiling]:
    with console.status("ceilings of this machine…"):
        yield ceilings.fdatasync()
        yield ceilings.sqlite_commits(mails)
        yield ceilings.parsing(mails)
        yield ceilings.classifying(mails, meaning=False)
        yield ceilings.classifying(mails, meaning=True)
        yield ceilings.listening(mails)
        with tempfile.TemporaryDirectory() as folder, sink(Path(folder) / "sink.log") as (_, port):
            yield ceilings.sending(1000, port, pipelining=False)
            yield ceilings.sending(1000, port, pipelining=True)
        if not postfix.missing():
            with tempfile.TemporaryDirectory() as folder, sink(Path(folder) / "sink.log") as (_, port):
                yield ceilings.postfix(load(600, seed=3), port, Path(folder) / "sink.log")


def _runs(plan: Plan, console: Console) -> Iterator[Figures]:
    many = load(plan.mails + 40)
    with console.status("end to end…") as status:
        burst = measure("words, burst", many, meaning=False)
        yield burst
        yield measure("words, burst, 2 readers", many, meaning=False, readers=2)
        status.update("at a fixed rate…")
        paced = min(_PACED, burst.rate * 0.9)
        yield measure(f"words, {paced:.0f}/s", many[:440], meaning=False, rate=paced)
        yield measure("words, 60 %", many, meaning=False, rate=burst.rate * _SHARE)
        status.update("by meaning…")
        yield measure("meaning, burst", many[: plan.dear + 40], meaning=True)
        yield measure("meaning, trickle", many[:70], meaning=True, rate=_TRICKLE)
        if plan.postgres:
            yield from _on_postgres(many)


def _on_postgres(many: list[Mail]) -> Iterator[Figures]:
    server = postgresql.Postgres()
    try:
        for processes in (1, 2):
            name = f"words, burst, PostgreSQL, {processes} process{'es' if processes > 1 else ''}"
            yield measure(name, many, url=server.new_database(f"run{processes}"), meaning=False, processes=processes)
    finally:
        server.stop()


if __name__ == "__main__":
    typer.run(main)
