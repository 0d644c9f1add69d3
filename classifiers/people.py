"""Ranks everybody who is named in a message by how likely they are staff who is complained about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from classifiers import cyrillic, staff
from classifiers.heads import Head, softmax
from classifiers.meaning import Sense
from classifiers.message import Message
from classifiers.reading import best

#: how much the words around somebody count beside what the encoder says of them
_WORDS = 0.6


def ranked(
    doc: Any, message: Message, head: Head, scores: Mapping[str, Mapping[str, float]], sense: Sense | None
) -> tuple[tuple[str, float], ...]:
    """Everybody as written in the message, the likeliest first, with the likelihood."""
    everybody: tuple[staff.Candidate, ...] = doc._.staff()
    kind, category = best(scores["kind"])[0], best(scores["category"])[0]
    rows = staff.measures(everybody, message.plain, len(message.subject), kind, category)
    likely = softmax((rows @ head.weights + head.bias) / head.temperature)[:, head.classes.index("yes")].tolist()
    found = [(_as_written(one.start, one.end, message), score) for one, score in zip(everybody, likely, strict=True)]
    if sense is not None:
        weighed = zip(found, (_by_pieces(one.text, message.meaning_text, sense) for one in everybody), strict=True)
        found = [(name, _WORDS * score + (1 - _WORDS) * felt) for (name, score), felt in weighed]
    return tuple(sorted(found, key=lambda pair: -pair[1]))


def _by_pieces(name: str, text: str, sense: Sense) -> float:
    """How likely the encoder holds any piece of somebody, wherever they stand in the text that it read."""
    spans = [match.span() for match in re.finditer(re.escape(name), text)]
    return max(
        (score for first, last, score in sense.pieces if any(first < end and start < last for start, end in spans)),
        default=0.0,
    )


def _as_written(start: int, end: int, message: Message) -> str:
    """The same words in the message itself, where it was turned into Cyrillic for reading."""
    if not message.is_latin_bulgarian:
        return message.plain[start:end]
    start, end = cyrillic.original_span(message.text, start, end)
    return message.text[start:end]
