"""Is there danger that nobody could mistake? Certain words, which stand above what the trained model says."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from classifiers.expressions import AnyOf

_FILE = Path(__file__).with_suffix(".toml")


@cache
def _pattern() -> AnyOf:
    groups: dict[str, list[str]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return AnyOf(one for group in groups.values() for one in group)


def unmistakable(sentences: Sequence[str]) -> tuple[str, ...]:
    """The sentences that speak of a child who may die or is missing; empty where none does."""
    # What is found in one of them is found in all together; nearly always nothing is.
    if not _pattern().search("\n".join(sentences)):
        return ()
    return tuple(sentence for sentence in sentences if _pattern().search(sentence))
