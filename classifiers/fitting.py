"""Fits all heads of both stages on any part of a corpus, and calibrates them on messages that they never saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from classifiers import embedding, features, heads, points
from classifiers.corpus_file import Example
from classifiers.heads import Head
from classifiers.model import MEANING, WORDS, Model
from classifiers.questions import LEARNT, PEOPLE, POINTED
from classifiers.tables import Progress, Tables

#: how much each block of features weighs against the others
SCALE = {"ngrams": 1.0, "cues": 0.7, "meaning": 1.0, "points": 0.1, "flags": 1.0}
#: inverse strength of regularisation, by question
STRENGTH = {"language": 100.0, "category": 4.0, PEOPLE: 1.0}
#: questions in which the rarer answers count as much as the common ones
BALANCED = ("kind", "urgent")
#: how much of an example's weight its further categories get
ALSO = 0.3
FOLDS = 5
SEED = 20261124
#: the share of dangers that the threshold of urgency finds in held-out messages; the corpus is rich in indirect ones,
#: so that among ordinary messages it finds more (0.97 of those in the first four files)
URGENT_RECALL = 0.935
#: kinds in which somebody can be complained about
PERSONAL = ("complaint", "concern", "follow_up")

Fitted = dict[str, dict[str, Head]]


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What feature rows are measured against, fixed by the training part of the corpus; and the heads on sentences."""

    idf: Any
    centre: Any
    points: points.PointHeads | None = None
    #: the point features of the training part itself, from heads that did not see their message
    own_points: Any = None

    @classmethod
    def of(cls, tables: Tables) -> Frame:
        """The frame of a training part."""
        seen = np.asarray((tables.ngrams > 0).sum(0)).ravel()
        idf = np.log((1 + tables.ngrams.shape[0]) / (1 + seen)) * (seen >= 2)
        centre = np.zeros(embedding.SIZE)
        if tables.meaning:
            centre = np.mean([rows[0] for rows in tables.meaning], axis=0)
        frame = cls(idf=_half(idf), centre=_half(centre))
        return frame._with_points(tables) if tables.meaning else frame

    def _with_points(self, tables: Tables) -> Frame:
        """Adds the heads on sentences; the rows of the training part come from heads that never saw them."""
        centred = [rows[1:] - self.centre for rows in tables.meaning]
        answers = [example.answers() for example in tables.examples]
        weights, bias = points.fit(centred, tables.marks, answers)
        own = np.zeros((len(centred), len(points.TARGETS) * 4))
        for train, rest in folds_of(tables.examples, 3, SEED + 1):
            w, b = points.fit(*([table[row] for row in train] for table in (centred, tables.marks, answers)))
            for row in rest:
                own[row] = points.summary(points.scaled(centred[row]) @ w + b)
        mean, spread = own.mean(0), own.std(0) + 1e-6
        made = points.PointHeads(weights=_half(weights), bias=_half(bias), mean=_half(mean), spread=_half(spread))
        return replace(self, points=made, own_points=(own - mean) / spread)

    def blocks(self, tables: Tables, *, own: bool = False) -> dict[str, Any]:
        """The scaled blocks of feature rows; `own` for the training part itself."""
        from scipy import sparse

        weighed = tables.ngrams @ sparse.diags(self.idf)
        lengths = np.sqrt(np.asarray(weighed.multiply(weighed).sum(1)).ravel())
        words = sparse.diags(SCALE["ngrams"] / np.maximum(lengths, 1e-9)) @ weighed
        found = {"ngrams": words.tocsr(), "cues": tables.cues * SCALE["cues"], "flags": tables.flags * SCALE["flags"]}
        if tables.meaning and self.points is not None:
            pooled = np.array([features.pool(rows, self.centre) for rows in tables.meaning])
            found["meaning"] = pooled * SCALE["meaning"]
            made = self.own_points if own else [self.points.of(rows[1:] - self.centre) for rows in tables.meaning]
            found["points"] = np.array(made) * SCALE["points"]
        return found


def _half(values: Any) -> Any:
    """As exact as the artefact stores it, so that training and reading see the same numbers."""
    return np.asarray(values).astype(np.float16).astype(np.float64)


def blocks_of(stage: str, question: str) -> tuple[str, ...]:
    """The blocks that a head sees, in the order of its weights."""
    if question == "language":
        return ("ngrams",)
    more = () if stage == WORDS else ("meaning",)
    if question not in POINTED:
        return ("ngrams", "cues", *more)
    return ("ngrams", "cues", *more, *(("points",) if more else ()), "flags")


def fit_heads(tables: Tables) -> tuple[Frame, Fitted]:
    """All heads of both stages, uncalibrated."""
    frame = Frame.of(tables)
    blocks = frame.blocks(tables, own=True)
    fitted: Fitted = {WORDS: {}, MEANING: {}}
    spaces: dict[tuple[str, ...], tuple[Any, Any]] = {}
    for stage in (WORDS, MEANING):
        for question in (*LEARNT, *(("language",) if stage == WORDS else ())):
            names = blocks_of(stage, question)
            if all(name in blocks for name in names):
                matrices = [blocks[name] for name in names]
                if names not in spaces:
                    spaces[names] = heads.principal(_gram(matrices))
                fitted[stage][question] = _fit(tables, question, matrices, spaces[names])
    fitted[WORDS][PEOPLE] = _fit_people(tables)
    return frame, fitted


def _gram(matrices: Sequence[Any]) -> Any:
    total: Any = 0.0
    for matrix in matrices:
        product = matrix @ matrix.T
        total = total + np.asarray(product.todense() if hasattr(product, "todense") else product)
    return total


def _fit(tables: Tables, question: str, matrices: Sequence[Any], space: tuple[Any, Any]) -> Head:
    coordinates, back = space
    rows, answers, weights = _answers(tables, question)
    coefficients, bias, classes = heads.fit(
        coordinates[rows], answers, strength=STRENGTH.get(question, 10.0), weights=weights
    )
    inner = back @ coefficients
    weight = np.vstack([np.asarray(matrix.T @ inner) for matrix in matrices])
    return Head(classes=tuple(classes), weights=weight, bias=bias)


def _fit_people(tables: Tables) -> Head:
    """Tells staff who are complained about from everybody else who is named."""
    chosen = [row for row, example in enumerate(tables.examples) if example.kind in PERSONAL]
    measured = np.concatenate([tables.people[row] for row in chosen])
    answers = ["yes" if one else "no" for one in np.concatenate([tables.complained[row] for row in chosen])]
    coefficients, bias, classes = heads.fit(measured, answers, strength=STRENGTH[PEOPLE])
    return Head(classes=tuple(classes), weights=coefficients, bias=bias)


def _answers(tables: Tables, question: str) -> tuple[list[int], list[str], Any]:
    """Rows, classes and weights; an example with further categories stands for each of them in part."""
    rows, answers, weights = [], [], []
    for row, (example, answer) in enumerate(zip(tables.examples, tables.answers(question), strict=True)):
        if answer is None:
            continue
        also = example.also if question == "category" else ()
        for name, share in ((answer, 1 - ALSO if also else 1.0), *((name, ALSO / len(also)) for name in also)):
            rows.append(row)
            answers.append(name)
            weights.append(share)
    scaled = np.array(weights)
    if question in BALANCED:
        names, counts = np.unique(answers, return_counts=True)
        share_of = dict(zip(names, len(answers) / (len(names) * counts), strict=True))
        scaled = scaled * np.array([share_of[answer] for answer in answers])
    return rows, answers, scaled


Logits = dict[str, dict[str, Any]]


def logits_of(frame: Frame, fitted: Mapping[str, Mapping[str, Head]], tables: Tables) -> Logits:
    """By stage and question, the logits of every row."""
    blocks = frame.blocks(tables)
    found: Logits = {}
    for stage, inside in fitted.items():
        for question, head in inside.items():
            if question == PEOPLE:
                continue
            total, start = np.zeros((len(tables.examples), len(head.classes))) + head.bias, 0
            for name in blocks_of(stage, question):
                width = blocks[name].shape[1]
                total = total + np.asarray(blocks[name] @ head.weights[start : start + width])
                start += width
            found.setdefault(stage, {})[question] = total
    return found


def folds_of(examples: Sequence[Example], count: int = FOLDS, seed: int = SEED) -> list[tuple[list[int], list[int]]]:
    """Training and held-out rows of each fold, kinds and urgency spread evenly."""
    shuffled = np.random.default_rng(seed).permutation(len(examples))
    ordered = sorted(shuffled, key=lambda row: (examples[row].kind, examples[row].urgent, str(examples[row].category)))
    fold = {int(row): place % count for place, row in enumerate(ordered)}
    everything = range(len(examples))
    return [([row for row in everything if fold[row] != one], [row for row in everything if fold[row] == one])
            for one in range(count)]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """What heads say of rows that they never saw: logits by stage and question, with the order of the classes."""

    logits: Logits
    classes: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, tables: Tables, *, progress: Progress | None = None) -> HeldOut:
        """Every fold's heads on the rest."""
        classes = {name: tuple(sorted({one for one in tables.answers(name) if one})) for name in (*LEARNT, "language")}
        gathered: Logits = {WORDS: {}, MEANING: {}}
        for place, (train, test) in enumerate(folds_of(tables.examples)):
            if progress:
                progress("calibrating", place / FOLDS)
            frame, fitted = fit_heads(tables.part(train))
            for stage, found in logits_of(frame, fitted, tables.part(test)).items():
                for question, logits in found.items():
                    shape = (len(tables.examples), len(classes[question]))
                    table = gathered[stage].setdefault(question, np.full(shape, -9.0))
                    columns = [classes[question].index(name) for name in fitted[stage][question].classes]
                    table[np.ix_(test, columns)] = logits
        return cls(logits=gathered, classes=classes)


def fit_model(tables: Tables, *, version: str, progress: Progress | None = None) -> Model:
    """Heads on everything, calibrated on what heads of the folds say of messages that they never saw."""
    outside = HeldOut.of(tables, progress=progress)
    if progress:
        progress("fitting", 0.9)
    frame, fitted = fit_heads(tables)
    numbers: dict[str, float] = {"sure_other": 0.9, "sure_calm": 0.03, "people_threshold": 0.35}
    for stage, found in outside.logits.items():
        for question, logits in found.items():
            rows, truth = _truth(tables, question, outside.classes[question])
            degree = heads.temperature_of(logits[rows], truth)
            fitted[stage][question] = replace(fitted[stage][question], temperature=degree)
        if "urgent" in found:
            calibrated = heads.softmax(found["urgent"] / fitted[stage]["urgent"].temperature)[:, 1]
            numbers[f"urgent_threshold_{stage}"] = _urgent_threshold(tables.examples, calibrated)
    return Model(
        version=version,
        groups=features.GROUPS,
        idf=frame.idf,
        centre=frame.centre,
        scale=SCALE,
        heads=fitted,
        points=frame.points,
        numbers=numbers,
    )


def _truth(tables: Tables, question: str, classes: tuple[str, ...]) -> tuple[list[int], Any]:
    answers = tables.answers(question)
    rows = [row for row, answer in enumerate(answers) if answer in classes]
    return rows, np.array([classes.index(str(answers[row])) for row in rows])


def _urgent_threshold(examples: Sequence[Example], scores: Any) -> float:
    """The score from which on a message is urgent, so that held-out dangers are found as often as asked."""
    dangers = np.sort(scores[[one.urgent for one in examples]])
    if not len(dangers):
        return 0.5
    return float(np.round(dangers[int((1 - URGENT_RECALL) * len(dangers))] * 0.999, 6))
