"""How the words and the meaning count together, found on messages that neither was trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from classifiers import heads
from classifiers.corpus_file import Example
from classifiers.meaning import MeaningHead
from classifiers.model import MEANING, Model
from classifiers.questions import LEARNT
from classifiers.reader import Classifiers

#: how much the words may count
_SHARES = (0.2, 0.3, 0.4, 0.5, 0.6)
#: the threshold of urgency lies as low as this share of right alarms among the kept-back messages allows: a false alarm
#: costs a phone call, a missed danger a child
_RIGHT_ALARMS = 0.65


def together(model: Model, reader: Classifiers, kept_back: Sequence[Example]) -> Model:
    """The model with its shares, temperatures and threshold of the meaning stage set on kept-back examples.

    `reader` is of the same model, with the encoder.
    """
    if model.meaning is None:
        return model
    sums = [reader.logits(subject=one.subject, body=one.body, channel=one.channel) for one in kept_back]
    found: dict[str, MeaningHead] = {}
    for name in LEARNT:
        rows = [row for row, one in enumerate(kept_back) if one.answers()[name] is not None]
        answers = [str(kept_back[row].answers()[name]) for row in rows]
        found[name] = _calibrated(model.meaning.heads[name], [sums[row][name] for row in rows], answers)
    urgent = found["urgent"]
    likely = [urgent.scores(*one["urgent"])["yes"] for one in sums]
    threshold = _threshold([one.urgent for one in kept_back], likely)
    numbers = {**model.numbers, f"urgent_threshold_{MEANING}": threshold}
    return replace(model, meaning=replace(model.meaning, heads=found), numbers=numbers)


def _threshold(urgent: Sequence[bool], likely: Sequence[float]) -> float:
    """The lowest score down to which enough alarms are right."""
    lowest, right = 0.5, 0
    for place, (score, truth) in enumerate(sorted(zip(likely, urgent, strict=True), reverse=True), 1):
        right += truth
        if right / place >= _RIGHT_ALARMS:
            lowest = min(lowest, score)
    return round(lowest * 0.999, 6)


def _calibrated(
    head: MeaningHead, sums: Sequence[tuple[Any, Mapping[str, float]]], answers: Sequence[str]
) -> MeaningHead:
    """The share that makes the right answers likeliest, then the temperature."""
    truth = np.array([head.classes.index(answer) for answer in answers])
    best, least = head, float("inf")
    for share in _SHARES:
        tried = replace(head, words=share)
        logits = np.array([tried.together(*one) for one in sums])
        degree = heads.temperature_of(logits, truth)
        likely = heads.softmax(logits / degree)[np.arange(len(truth)), truth]
        loss = -float(np.log(likely + 1e-12).mean())
        if loss < least - 1e-6:
            best, least = replace(tried, temperature=degree), loss
    return best
