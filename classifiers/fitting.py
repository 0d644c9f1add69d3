"""Fits the heads on the words on any part of a corpus, and calibrates them on messages that they never saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from classifiers import features, heads
from classifiers.corpus_file import Example
from classifiers.heads import Head
from classifiers.meaning import MeaningHeads
from classifiers.model import MEANING, WORDS, Model
from classifiers.questions import LEARNT, PEOPLE, POINTED
from classifiers.tables import Progress, Tables

#: how much each block of features weighs against the others
SCALE = {"ngrams": 1.0, "cues": 0.7, "flags": 1.0}
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
#: from which likelihood on somebody is complained about, by the words alone and with what the encoder says
PEOPLE_THRESHOLDS = {f"people_threshold_{WORDS}": 0.35, f"people_threshold_{MEANING}": 0.55}
#: kinds in which somebody can be complained about
PERSONAL = ("complaint", "concern", "follow_up")

Fitted = dict[str, Head]


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What feature rows are measured against, fixed by the training part of the corpus."""

    idf: Any

    @classmethod
    def of(cls, tables: Tables) -> Frame:
        """The frame of a training part."""
        seen = np.asarray((tables.ngrams > 0).sum(0)).ravel()
        idf = np.log((1 + tables.ngrams.shape[0]) / (1 + seen)) * (seen >= 2)
        return cls(idf=_half(idf))

    def blocks(self, tables: Tables) -> dict[str, Any]:
        """The scaled blocks of feature rows."""
        from scipy import sparse

        weighed = tables.ngrams @ sparse.diags(self.idf)
        lengths = np.sqrt(np.asarray(weighed.multiply(weighed).sum(1)).ravel())
        words = sparse.diags(SCALE["ngrams"] / np.maximum(lengths, 1e-9)) @ weighed
        return {"ngrams": words.tocsr(), "cues": tables.cues * SCALE["cues"], "flags": tables.flags * SCALE["flags"]}


def _half(values: Any) -> Any:
    """As exact as the artefact stores it, so that training and reading see the same numbers."""
    return np.asarray(values).astype(np.float16).astype(np.float64)


def blocks_of(question: str) -> tuple[str, ...]:
    """The blocks that a head sees, in the order of its weights."""
    if question == "language":
        return ("ngrams",)
    return ("ngrams", "cues", "flags") if question in POINTED else ("ngrams", "cues")


def fit_heads(tables: Tables) -> tuple[Frame, Fitted]:
    """All heads on the words, uncalibrated."""
    from scipy import sparse

    frame = Frame.of(tables)
    blocks = frame.blocks(tables)
    fitted: Fitted = {}
    for question in (*LEARNT, "language"):
        seen = sparse.hstack([sparse.csr_matrix(blocks[name]) for name in blocks_of(question)], format="csr")
        fitted[question] = _fit(tables, question, seen)
    fitted[PEOPLE] = _fit_people(tables)
    return frame, fitted


def _fit(tables: Tables, question: str, seen: Any) -> Head:
    rows, answers, weights = _answers(tables, question)
    coefficients, bias, classes = heads.fit(seen[rows], answers, strength=STRENGTH.get(question, 10.0), weights=weights)
    return Head(classes=tuple(classes), weights=coefficients, bias=bias)


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


Logits = dict[str, Any]


def logits_of(frame: Frame, fitted: Mapping[str, Head], tables: Tables) -> Logits:
    """By question, the logits of every row."""
    blocks = frame.blocks(tables)
    found: Logits = {}
    for question, head in fitted.items():
        if question == PEOPLE:
            continue
        total, start = np.zeros((len(tables.examples), len(head.classes))) + head.bias, 0
        for name in blocks_of(question):
            width = blocks[name].shape[1]
            total = total + np.asarray(blocks[name] @ head.weights[start : start + width])
            start += width
        found[question] = total
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
    """What heads say of rows that they never saw: logits by question, with the order of the classes."""

    logits: Logits
    classes: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, tables: Tables, *, progress: Progress | None = None) -> HeldOut:
        """Every fold's heads on the rest."""
        classes = {name: tuple(sorted({one for one in tables.answers(name) if one})) for name in (*LEARNT, "language")}
        gathered: Logits = {}
        for place, (train, test) in enumerate(folds_of(tables.examples)):
            if progress:
                progress("calibrating", place / FOLDS)
            frame, fitted = fit_heads(tables.part(train))
            for question, logits in logits_of(frame, fitted, tables.part(test)).items():
                shape = (len(tables.examples), len(classes[question]))
                table = gathered.setdefault(question, np.full(shape, -9.0))
                columns = [classes[question].index(name) for name in fitted[question].classes]
                table[np.ix_(test, columns)] = logits
        return cls(logits=gathered, classes=classes)


def fit_model(
    tables: Tables, *, version: str, meaning: MeaningHeads | None = None, progress: Progress | None = None
) -> Model:
    """Heads on everything, calibrated on what heads of the folds say of messages that they never saw.

    `meaning` holds the heads on the states of the encoder, which are taken over as they are.
    """
    outside = HeldOut.of(tables, progress=progress)
    if progress:
        progress("fitting", 0.9)
    frame, fitted = fit_heads(tables)
    numbers: dict[str, float] = {"sure_other": 0.9, "sure_calm": 0.03, **PEOPLE_THRESHOLDS}
    for question, logits in outside.logits.items():
        rows, truth = _truth(tables, question, outside.classes[question])
        degree = heads.temperature_of(logits[rows], truth)
        fitted[question] = replace(fitted[question], temperature=degree)
    calibrated = heads.softmax(outside.logits["urgent"] / fitted["urgent"].temperature)[:, 1]
    numbers[f"urgent_threshold_{WORDS}"] = _urgent_threshold([one.urgent for one in tables.examples], calibrated)
    return Model(
        version=version,
        groups=features.GROUPS,
        idf=frame.idf,
        scale=SCALE,
        heads=fitted,
        meaning=meaning,
        numbers=numbers,
    )


def _truth(tables: Tables, question: str, classes: tuple[str, ...]) -> tuple[list[int], Any]:
    answers = tables.answers(question)
    rows = [row for row, answer in enumerate(answers) if answer in classes]
    return rows, np.array([classes.index(str(answers[row])) for row in rows])


def _urgent_threshold(urgent: Sequence[bool], scores: Any) -> float:
    """The score from which on a message is urgent, so that held-out dangers are found as often as asked."""
    dangers = np.sort(scores[np.array(urgent, dtype=bool)])
    if not len(dangers):
        return 0.5
    return float(np.round(dangers[int((1 - URGENT_RECALL) * len(dangers))] * 0.999, 6))
