"""The one sentence that matters: heads on single sentences, learnt from messages that are only labelled as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from classifiers.cues import Hit
from classifiers.message import Message
from classifiers.urgency import DANGER

#: what is looked for in single sentences: name, question, class, and the cues that point at the sentence at first
TARGETS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("danger", "urgent", "yes", DANGER),
    ("anonymous", "anonymous", "yes", ("anonymous",)),
    ("investigate", "wants_investigation", "yes", ("investigate",)),
    ("no_investigation", "wants_investigation", "no", ("no_investigation",)),
    ("follow_up", "kind", "follow_up", ("earlier", "status")),
    ("question", "kind", "question", ("question",)),
    ("praise", "kind", "praise", ("praise",)),
    ("concern", "kind", "concern", ("worry",)),
    ("other", "kind", "other", ("advert", "phishing", "automatic", "application")),
)
#: groups whose presence is told to the heads outright
FLAGS = ("anonymous", "not_anonymous", "investigate", "no_investigation", *DANGER, "now", "harmless")
#: how long a sentence's vector is, so that the penalty of the heads fits
LENGTH = 3.0
SIZE = len(TARGETS) * 4 + len(FLAGS) + 6
_ROUNDS, _STRENGTH, _WEIGHT = 2, 3.0, 3.0


@dataclass(frozen=True, kw_only=True)
class PointHeads:
    """One direction for each target, and what the sums are measured against."""

    weights: Any
    bias: Any
    mean: Any
    spread: Any

    def of(self, sentences: Any) -> Any:
        """Highest, mean, soft highest and last of every target over the sentences of one message, normalised."""
        sums = scaled(sentences) @ self.weights + self.bias
        return (summary(sums) - self.mean) / self.spread


def scaled(sentences: Any) -> Any:
    """Centred sentence vectors at their common length."""
    return sentences / np.maximum(np.linalg.norm(sentences, axis=1, keepdims=True), 1e-9) * LENGTH


def summary(sums: Any) -> Any:
    """Four numbers a target from the sums of all sentences of one message."""
    soft = np.log(np.exp(np.clip(sums, -20, 20)).sum(0) + 1e-6)
    return np.stack([sums.max(0), sums.mean(0), soft, sums[-1]]).T.ravel()


def marks(message: Message, hits: Sequence[Hit]) -> Any:
    """For every sentence and target, whether a cue points at it."""
    sentences = message.sentences or ("-",)
    table = np.zeros((len(sentences), len(TARGETS)), dtype=bool)
    for column, (_, _, _, groups) in enumerate(TARGETS):
        words = {hit.text for hit in hits if hit.group in groups}
        for row, sentence in enumerate(sentences):
            table[row, column] = any(word in sentence for word in words)
    return table


def flags(message: Message, hits: Sequence[Hit]) -> Any:
    """Which cues occur at all, and how danger, haste and relief occur together."""
    counts: dict[str, int] = {}
    for hit in hits:
        counts[hit.group] = counts.get(hit.group, 0) + 1
    present = [min(counts.get(group, 0), 2) / 2 for group in FLAGS]
    dangers = sum(counts.get(group, 0) > 0 for group in DANGER)
    now, harmless = min(counts.get("now", 0), 2) / 2, min(counts.get("harmless", 0), 2) / 2
    together = max((_danger_in(sentence, hits) for sentence in message.sentences), default=0.0)
    chat = message.channel != "email"
    some = dangers > 0
    return np.array(
        [*present, min(dangers, 4) / 4, some * now, some * harmless, (dangers > 1) * now, together, some * chat]
    )


def _danger_in(sentence: str, hits: Sequence[Hit]) -> float:
    groups = {hit.group for hit in hits if hit.text in sentence}
    haste, relief = 1.5 if "now" in groups else 0.5, 0.3 if "harmless" in groups else 1.0
    return float(min(len(groups & set(DANGER)) * haste * relief, 3.0) / 3)


def fit(meaning: Sequence[Any], marked: Sequence[Any], answers: Sequence[dict[str, str | None]]) -> tuple[Any, Any]:
    """Directions and biases of all targets from centred sentences, cue marks and the answers of whole messages."""
    owner = np.concatenate([np.full(len(rows), place) for place, rows in enumerate(meaning)])
    sentences, hinted = scaled(np.concatenate(list(meaning))).astype(np.float32), np.concatenate(list(marked))
    columns = [
        _fit_one(sentences, owner, np.array([one[question] == name for one in answers]), hinted[:, column])
        for column, (_, question, name, _) in enumerate(TARGETS)
    ]
    return np.stack([weights for weights, _ in columns], axis=1), np.array([bias for _, bias in columns])


def _fit_one(sentences: Any, owner: Any, positive: Any, hinted: Any) -> tuple[Any, float]:
    """Learns which sentence of the positive messages makes the point: first by cues, then by what was learnt so far."""
    from sklearn.linear_model import LogisticRegression

    if not positive.any():
        return np.zeros(sentences.shape[1]), -5.0
    inside = positive[owner]
    label, weight = _first_guess(owner, inside, hinted)
    weights, bias = np.zeros(sentences.shape[1]), 0.0
    for _ in range(_ROUNDS):
        kept = ~inside | (label > 0)
        model = LogisticRegression(C=_STRENGTH, max_iter=60, tol=1e-3)
        model.fit(sentences[kept], label[kept], sample_weight=(weight * np.where(label > 0, _WEIGHT, 1.0))[kept])
        weights, bias = model.coef_[0], float(model.intercept_[0])
        label, weight = _next_guess(sentences @ weights + bias, owner, inside)
    return weights, bias


def _first_guess(owner: Any, inside: Any, hinted: Any) -> tuple[Any, Any]:
    """Sentences with a cue; in messages without one, every sentence a little."""
    label = inside & hinted
    known = np.zeros(int(owner[-1]) + 1, dtype=bool)
    known[owner[label]] = True
    unknown = inside & ~known[owner]
    weight = np.ones(len(owner))
    weight[unknown] = 1.0 / np.bincount(owner)[owner[unknown]]
    return (label | unknown).astype(int), weight


def _next_guess(sums: Any, owner: Any, inside: Any) -> tuple[Any, Any]:
    """The strongest sentence of every positive message, and all that are beyond doubt."""
    label = (inside & (sums > 0)).astype(int)
    best = np.full(int(owner[-1]) + 1, -1)
    for place in np.argsort(sums, kind="stable"):
        best[owner[place]] = place
    strongest = best[np.unique(owner[inside])]
    label[strongest] = 1
    return label, np.ones(len(owner))
