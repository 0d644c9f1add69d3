"""Measures the classifiers: on labelled files, and the words alone on the corpus by nested cross-validation."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from classifiers import corpus_file, report
from classifiers.corpus_file import Example
from classifiers.fitting import fit_model, folds_of
from classifiers.reader import Classifiers
from classifiers.report import Report
from classifiers.tables import Progress, Tables
from register.records import OrganisationFacts, Understanding, Verdict

Organisations = Mapping[str, OrganisationFacts]


def evaluate(
    files: Sequence[Path],
    *,
    artefact: Path | None = None,
    organisations: Organisations | None = None,
    meaning: bool | None = None,
    progress: Progress | None = None,
) -> Report:
    """How the classifiers of an artefact do on labelled messages that they were not trained on.

    `organisations` gives the units by the id of the organisation; `meaning=False` measures the cheap stage alone.
    Raises BadSettings where a file is not as SCHEMA.md says.
    """
    examples = corpus_file.read(files)
    reader = Classifiers.from_file(artefact, meaning=meaning)
    pairs, times = _ask(reader, examples, organisations or {}, progress)
    plain, _ = _ask(Classifiers.from_file(artefact, meaning=False), examples, organisations or {}, None)
    title = f"{len(examples)} messages, classifiers {reader.version}"
    words = report.figures_of(plain, units=bool(organisations))
    return report.make(title, pairs, units=bool(organisations), speed=_speed(times), words=words)


def cross_validate(
    corpus: Sequence[Path],
    folds: int = 5,
    *,
    extra: Sequence[Path] = (),
    organisations: Organisations | None = None,
    by_file: bool = False,
    progress: Progress | None = None,
) -> Report:
    """How the words alone, trained on a part of a corpus, do on the rest of it; the encoder takes too long to teach.

    Thresholds and calibration are found inside each training part (nested). `extra` files are always trained on and
    never measured. `by_file` holds out one file at a time instead of folds: how it carries over to another author.
    A bag of words is trained and measured on the same parts.
    """
    tables = Tables.of(corpus_file.read([*corpus, *extra]))
    measured = len(corpus_file.read(corpus))
    asked: list[tuple[Example, Understanding]] = []
    plain: list[tuple[Example, Understanding]] = []
    times: list[float] = []
    parts = _by_file(tables.examples[:measured]) if by_file else folds_of(tables.examples[:measured], folds)
    for place, (train, test) in enumerate(parts):
        if progress:
            progress("cross-validating", place / len(parts))
        part = tables.part([*train, *range(measured, len(tables.examples))])
        model = fit_model(part, version="cv")
        held = [tables.examples[row] for row in test]
        pairs, taken = _ask(Classifiers(model), held, organisations or {}, None)
        asked.extend(pairs)
        times.extend(taken)
        plain.extend(zip(held, _bag_of_words(part.examples, held), strict=True))
    names = {"kind", "category", "urgent recall", "urgent precision", "category or also"}
    return report.make(
        f"{measured} messages, {'one file held out at a time' if by_file else f'{folds}-fold'}, nested, words alone",
        asked,
        units=bool(organisations),
        speed=_speed(times),
        baseline=tuple(one for one in report.figures_of(plain, units=False) if one.name in names),
    )


def _by_file(examples: Sequence[Example]) -> list[tuple[list[int], list[int]]]:
    everything = range(len(examples))
    return [
        ([row for row in everything if examples[row].file != name], [r for r in everything if examples[r].file == name])
        for name in sorted({one.file for one in examples})
    ]


def _ask(
    reader: Classifiers, examples: Sequence[Example], organisations: Organisations, progress: Progress | None
) -> tuple[list[tuple[Example, Understanding]], list[float]]:
    pairs, times = [], []
    for place, one in enumerate(examples):
        started = time.perf_counter()
        found = reader.classify(
            subject=one.subject,
            body=one.body,
            channel=one.channel,
            organisation=organisations.get(one.organisation),
        )
        times.append((time.perf_counter() - started) * 1000)
        pairs.append((one, found))
        if progress and place % 10 == 0:
            progress("measuring", place / len(examples))
    return pairs, times


def _speed(times: Sequence[float]) -> tuple[float, float]:
    return (float(np.median(times)), float(np.percentile(times, 95))) if times else (float("nan"), float("nan"))


def _bag_of_words(train: Sequence[Example], test: Sequence[Example]) -> list[Understanding]:
    """What a plain logistic regression on words says: the baseline that has to be beaten."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    bag = TfidfVectorizer(min_df=2, sublinear_tf=True)
    rows = bag.fit_transform([f"{one.subject}\n{one.body}" for one in train])
    asked = bag.transform([f"{one.subject}\n{one.body}" for one in test])
    said: dict[str, list[str]] = {}
    for question in ("kind", "category", "urgent"):
        answers = [one.answers()[question] for one in train]
        chosen = [row for row, answer in enumerate(answers) if answer is not None]
        model = LogisticRegression(C=10.0, max_iter=300).fit(rows[chosen], [str(answers[row]) for row in chosen])
        said[question] = [str(name) for name in model.predict(asked)]
    return [
        Understanding(kind=Verdict(label=kind), categories={category: 1.0}, urgent=Verdict(label=urgent == "yes"))
        for kind, category, urgent in zip(said["kind"], said["category"], said["urgent"], strict=True)
    ]
