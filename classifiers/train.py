"""Makes the artefact from a labelled corpus; the same corpus on the same machine gives the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from classifiers import corpus_file
from classifiers.fitting import fit_model
from classifiers.meaning import SHIPPED_ENCODER, MeaningHeads
from classifiers.model import Model
from classifiers.tables import Progress, Tables
from register.errors import BadSettings


def train(
    corpus: Sequence[Path],
    out: Path,
    *,
    kept_back: Sequence[Path] = (),
    encoder: bool = False,
    progress: Progress | None = None,
) -> None:
    """Reads the files of `corpus`, trains the heads on the words and writes the artefact to `out`.

    The encoder and its heads are the shipped ones, or taught anew and written beside `out` where `encoder` is asked
    for (half an hour on two cores, and the extra `train`). How both count together is set on the files of `kept_back`,
    which must not be in the corpus. Raises BadSettings where a file is not as SCHEMA.md says.
    """
    from threadpoolctl import threadpool_limits

    examples = corpus_file.read(corpus)
    heads = _taught(examples, out, progress) if encoder else Model.load().meaning
    # The order in which threads add numbers up would show in the last bits.
    with threadpool_limits(limits=1):
        model = fit_model(Tables.of(examples), version=_version(examples), meaning=heads, progress=progress)
    _calibrated(model, out, corpus_file.read(kept_back)).save(out)
    if encoder:
        _forget(examples, out)


def _taught(examples: Sequence[corpus_file.Example], out: Path, progress: Progress | None) -> MeaningHeads:
    try:
        from classifiers.tuning.teaching import teach
    except ImportError:
        raise BadSettings("to teach the encoder PyTorch is needed: pip install 'lyhord[train]'") from None
    return teach(examples, out.with_name(SHIPPED_ENCODER.name), progress=progress)


def _forget(examples: Sequence[corpus_file.Example], out: Path) -> None:
    from classifiers.tuning.teaching import kept_of

    kept_of(examples, out.with_name(SHIPPED_ENCODER.name)).forget()


def _calibrated(model: Model, out: Path, kept_back: Sequence[corpus_file.Example]) -> Model:
    """The model with both stages weighed against each other, where the encoder runs here."""
    from classifiers.calibration import together
    from classifiers.reader import Classifiers, meaning_of

    meaning = meaning_of(model, out)
    if meaning is None or not kept_back:
        return model
    return together(model, Classifiers(model, meaning), kept_back)


def _version(examples: Sequence[corpus_file.Example]) -> str:
    digest = hashlib.sha256()
    for example in examples:
        digest.update(example.model_dump_json(exclude={"file"}).encode())
    return f"2.{digest.hexdigest()[:6]}"
