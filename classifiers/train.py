"""Makes the artefact from a labelled corpus; the same corpus on the same machine gives the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from classifiers import corpus_file
from classifiers.fitting import fit_model
from classifiers.model import Model
from classifiers.tables import Progress, Tables


def train(corpus: Sequence[Path], out: Path, *, progress: Progress | None = None) -> None:
    """Reads the files of `corpus`, trains every head in both stages and writes the artefact to `out`.

    Takes some minutes, most of them for the embeddings. Raises BadSettings where a file is not as SCHEMA.md says.
    """
    from threadpoolctl import threadpool_limits

    examples = corpus_file.read(corpus)
    # The order in which threads add numbers up would show in the last bits.
    with threadpool_limits(limits=1):
        model = make(examples, progress=progress)
    model.save(out)


def make(examples: Sequence[corpus_file.Example], *, progress: Progress | None = None) -> Model:
    """The model of some examples."""
    tables = Tables.of(examples, progress=progress)
    return fit_model(tables, version=_version(examples), progress=progress)


def _version(examples: Sequence[corpus_file.Example]) -> str:
    digest = hashlib.sha256()
    for example in examples:
        digest.update(example.model_dump_json(exclude={"file"}).encode())
    return f"1.{digest.hexdigest()[:6]}"
