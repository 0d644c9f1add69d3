"""What is filled into the slots of one letter: each fact as its filter shows it, in plain text and in HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
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
#: facts that are the school's own words: they come again and again, and nothing of a parent stands in them
_OF_THE_SCHOOL = frozenset(
    {
        *("unit", "category", "advice", "note", "stage", "clause", "next_level_text"),
        *("owner", "next_level", "others", "what_happens", "promises"),
    }
)
_to_escape = re.compile("[&<>\"']").search
#: a value in plain text, and in HTML
Shown = tuple[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """One fact of one section, as one filter shows it; `each`: of a list, the text that it is the turn of.

    Compared by identity, which is cheap: `read` makes the same of the same.
    """

    section: int
    #: the fact's name
    name: str
    #: from the fact to the value: names of fields, and places in a list
    path: tuple[str | int, ...]
    shown: str
    each: bool
    #: nothing of a parent can stand in it
    of_the_school: bool


@lru_cache(maxsize=4096)
def read(token: str) -> Value:
    """What stands between the marks of a slot. Raises Unfit where they are no slot of ours."""
    place, slash, rest = token.partition("/")
    where, _, shown = rest.partition("|")
    field, star, turn = where.partition("*")
    if not slash or not place.isdecimal() or turn not in ("", "0"):
        raise Unfit
    name, *path = field.split(".")
    steps = tuple(int(step) if step.isdecimal() else step for step in path)
    return Value(int(place), name, steps, shown, bool(star), name in _OF_THE_SCHOOL)


class Filling:
    """The facts of one letter."""

    def __init__(self, facts: tuple[LetterFacts, ...], now: datetime, above: str) -> None:
        self._facts = [{**vars(one), "now": now, "above": above} for one in facts]

    def shown(self, values: Sequence[Value]) -> tuple[list[Any], list[Any]]:
        """Every value in plain text, and every one in HTML; of a list, a list of its texts."""
        made = [self._made(one) for one in values]
        return [text for text, _ in made], [html for _, html in made]

    def _made(self, one: Value) -> Shown | tuple[list[str], list[str]]:
        facts = self._facts[one.section]
        found = facts[one.name]
        for step in one.path:
            found = getattr(found, step) if isinstance(step, str) else found[step]
        if not one.each:
            return _shown(found, one, facts)
        made = [_shown(text, one, facts) for text in found]
        return [text for text, _ in made], [html for _, html in made]


def _shown(value: Any, one: Value, facts: Mapping[str, Any]) -> Shown:
    """As `formats.finish` would put it into the letter, but for the marks around it."""
    if one.shown in LOCAL:
        return _plain(LOCAL[one.shown](facts, value))
    if one.of_the_school:
        return _again(value, one.shown)
    return _anew(value, one.shown)


def _anew(value: str, shown: str) -> Shown:
    if not shown:
        return _plain(value)
    if shown == "quote":
        return _quotation(value)
    pieces = runs(LINKED[shown](value))
    return "".join([one.text for one in pieces]), "".join([run(one.text, one.href) for one in pieces])


#: depends on the words and their filter alone; a school has some hundred of them, and nobody else's are kept
_again = lru_cache(maxsize=4096)(_anew)


def _plain(value: str) -> Shown:
    text = single_line(str(value))
    return text, str(escape(text)) if _to_escape(text) else text


def _quotation(value: str) -> Shown:
    said = quoted(str(value), chat=False)
    text = "\n".join([f"> {line.strip()}".rstrip() for line in said])
    return text, str(escape("\n".join(said))).replace("\n", "<br>\n")
