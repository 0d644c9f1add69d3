"""Features of a whole corpus as tables, and the fitting of all heads on any part of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from classifiers import embedding, features, heads, pipelines
from classifiers.corpus_file import Example
from classifiers.message import Message
from classifiers.model import MEANING, WORDS, Model
from classifiers.questions import LEARNT

#: how much each block of features weighs against the others
SCALE = {"ngrams": 1.0, "cues": 1.0, "meaning": 1.0}
#: inverse strength of regularisation, by question
STRENGTH = {"language": 100.0, "kind": 10.0, "category": 10.0, "urgent": 10.0, "anonymous": 10.0}
#: how much of an example's weight its further categories get
ALSO = 0.3
FOLDS = 5
SEED = 20261124
#: the share of dangers that the threshold of urgency may not miss in held-out messages
URGENT_RECALL = 0.98

Progress = Callable[[str, float], None]


@dataclass(frozen=True, kw_only=True)
class Tables:
    """The features of some examples: one row each in every table."""

    examples: tuple[Example, ...]
    #: raw n-gram rows, sparse
    ngrams: Any
    cues: Any
    #: embeddings, the whole first, then the sentences, one array an example; empty without the engine
    meaning: tuple[Any, ...]

    @classmethod
    def of(cls, examples: Sequence[Example], *, progress: Progress | None = None) -> Tables:
        """Computes the features; most of the time goes into the embeddings."""
        messages = [Message.of(one.subject, one.body, one.channel) for one in examples]
        cue_rows = [
            features.cue_vector(message, pipelines.pipeline(one.lang)(message.plain)._.cues)
            for one, message in zip(examples, messages, strict=True)
        ]
        meaning = []
        if embedding.available():
            for place, message in enumerate(messages):
                meaning.append(features.meaning(message))
                if progress and place % 20 == 0:
                    progress("reading the corpus", place / len(messages))
        return cls(
            examples=tuple(examples),
            ngrams=features.ngrams([message.plain for message in messages]),
            cues=np.array(cue_rows),
            meaning=tuple(meaning),
        )

    def part(self, rows: Sequence[int]) -> Tables:
        """Only some rows."""
        return replace(
            self,
            examples=tuple(self.examples[row] for row in rows),
            ngrams=self.ngrams[list(rows)],
            cues=self.cues[list(rows)],
            meaning=tuple(self.meaning[row] for row in rows) if self.meaning else (),
        )


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What feature rows are measured against: fixed by the training part of the corpus."""

    idf: Any
    centre: Any

    @classmethod
    def of(cls, tables: Tables) -> Frame:
        """The frame of a training part."""
        seen = np.asarray((tables.ngrams > 0).sum(0)).ravel()
        idf = np.log((1 + tables.ngrams.shape[0]) / (1 + seen)) * (seen >= 2)
        centre = np.zeros(embedding.SIZE)
        if tables.meaning:
            centre = np.mean([rows[0] for rows in tables.meaning], axis=0)
        return cls(idf=idf.astype(np.float16).astype(np.float32), centre=centre.astype(np.float16).astype(np.float32))

    def blocks(self, tables: Tables) -> dict[str, Any]:
        """The scaled blocks of feature rows."""
        from scipy import sparse

        weighed = tables.ngrams @ sparse.diags(self.idf)
        lengths = np.sqrt(np.asarray(weighed.multiply(weighed).sum(1)).ravel())
        words = sparse.diags(SCALE["ngrams"] / np.maximum(lengths, 1e-9)) @ weighed
        found = {"ngrams": words.tocsr(), "cues": tables.cues * SCALE["cues"]}
        if tables.meaning:
            pooled = np.array([features.pool(rows, self.centre) for rows in tables.meaning])
            found["meaning"] = pooled * SCALE["meaning"]
        return found


#: the blocks that each stage sees; the language is told by n-grams alone
BLOCKS = {WORDS: ("ngrams", "cues"), MEANING: ("ngrams", "cues", "meaning")}


def fit_heads(tables: Tables) -> tuple[Frame, dict[str, dict[str, heads.Head]]]:
    """All heads of both stages, uncalibrated."""
    frame = Frame.of(tables)
    blocks = frame.blocks(tables)
    fitted: dict[str, dict[str, heads.Head]] = {WORDS: {}, MEANING: {}}
    fitted[WORDS]["language"] = _fit(tables, "language", [blocks["ngrams"]])
    for stage, names in BLOCKS.items():
        if all(name in blocks for name in names):
            matrices = [blocks[name] for name in names]
            space = heads.principal(_gram(matrices))
            for question in LEARNT:
                fitted[stage][question] = _fit(tables, question, matrices, space)
    return frame, fitted


def _gram(matrices: Sequence[Any]) -> Any:
    total: Any = 0.0
    for matrix in matrices:
        product = matrix @ matrix.T
        total = total + np.asarray(product.todense() if hasattr(product, "todense") else product)
    return total


def _fit(tables: Tables, question: str, matrices: Sequence[Any], space: Any = None) -> heads.Head:
    """One head. Without a space, one is made for it."""
    coordinates, back = space or heads.principal(_gram(matrices))
    rows, answers, weights = _answers(tables, question)
    strength = STRENGTH.get(question, 10.0)
    coefficients, bias, classes = heads.fit(coordinates[rows], answers, strength=strength, weights=weights)
    inner = back @ coefficients
    weight = np.vstack([np.asarray(matrix.T @ inner) for matrix in matrices])
    return heads.Head(classes=tuple(classes), weights=weight, bias=bias)


def _answers(tables: Tables, question: str) -> tuple[list[int], list[str], list[float]]:
    """Rows, classes and weights; an example with further categories stands for each of them in part."""
    rows, answers, weights = [], [], []
    for row, example in enumerate(tables.examples):
        answer = example.answers()[question]
        if answer is None:
            continue
        also = example.also if question == "category" else ()
        for name, share in ((answer, 1 - ALSO if also else 1.0), *((name, ALSO / len(also)) for name in also)):
            rows.append(row)
            answers.append(name)
            weights.append(share)
    return rows, answers, weights


def logits_of(frame: Frame, fitted: dict[str, dict[str, heads.Head]], tables: Tables) -> dict[str, dict[str, Any]]:
    """By stage and question, the logits of every row."""
    from scipy import sparse

    blocks = frame.blocks(tables)
    found: dict[str, dict[str, Any]] = {}
    for stage, names in BLOCKS.items():
        if not all(name in blocks for name in names):
            continue
        matrix = sparse.hstack([sparse.csr_matrix(blocks[name]) for name in names]).tocsr()
        found[stage] = {
            question: np.asarray(matrix @ fitted[stage][question].weights) + fitted[stage][question].bias
            for question in LEARNT
        }
    head = fitted[WORDS]["language"]
    found[WORDS]["language"] = np.asarray(blocks["ngrams"] @ head.weights) + head.bias
    return found


def folds_of(examples: Sequence[Example], count: int = FOLDS, seed: int = SEED) -> list[tuple[list[int], list[int]]]:
    """Training and held-out rows of each fold, every language, kind and urgency spread evenly."""
    from sklearn.model_selection import StratifiedKFold

    groups = [f"{one.kind[:4]}{one.urgent}" for one in examples]
    splitter = StratifiedKFold(count, shuffle=True, random_state=seed)
    return [(list(map(int, train)), list(map(int, test))) for train, test in splitter.split(groups, groups)]


def held_out(tables: Tables, *, progress: Progress | None = None) -> dict[str, dict[str, tuple[Any, tuple[str, ...]]]]:
    """By stage and question: the logits that every row gets from heads that never saw it, and the classes."""
    gathered: dict[str, dict[str, Any]] = {WORDS: {}, MEANING: {}}
    classes: dict[str, tuple[str, ...]] = {}
    for place, (train, test) in enumerate(folds_of(tables.examples)):
        if progress:
            progress("calibrating", place / FOLDS)
        frame, fitted = fit_heads(tables.part(train))
        for stage, found in logits_of(frame, fitted, tables.part(test)).items():
            for question, logits in found.items():
                names = fitted[stage][question].classes
                order = classes.setdefault(question, tuple(sorted(names)))
                table = gathered[stage].setdefault(question, np.full((len(tables.examples), len(order)), -9.0))
                for column, name in enumerate(names):
                    if name in order:
                        table[test, order.index(name)] = logits[:, column]
    return {stage: {name: (table, classes[name]) for name, table in found.items()} for stage, found in gathered.items()}


def fit_model(tables: Tables, *, version: str, progress: Progress | None = None) -> Model:
    """Heads on everything, calibrated on what heads of the folds say of messages that they never saw."""
    outside = held_out(tables, progress=progress)
    frame, fitted = fit_heads(tables)
    for stage, found in outside.items():
        for question, (logits, classes) in found.items():
            rows, truth = _truth(tables, question, classes)
            head = fitted[stage][question]
            fitted[stage][question] = replace(head, temperature=heads.temperature_of(logits[rows], truth))
    numbers = {"sure_other": 0.97, "sure_calm": 0.02}
    stage = MEANING if tables.meaning else WORDS
    numbers["urgent_threshold"] = _urgent_threshold(
        tables, *outside[stage]["urgent"], fitted[stage]["urgent"].temperature
    )
    return Model(version=version, idf=frame.idf, centre=frame.centre, scale=SCALE, heads=fitted, numbers=numbers)


def _truth(tables: Tables, question: str, classes: tuple[str, ...]) -> tuple[list[int], Any]:
    rows, truth = [], []
    for row, example in enumerate(tables.examples):
        answer = example.answers()[question]
        if answer is not None and answer in classes:
            rows.append(row)
            truth.append(classes.index(answer))
    return rows, np.array(truth)


def _urgent_threshold(tables: Tables, logits: Any, classes: tuple[str, ...], temperature: float) -> float:
    """The score from which on a message is urgent, so that held-out dangers are missed as rarely as asked."""
    scores = heads.softmax(logits / temperature)[:, classes.index("yes")]
    dangers = np.sort(scores[[one.urgent for one in tables.examples]])
    missed = int((1 - URGENT_RECALL) * len(dangers))
    return float(np.round(dangers[missed] * 0.999, 6)) if len(dangers) else 0.5
