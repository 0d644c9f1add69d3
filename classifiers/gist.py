"""The one or two sentences of a message that say best what it is about and what is asked for."""

from __future__ import annotations

import re

from classifiers.reading import Reading

LONGEST = 300

_CLOSING = re.compile(r"^\W*(?:\d[\d\s/+.-]*|[\w.+-]+@\S+)\W*$")


def answer(reading: Reading) -> str:
    """As written, at most 300 characters, without greeting and signature; empty for an empty message."""
    candidates = [sentence for sentence in reading.message.spoken if not _is_frame(sentence, reading)]
    if not candidates:
        return reading.message.subject[:LONGEST]
    return candidates[0][:LONGEST]


def _is_frame(sentence: str, reading: Reading) -> bool:
    """True for a greeting, a closing or a bare number."""
    return len(sentence.split()) < 4 or bool(_CLOSING.match(sentence))
