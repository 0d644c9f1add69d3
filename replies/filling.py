"""What is filled into the slots of one letter: each fact as its filter shows it, in plain text and in HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, reduce
from operator import attrgetter
from typing import Any

from markupsafe import escape

from register.records import LetterFacts
from replies.blocks import runs
from replies.clean import single_line
from replies.formats import date, day, linked, mail, moment, phone, quoted
from replies.html import run
from replies.slots import Unfit

#: filters that need to know the language, the country and the time zone
LOCAL: Mapping[str, Callable[..., str]] = {"date": date, "day": day, "moment": moment}
#: filters that make links
LINKED: Mapping[str, Callable[..., str]] = {"mail": mail, "phone": phone, "linked": linked}
#: facts that are the school's own words: the same in many letters, and nothing of a parent stands in them
_OF_THE_SCHOOL = frozenset(
    {
        *("unit", "advice", "note", "stage", "clause", "next_level_text"),
        *("owner", "next_level", "others", "what_happens", "promises"),
    }
)
#: not facts, but of the letter
_OF_THE_LETTER = frozenset({"now", "above"})
_to_escape = re.compile("[&<>\"']").search
#: a value in plain text, and in HTML
Shown = tuple[str, str]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Value:
    """One fact of one section, as one filter shows it; `each`: of a list, the text that it is the turn of.

    Compared by identity, which is cheap: `read` makes the same of the same.
    """

    section: int
    shown: str
    each: bool
    #: the school's own words, and no date
    is_school_s: bool
    #: not of the facts, but of the letter as a whole
    is_letter_s: bool
    #: finds it in the facts, or in the `Filling`
    found: Callable[[Any], Any]
    #: field by field, with places in lists
    path: str


@lru_cache(maxsize=4096)
def read(token: str) -> Value:
    """What stands between the marks of a slot. Raises Unfit where they are no slot of ours."""
    place, slash, rest = token.partition("/")
    where, _, shown = rest.partition("|")
    path, star, turn = where.partition("*")
    if not slash or not place.isdecimal() or turn not in ("", "0"):
        raise Unfit
    name = path.partition(".")[0]
    return Value(
        section=int(place),
        shown=shown,
        each=bool(star),
        is_school_s=name in _OF_THE_SCHOOL and not star and shown not in LOCAL,
        is_letter_s=name in _OF_THE_LETTER,
        found=_finding(path),
        path=path,
    )


def _finding(path: str) -> Callable[[Any], Any]:
    steps = path.split(".")
    if not any(map(str.isdecimal, steps)):
        return attrgetter(path)
    return lambda facts: reduce(_step, steps, facts)


def _step(found: Any, step: str) -> Any:
    return found[int(step)] if step.isdecimal() else getattr(found, step)


class Filling:
    """The facts of one letter."""

    def __init__(self, facts: tuple[LetterFacts, ...], now: datetime, above: str) -> None:
        self._facts, self.now, self.above = facts, now, above

    def found(self, values: Sequence[Value]) -> tuple[Any, ...]:
        """Every value as it stands in the facts."""
        facts = self._facts
        return tuple([one.found(self if one.is_letter_s else facts[one.section]) for one in values])

    def shown(self, values: Sequence[Value]) -> tuple[list[Any], list[Any]]:
        """Every value in plain text, and every one in HTML; of a list, a list of its texts."""
        made = [self._made(one, found) for one, found in zip(values, self.found(values), strict=True)]
        return [text for text, _ in made], [html for _, html in made]

    def _made(self, one: Value, found: Any) -> Shown | tuple[list[str], list[str]]:
        if one.shown in LOCAL:
            return _plain(LOCAL[one.shown](vars(self._facts[one.section]), found))
        if not one.each:
            return shown(found, one.shown)
        made = [shown(text, one.shown) for text in found]
        return [text for text, _ in made], [html for _, html in made]


def shown(value: str, by: str) -> Shown:
    """As `formats.finish` would put a text into the letter, but for the marks around it; `by`: the filter, or none."""
    if not by:
        return _plain(value)
    if by == "quote":
        return _quotation(value)
    pieces = runs(LINKED[by](value))
    return "".join([one.text for one in pieces]), "".join([run(one.text, one.href) for one in pieces])


def _plain(value: str) -> Shown:
    text = single_line(str(value))
    return text, str(escape(text)) if _to_escape(text) else text


def _quotation(value: str) -> Shown:
    said = quoted(str(value), chat=False)
    text = "\n".join([f"> {line.strip()}".rstrip() for line in said])
    return text, str(escape("\n".join(said))).replace("\n", "<br>\n")
