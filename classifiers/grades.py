"""What everybody knows about stages and classes of school, and the classes that a text names."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache

from pydantic import BaseModel, ConfigDict

from classifiers.beginnings import beginning, folded, places
from classifiers.catalogue import ROOM

_FIGURE = re.compile("[1-9]")
#: Arabic and Persian figures, as they are read
_FIGURES = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "0123456789" * 2)
#: a class in Latin-letter Bulgarian; `4e` is the commonest of its words, no class
_LATIN_CLASS = re.compile(r"(?<!\w)(?!4e\b)(?P<grade>1[0-2]|[1-9])(?P<letter>[abvgde])(?!\w)|\b4e\b", re.IGNORECASE)
_ROMAN = {"I": 1, "V": 5, "X": 10, "І": 1, "Х": 10}


class Stage(BaseModel):
    """General knowledge about a stage of school; a unit is of a stage where one of its aliases is among the names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    names: tuple[str, ...]
    #: classes of the stage, written 6B, 6. trinn, VI б
    grades: tuple[int, ...] = ()
    #: words that speak for the stage
    cues: tuple[str, ...] = ()


class Stages(BaseModel):
    """What `units.toml` holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: endings that people leave out of a school's name
    endings: tuple[str, ...]
    #: expressions that find a class; the group `grade` is its number in figures or Roman numerals
    classes: tuple[str, ...]
    #: class numbers in words, by their beginning
    words: dict[str, int]
    stages: dict[str, Stage]


@cache
def knowledge() -> Stages:
    """The data file, checked."""
    return Stages.model_validate(tomllib.loads((ROOM / "units.toml").read_text("utf-8")))


def grades_in(text: str) -> list[tuple[str, int, bool]]:
    """Every class in a text, in order: as written, its number, and whether it is written like a pupil's own class."""
    found: dict[int, tuple[str, int, bool]] = {}
    text = text.translate(_FIGURES)
    for expression in _may_match(text):
        for match in expression.finditer(text):
            number = _number(match.group("grade"))
            if number is not None:
                sure = "sure" in match.groupdict() and bool(match.group("sure"))
                found.setdefault(match.start("grade"), (match.group().strip(), number, sure))
    return [found[place] for place in sorted(found)]


def in_cyrillic(text: str) -> str:
    """Latin-letter Bulgarian, whose classes stay in Latin letters when the words are turned: `6b` is 6б."""
    return _LATIN_CLASS.sub(_cyrillic_class, text)


def _cyrillic_class(match: re.Match[str]) -> str:
    return f"{match['grade']}{'абвгде'['abvgde'.index(match['letter'].lower())]}" if match["grade"] else "че"


def _may_match(text: str) -> Iterator[re.Pattern[str]]:
    """The expressions for classes, without those that need a figure or a number word where the text has none."""
    has_figure, has_word = _FIGURE.search(text) is not None, _has_number_word(text)
    for expression, figure, word in _class_expressions():
        if (figure and has_figure) or (word and has_word) or not (figure or word):
            yield expression


def _has_number_word(text: str) -> bool:
    """True where a word begins as a number word."""
    (words, beginnings), found = _number_words(), places(text)
    starts = [place for start in found.keys() & beginnings for place in found[start]]
    small = folded(text) if starts else ""
    return any(small.startswith(words, place) for place in starts)


@cache
def _number_words() -> tuple[tuple[str, ...], frozenset[str]]:
    """The number words, folded, and how words begin that may begin with one."""
    words = tuple(map(folded, knowledge().words))
    return words, frozenset(beginning(f"{word}*") for word in words)


@cache
def _class_expressions() -> tuple[tuple[re.Pattern[str], bool, bool], ...]:
    """Each expression, and whether the class may be a figure, or a word; else it is a Roman numeral."""
    words = "|".join(sorted((re.escape(word) for word in knowledge().words), key=len, reverse=True))
    return tuple(
        (re.compile(source.replace("{words}", words), re.IGNORECASE), "1[0-2]" in source, "{words}" in source)
        for source in knowledge().classes
    )


def _number(written: str) -> int | None:
    if written.isdigit():
        return int(written)
    word = folded(written)
    for start, number in knowledge().words.items():
        if word.startswith(start):
            return number
    values = [_ROMAN.get(char.upper(), 0) for char in written]
    if not all(values):
        return None
    return sum(-v if any(w > v for w in values[place + 1 :]) else v for place, v in enumerate(values))
