"""`lyhord train` and `lyhord evaluate`: the classifiers' artefact, and how good it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from bot.output import console, emit, errors, say
from register.errors import BadSettings


def train(out: Path | None, corpus: Sequence[Path] | None) -> None:
    """Makes the artefact; the same corpus gives the same bytes."""
    from classifiers.train import ARTEFACT, CORPUS, train

    target = out or ARTEFACT
    with _progress() as progress:
        task = progress.add_task("Training", total=None)
        train(_existing(corpus) or CORPUS(), target, progress=lambda what: progress.update(task, description=what))
    say(f"{target}: {target.stat().st_size / 1e6:.1f} MB")


def evaluate(files: Sequence[Path] | None, *, json: bool) -> None:
    """Measures the artefact on labelled files, or cross-validates the corpus where none are given."""
    from classifiers.evaluate import cross_validate, evaluate
    from classifiers.train import CORPUS

    with _progress() as progress:
        task = progress.add_task("Evaluating", total=None)

        def tell(what: str) -> None:
            progress.update(task, description=what)

        report = evaluate(_existing(files), progress=tell) if files else cross_validate(CORPUS(), progress=tell)
    if json:
        emit(report.as_dict())
    else:
        console.print(report)


def _progress() -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    return Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal)


def _existing(files: Sequence[Path] | None) -> tuple[Path, ...]:
    for file in files or ():
        if not file.is_file():
            raise BadSettings(f"{file}: there is no such file")
    return tuple(files or ())
