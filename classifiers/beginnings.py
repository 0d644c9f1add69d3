"""Where in a text a phrase may stand: only a word that begins as one of the phrases does need be tried."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

#: words are known by so many of their first letters, and whole
_SHORT, _LONG = 3, 5
_WORD = re.compile(r"\w+")


def lowered(text: str) -> str:
    """The text in lower case, each character in its place; a few letters have two in lower case and stay."""
    small = text.lower()
    if len(small) == len(text):
        return small
    return "".join(one if len(one := char.lower()) == 1 else char for char in text)


def folded(text: str) -> str:
    """As `lowered`, with letters alike that a search without regard to case takes for the same."""
    return lowered(text).replace("İ", "i").replace("ı", "i").replace("ſ", "s")


# Cues, staff and units ask this of the same text, one after the other.
@lru_cache(maxsize=16)
def places(text: str) -> Mapping[str, list[int]]:
    """The words of a text and how they begin, folded; and where those stand."""
    found: dict[str, list[int]] = {}
    for match in _WORD.finditer(folded(text)):
        word, place = match.group(), match.start()
        found.setdefault(word, []).append(place)
        if len(word) > _SHORT:
            found.setdefault(word[:_SHORT], []).append(place)
        if len(word) > _LONG:
            found.setdefault(word[:_LONG], []).append(place)
    return found


def beginning(cue: str) -> str:
    """What a word has to be, or has to begin with, for a cue to start there, as in `places`; empty: anything."""
    first = folded(cue).split()[0]
    letters = _WORD.match(first)
    if letters is None or not first[letters.end() :].startswith("*"):
        return letters.group() if letters else ""
    stem = letters.group()
    return stem[: _LONG if len(stem) >= _LONG else _SHORT] if len(stem) >= _SHORT else ""


def matches_at(expression: re.Pattern[str], text: str, places: Iterable[int]) -> list[re.Match[str]]:
    """The matches that begin at some places; as in a search, none begins within the one before."""
    found, end, match_at = [], 0, expression.match
    for place in places:
        if place >= end and (match := match_at(text, place)):
            end = match.end()
            found.append(match)
    return found


@dataclass(frozen=True, kw_only=True)
class Sought:
    """An expression that begins with one of some cues, and how words begin where it may be found."""

    expression: re.Pattern[str]
    beginnings: frozenset[str]
    #: the ends of cues whose beginning is open: where one of them occurs, the whole text is searched
    ends: tuple[str, ...]

    @classmethod
    def of(cls, expression: re.Pattern[str], cues: Collection[str]) -> Sought:
        """The expression disregards case, and begins at a word's beginning."""
        found = {cue: beginning(cue) for cue in cues}
        ends = tuple({folded(cue).split()[0].strip("*") for cue, known in found.items() if not known})
        return cls(expression=expression, beginnings=frozenset(filter(None, found.values())), ends=ends)

    def matches(self, text: str) -> Iterable[re.Match[str]]:
        """As `expression.finditer(text)`, which takes several times as long."""
        if self.ends and any(map(folded(text).__contains__, self.ends)):
            return self.expression.finditer(text)
        found = places(text)
        chosen = sorted(place for start in found.keys() & self.beginnings for place in found[start])
        return matches_at(self.expression, text, chosen)
