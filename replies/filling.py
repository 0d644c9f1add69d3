"""What is filled into the slots of one letter: each fact as its filter shows it, in plain text and in HTML."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import repeat
from typing import Any

from markupsafe import escape

from register.records import LetterFacts
from replies.blocks import runs
from replies.clean import VALUE, single_line
from replies.formats import Marked, date, day, linked, mail, moment, phone, quoted
from replies.html import run
from replies.slots import Unfit

#: filters that need to know the language, the country and the time zone
LOCAL: Mapping[str, Callable[..., str]] = {"date": date, "day": day, "moment": moment}
#: filters that make links
LINKED: Mapping[str, Callable[..., str]] = {"mail": mail, "phone": phone, "linked": linked}


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """One fact of one section, as one filter shows it; `each`: of a list, the text that it is the turn of.

    Compared by identity, which is cheap: `read` makes the same of the same.
    """

    section: int
    #: from the facts to the value: names of fields, and places in a list
    path: tuple[str | int, ...]
    shown: str
    each: bool = False


@lru_cache(maxsize=4096)
def read(token: str) -> Value:
    """What stands between the marks of a slot. Raises Unfit where they are no slot of ours."""
    place, slash, rest = token.partition("/")
    name, _, shown = rest.partition("|")
    field, star, turn = name.partition("*")
    if not slash or not place.isdecimal() or turn not in ("", "0"):
        raise Unfit
    path = tuple(int(step) if step.isdecimal() else step for step in field.split("."))
    return Value(int(place), path, shown, bool(star))


@dataclass(frozen=True, slots=True)
class Repeated:
    """A line for each text of a list; `form` has a place for each value."""

    form: str
    values: tuple[Value, ...]


class Filling:
    """The facts of one letter; a value is shown once, however often it stands there."""

    def __init__(self, facts: tuple[LetterFacts, ...], now: datetime, above: str) -> None:
        self._facts, self._now, self._above = facts, now, above
        #: one for a fact, one for each text of a list
        self._made: dict[Value, list[str]] = {}

    def text(self, source: Value | Repeated) -> str:
        """A source in plain text."""
        return (
            self._each(source, _as_text) if isinstance(source, Repeated) else _as_text(source, self._shown(source)[0])
        )

    def html(self, source: Value | Repeated) -> str:
        """A source in HTML."""
        return (
            self._each(source, _as_html) if isinstance(source, Repeated) else _as_html(source, self._shown(source)[0])
        )

    def _each(self, source: Repeated, show: Callable[[Value, str], str]) -> str:
        # What is no list stands there once, for every line.
        columns = [
            [show(one, made) for made in self._shown(one)] if one.each else repeat(show(one, self._shown(one)[0]))
            for one in source.values
        ]
        return "\n".join([source.form % line for line in zip(*columns, strict=False)])

    def _shown(self, source: Value) -> list[str]:
        made = self._made.get(source)
        if made is None:
            facts, found = self._facts[source.section], self._value(source)
            every = found if source.each and isinstance(found, tuple) else (found,)
            made = self._made[source] = [_shown(one, source.shown, facts) for one in every]
        return made

    def _value(self, source: Value) -> object:
        if source.path == ("now",):
            return self._now
        if source.path == ("above",):
            return self._above
        found: Any = self._facts[source.section]
        for step in source.path:
            found = getattr(found, step) if isinstance(step, str) else found[step]
        return found


def _shown(value: object, shown: str, facts: LetterFacts) -> str:
    """As `formats.finish` would put it into the letter, but for the marks around one plain text."""
    if shown == "quote":
        return "\n".join(quoted(str(value), chat=False))
    if shown in LOCAL:
        value = LOCAL[shown](vars(facts), value)
    elif shown:
        value = LINKED[shown](value)
    return value if isinstance(value, Marked) else single_line(str(value))


def _as_text(source: Value, made: str) -> str:
    if source.shown == "quote":
        return "\n".join([f"> {line.strip()}".rstrip() for line in made.split("\n")])
    return "".join(one.text for one in runs(made)) if VALUE in made else made


def _as_html(source: Value, made: str) -> str:
    if source.shown == "quote":
        return str(escape(made)).replace("\n", "<br>\n")
    return "".join(run(one.text, one.href) for one in runs(made)) if VALUE in made else str(escape(made))
