"""Ranks everybody who is named in a message by how likely they are staff who is complained about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from classifiers import cyrillic, staff
from classifiers.heads import Head, softmax
from classifiers.message import Message
from classifiers.reading import best


def ranked(
    doc: Any, message: Message, head: Head, scores: Mapping[str, Mapping[str, float]]
) -> tuple[tuple[str, float], ...]:
    """Everybody as written in the message, the likeliest first, with the likelihood."""
    everybody: tuple[staff.Candidate, ...] = doc._.staff()
    kind, category = best(scores["kind"])[0], best(scores["category"])[0]
    rows = staff.measures(everybody, message.plain, len(message.subject), kind, category)
    likely = softmax((rows @ head.weights + head.bias) / head.temperature)[:, head.classes.index("yes")]
    found = [(_as_written(one, message), score) for one, score in zip(everybody, likely.tolist(), strict=True)]
    return tuple(sorted(found, key=lambda pair: -pair[1]))


def _as_written(one: staff.Candidate, message: Message) -> str:
    """The same words in the message itself, where it was turned into Cyrillic for reading."""
    if not message.is_latin_bulgarian:
        return one.text
    start, end = cyrillic.original_span(message.text, one.start, one.end)
    return message.text[start:end]
