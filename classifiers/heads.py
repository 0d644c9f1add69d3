"""Linear heads: one for each question that is learnt, with its calibration; and how they are fitted."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

import numpy as np

#: of the answers whose score is at least SURE, at least RIGHT shall be right
SURE, RIGHT = 0.9, 0.955


@dataclass(frozen=True, kw_only=True)
class Head:
    """A learnt linear answer to one question: `softmax((x @ weights + bias) / temperature)`."""

    classes: tuple[str, ...]
    weights: Any
    bias: Any
    temperature: float = 1.0

    def logits(self, row: Any) -> Any:
        """The raw sums for one feature row (sparse or dense), before calibration."""
        return np.asarray(row @ self.weights).ravel() + self.bias

    def scores(self, row: Any) -> dict[str, float]:
        """The calibrated probability of every class."""
        return dict(zip(self.classes, softmax(self.logits(row) / self.temperature).tolist(), strict=True))


@dataclass(frozen=True, kw_only=True)
class Stack:
    """The heads of a stage side by side, so that one look at the features of a message answers all of them."""

    #: by question; they hold no weights of their own, but look at their columns of the stack's
    heads: Mapping[str, Head]
    #: which columns are whose
    columns: Mapping[str, slice]
    #: one row a feature, one column a class of a head; noughts where a head does not see a feature
    weights: Any
    bias: Any

    @classmethod
    def of(cls, heads: Mapping[str, Head]) -> Stack:
        """Stacks heads that see the same features in the same order, some of them fewer than others."""
        ends = list(accumulate(len(head.classes) for head in heads.values()))
        columns = {name: slice(end - len(heads[name].classes), end) for name, end in zip(heads, ends, strict=True)}
        weights = np.zeros((max(len(head.weights) for head in heads.values()), ends[-1]), dtype=np.float32)
        for name, head in heads.items():
            weights[: len(head.weights), columns[name]] = head.weights
        return cls(
            heads={n: replace(head, weights=weights[: len(head.weights), columns[n]]) for n, head in heads.items()},
            columns=columns,
            weights=weights,
            bias=np.concatenate([head.bias for head in heads.values()]),
        )

    def sums(self, places: Any, values: Any) -> Any:
        """The logits of all classes where the features at some places have these values and all others are nought."""
        return values.astype(np.float32) @ self.weights.take(places, axis=0) + self.bias

    def more(self, sums: Any, start: int, features: Any) -> Any:
        """The logits with a run of further features that begins at `start`."""
        return sums + features.astype(np.float32) @ self.weights[start : start + len(features)]

    def scores(self, sums: Any, names: Iterable[str]) -> dict[str, dict[str, float]]:
        """The calibrated probability of every class of some questions."""
        plain = sums.tolist()
        return {
            name: dict(
                zip(
                    self.heads[name].classes,
                    probabilities(plain[self.columns[name]], self.heads[name].temperature),
                    strict=True,
                )
            )
            for name in names
        }


def probabilities(logits: Sequence[float], temperature: float) -> list[float]:
    """As `softmax`; for a handful of numbers numpy takes ten times as long."""
    highest = max(logits)
    raised = [math.exp((one - highest) / temperature) for one in logits]
    total = sum(raised)
    return [one / total for one in raised]


def softmax(logits: Any) -> Any:
    """Probabilities along the last axis."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def fit(seen: Any, answers: Sequence[str], *, strength: float, weights: Any = None) -> tuple[Any, Any, list[str]]:
    """Multinomial logistic regression on rows of features, sparse or dense: coefficients, bias, classes.

    The coefficients are features x classes. Deterministic.
    """
    from sklearn.linear_model import LogisticRegression

    if len(set(answers)) == 1:
        # A corpus in one language only: nothing to tell apart.
        return np.zeros((seen.shape[1], 1)), np.zeros(1), [answers[0]]
    model = LogisticRegression(C=strength, max_iter=300)
    model.fit(seen, list(answers), sample_weight=weights)
    coefficients, bias = model.coef_.T, model.intercept_
    if coefficients.shape[1] == 1:
        coefficients, bias = np.hstack([-coefficients, coefficients]) / 2, np.array([-bias[0], bias[0]]) / 2
    return coefficients, bias, [str(name) for name in model.classes_]


def temperature_of(logits: Any, answers: Any) -> float:
    """The temperature at which held-out logits are best calibrated (least log loss), from 0.3 to 6.

    Raised further until of the answers that score `SURE` or more at least `RIGHT` are right.
    """
    rows = np.arange(len(answers))
    tried = np.geomspace(0.3, 6.0, 60)
    losses = [-np.log(softmax(logits / t)[rows, answers] + 1e-12).mean() for t in tried]
    kept = tried[int(np.argmin(losses)) :]
    right = logits.argmax(1) == answers
    for degree in kept:
        sure = softmax(logits / degree).max(1) >= SURE
        if not sure.any() or right[sure].mean() >= RIGHT:
            return float(degree)
    return float(kept[-1])
