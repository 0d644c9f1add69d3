"""`lyhord train` and `lyhord evaluate`: the classifiers' artefact, and how good it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import classifiers
from bot.output import console, emit, errors, say
from bot.settings import load
from bot.wiring import load_procedures
from register.errors import BadSettings

#: the program's own labelled messages, and where its artefact lies
CORPUS = Path(classifiers.__file__).parent / "corpus"
#: the messages that the cross-validation measures; all others in the folder are only trained on
MEASURED = ("sv.jsonl", "bg.jsonl", "nb.jsonl", "en_other.jsonl")
#: messages that nothing is trained on
HELD_OUT = tuple(sorted((CORPUS.parent / "held_out").glob("*.jsonl")))


def train(
    out: Path | None, corpus: Sequence[Path] | None, *, with_corrections: bool, encoder: bool, config: Path | None
) -> None:
    """Makes the artefact; the same corpus gives the same bytes. What people corrected never leaves this machine."""
    from bot.commands.correcting import corrections_file
    from classifiers.model import SHIPPED
    from classifiers.train import train

    target = out or SHIPPED
    files = _existing(corpus) or tuple(sorted(CORPUS.glob("*.jsonl")))
    with _progress() as tell, ExitStack() as more:
        own = (more.enter_context(corrections_file(config)),) if with_corrections else ()
        train((*files, *own), target, kept_back=HELD_OUT, encoder=encoder, progress=tell)
    say(f"{target}: {target.stat().st_size / 1e6:.1f} MB")


def evaluate(
    files: Sequence[Path] | None,
    *,
    json: bool,
    config: Path | None,
    words: bool = False,
    by_file: bool = False,
    pictures: Path | None = None,
) -> None:
    """Measures the artefact on labelled files, by default those that it never saw; or cross-validates the words."""
    from classifiers.evaluate import cross_validate, evaluate
    from classifiers.picture import confusion

    given = _existing(files)
    organisations = {one.id: one.facts() for one in load_procedures(load(config)).all}
    with _progress() as tell:
        if given or not (words or by_file):
            report = evaluate(given or HELD_OUT, organisations=organisations, progress=tell)
        else:
            measured = [CORPUS / name for name in MEASURED]
            extra = sorted(set(CORPUS.glob("*.jsonl")) - set(measured))
            report = cross_validate(measured, extra=extra, organisations=organisations, by_file=by_file, progress=tell)
    if pictures:
        pictures.mkdir(parents=True, exist_ok=True)
        for question in ("kind", "category"):
            (pictures / f"confusion-{question}.svg").write_text(confusion(report.confusion, question), "utf-8")
    if json:
        emit(report.as_dict())
    else:
        console.print(report)


@contextmanager
def _progress() -> Iterator[Callable[[str, float], None]]:
    """A bar on a terminal; tells what is being done and how far it is, from 0 to 1."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as progress:
        task = progress.add_task("", total=1.0)
        yield lambda what, share: progress.update(task, description=what, completed=share)


def _existing(files: Sequence[Path] | None) -> tuple[Path, ...]:
    for file in files or ():
        if not file.is_file():
            raise BadSettings(f"{file}: there is no such file")
    return tuple(files or ())
