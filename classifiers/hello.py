"""Does a message only say hello? Known words, in all languages at once, whatever the meaning would make of so few."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_suffix(".toml")
_WORDS = re.compile(r"[^\W\d_]+")


@cache
def _pattern() -> re.Pattern[str]:
    languages: dict[str, list[str]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    known = sorted({" ".join(_WORDS.findall(one)) for words in languages.values() for one in words}, key=len)
    return re.compile(rf"(?:(?:{'|'.join(map(re.escape, reversed(known)))})(?: |$))+")


def said(text: str) -> bool:
    """True where there is nothing but greetings; a digit, a name or any other word is more."""
    if any(one.isdigit() for one in text):
        return False
    return _pattern().fullmatch(" ".join(_WORDS.findall(text.lower()))) is not None
