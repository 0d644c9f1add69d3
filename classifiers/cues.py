"""Cues: words and phrases of the data files, found in a text.

How a cue is written: in lower case; `*` at the end of a word stands for any ending (`anonym*`), `*` before it for any
beginning (`*mobbing`), ` … ` for a short gap within the sentence. Everything else is meant as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from classifiers.catalogue import categories, languages

#: a language's speakers also write the words of these
RELATED = {"nb": ("nn",), "nn": ("nb",), "uk": ("ru",), "ru": ("uk",)}


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A cue found in a text."""

    #: a group of the language file, or `category:<id>`
    group: str
    start: int
    end: int
    text: str


def pattern(cues: Iterable[str]) -> re.Pattern[str] | None:
    """One expression for all cues of a group; None where there are none."""
    inner = alternatives(cues)
    return re.compile(rf"(?<!\w)(?:{inner})(?!\w)", re.IGNORECASE) if inner else None


def alternatives(cues: Iterable[str]) -> str:
    """The inside of an expression for some cues, the longest first."""
    return "|".join(sorted({_expression(cue) for cue in cues if cue.strip()}, key=len, reverse=True))


def _expression(cue: str) -> str:
    words = [_word(word) for word in cue.split()]
    joined = r"[\s,]+".join(words)
    return joined.replace(r"[\s,]+…[\s,]+", r"\b[^.!?\n]{0,45}?\b")


def _word(word: str) -> str:
    if word == "…":
        return word
    before = r"\w*" if word.startswith("*") else ""
    after = r"\w*" if word.endswith("*") else ""
    return before + re.escape(word.strip("*")) + after


@cache
def groups_of(language: str) -> Mapping[str, re.Pattern[str]]:
    """Every group of cues of a language, categories included, for text in lower case; related languages join in."""
    gathered: dict[str, list[str]] = {}
    for code in (language, *RELATED.get(language, ())):
        known = languages().get(code)
        for group, cues in (known.cues if known else {}).items():
            gathered.setdefault(group, []).extend(cues)
        for category in categories().values():
            gathered.setdefault(f"category:{category.id}", []).extend(category.cues.get(code, ()))
    # On lower-case text an expression that minds the case is more than twice as fast as one that does not.
    inner = {group: alternatives(cue.lower() for cue in cues) for group, cues in gathered.items()}
    return {group: re.compile(rf"(?<!\w)(?:{words})(?!\w)") for group, words in inner.items() if words}


def find(text: str, language: str) -> tuple[Hit, ...]:
    """All cues of a language in a text, group by group."""
    lowered = _lowered(text)
    return tuple(
        Hit(group=group, start=match.start(), end=match.end(), text=text[match.start() : match.end()])
        for group, expression in groups_of(language).items()
        for match in expression.finditer(lowered)
    )


def _lowered(text: str) -> str:
    """The text in lower case, each character in its place; a few letters have two in lower case and stay."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(small if len(small := char.lower()) == 1 else char for char in text)
