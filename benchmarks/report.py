"""The figures for people: tables in the terminal, a page and pictures in `docs/`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.ceilings import Ceiling
from benchmarks.goals import Goal
from benchmarks.running import Figures

Row = Sequence[str]
_RUNS = (
    *("run", "mails", "whole", "mails/s", "accept p50 / p99 ms", "ack p50 / p99 ms", "CPU ms", "commits"),
    *("peak MB", "grown MB", "others"),
)


def run_rows(runs: Iterable[Figures]) -> list[Row]:
    """One row a run."""
    return [
        (
            run.name,
            str(run.mails),
            "yes" if run.whole else "NO",
            f"{run.rate:.1f}",
            f"{run.accept_p50:.1f} / {run.accept_p99:.1f}",
            f"{run.acknowledged_p50:.0f} / {run.acknowledged_p99:.0f}",
            f"{run.cpu:.1f}",
            f"{run.commits:.2f}",
            f"{run.peak_mb:.0f}",
            f"{run.grown_mb:.0f}",
            f"{run.others:.0%}",
        )
        for run in runs
    ]


def ceiling_rows(ceilings: Iterable[Ceiling]) -> list[Row]:
    """One row a ceiling."""
    return [
        (one.name, f"{one.rate:,.0f}", f"{one.cpu:.2f}" if one.cpu else "", f"{one.p50:.2f}" if one.p50 else "")
        for one in ceilings
    ]


def goal_rows(goals: Iterable[Goal]) -> list[Row]:
    """One row a goal."""
    return [
        (
            goal.what,
            f"{goal.measured:.2f} {goal.unit}".strip(),
            f"{'≥' if goal.least else '≤'} {goal.wanted:g}",
            "reached" if goal.reached else "not reached",
        )
        for goal in goals
    ]


def stage_rows(stages: Mapping[str, float]) -> list[Row]:
    """One row a stage, and their sum."""
    return [*((name, f"{cost:.2f}") for name, cost in stages.items()), ("sum", f"{sum(stages.values()):.2f}")]


def tables(
    runs: Sequence[Figures], stages: Mapping[str, float], ceilings: Sequence[Ceiling], goals: Sequence[Goal]
) -> dict[str, list[Row]]:
    """Every table with its head as the first row."""
    return {
        "End to end": [_RUNS, *run_rows(runs)],
        "Each stage alone, by words": [("stage", "CPU ms a mail"), *stage_rows(stages)],
        "Ceilings of this machine, same run": [("alone", "a second", "CPU ms", "p50 ms"), *ceiling_rows(ceilings)],
        "Goals": [("ratio", "measured", "goal", ""), *goal_rows(goals)],
    }


def show(made: Mapping[str, list[Row]], console: Console) -> None:
    """The tables in the terminal."""
    for title, (head, *rows) in made.items():
        drawn = Table(title=title, title_justify="left")
        for name in head:
            drawn.add_column(name)
        for row in rows:
            drawn.add_row(*row)
        console.print(drawn)


def page(made: Mapping[str, list[Row]], intro: str, unfinished: Iterable[str] = ()) -> str:
    """The tables as a page in Markdown, and which runs did not come to their end."""
    parts = [intro, *(f"Not finished within its time: {name}.\n" for name in unfinished)]
    for title, (head, *rows) in made.items():
        lines = [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]
        parts.append(f"## {title}\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def picture(runs: Sequence[Figures], out: Path) -> None:
    """How long a parent waits for the acknowledgement, and how many mails a second, a bar a run; written as SVG."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot

    mpl.rcParams["svg.hashsalt"] = "lyhord"
    names = [run.name for run in runs]
    figure, (rates, waits) = pyplot.subplots(1, 2, figsize=(11, 0.6 + 0.5 * len(runs)), layout="constrained")
    rates.barh(names, [run.rate for run in runs], color="#2a6f97")
    rates.set_xlabel("mails a second, until every letter has left")
    waits.barh(names, [run.acknowledged_p99 for run in runs], color="#a9d6e5", label="p99")
    waits.barh(names, [run.acknowledged_p50 for run in runs], color="#2a6f97", label="p50")
    waits.set_xscale("log")
    waits.set_xlabel("milliseconds from hand-over to acknowledgement")
    waits.legend()
    for axis in (rates, waits):
        axis.invert_yaxis()
    figure.savefig(out, format="svg", metadata={"Date": None})
    pyplot.close(figure)
