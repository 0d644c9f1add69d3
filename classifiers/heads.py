"""Linear heads: one for each question that is learnt, with its calibration; and how they are fitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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


def softmax(logits: Any) -> Any:
    """Probabilities along the last axis."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def principal(gram: Any) -> tuple[Any, Any]:
    """Coordinates of the rows of a feature matrix from its Gram matrix, and the map back to the rows.

    `coordinates @ coordinates.T == gram`, and weights on the features are `matrix.T @ (back @ weights)`.
    """
    values, vectors = np.linalg.eigh(gram)
    kept = values > values[-1] * 1e-7
    roots = np.sqrt(values[kept])
    return vectors[:, kept] * roots, vectors[:, kept] / roots


def fit(
    coordinates: Any, answers: Sequence[str], *, strength: float, weights: Any = None
) -> tuple[Any, Any, list[str]]:
    """Multinomial logistic regression: coefficients (features x classes), bias, classes. Deterministic."""
    from sklearn.linear_model import LogisticRegression

    if len(set(answers)) == 1:
        # A corpus in one language only: nothing to tell apart.
        return np.zeros((coordinates.shape[1], 1)), np.zeros(1), [answers[0]]
    model = LogisticRegression(C=strength, max_iter=300)
    model.fit(coordinates, list(answers), sample_weight=weights)
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
