"""Does the sender ask for proof that their message was received (G11)? Certain words, in all languages at once."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from classifiers.expressions import AnyOf

_FILE = Path(__file__).with_suffix(".toml")


@cache
def _pattern() -> AnyOf:
    languages: dict[str, list[str]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return AnyOf(one for words in languages.values() for one in words)


def asked(text: str) -> str:
    """The words that ask for a receipt; empty where nothing does."""
    return _pattern().search(" ".join(text.split()))
