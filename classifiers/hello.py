"""Does a message only say hello, or nothing? Known words, in all languages at once, whatever else so few might mean."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_suffix(".toml")
_WORDS = re.compile(r"[^\W\d_]+")


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    data = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    greetings = [one for words in data["hello"].values() for one in words]
    return _whole(greetings), _whole([*greetings, *data["nothing"]])


def _whole(words: Iterable[str]) -> re.Pattern[str]:
    """One or more of these, and nothing else; the longer first."""
    known = sorted({" ".join(_WORDS.findall(one)) for one in words}, key=len, reverse=True)
    return re.compile(rf"(?:(?:{'|'.join(map(re.escape, known))})(?: |$))+")


def said(text: str) -> bool:
    """True where there is nothing but greetings; a digit, a name or any other word is more."""
    return _is_nothing_but(_patterns()[0], text)


def nothing(text: str) -> bool:
    """True where there is nothing but greetings and words such as "yes", or no word at all."""
    return not any(map(str.isalnum, text)) or _is_nothing_but(_patterns()[1], text)


def _is_nothing_but(pattern: re.Pattern[str], text: str) -> bool:
    if any(one.isdigit() for one in text):
        return False
    return pattern.fullmatch(" ".join(_WORDS.findall(text.lower()))) is not None
