"""What is filled into the slots of one letter: each fact as its filter shows it, in plain text and in HTML."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

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


@dataclass(frozen=True, slots=True)
class Value:
    """One fact of one section, as one filter shows it; `each`: of a list, the text that it is the turn of."""

    section: int
    field: str
    shown: str
    each: bool = False

    @classmethod
    def read(cls, token: str) -> Value:
        """What stands between the marks of a slot. Raises Unfit where they are no slot of ours."""
        place, slash, rest = token.partition("/")
        name, _, shown = rest.partition("|")
        field, star, turn = name.partition("*")
        if not slash or not place.isdecimal() or turn not in ("", "0"):
            raise Unfit
        return cls(int(place), field, shown, bool(star))


@dataclass(frozen=True, slots=True)
class Repeated:
    """A line for each text of a list; `form` has a place for each value."""

    form: str
    values: tuple[Value, ...]

    @property
    def list(self) -> Value:
        """The list, as one of its values."""
        return next(one for one in self.values if one.each)


class Filling:
    """The facts of one letter; a value is shown once, however often it stands there."""

    def __init__(self, facts: tuple[LetterFacts, ...], now: datetime, above: str) -> None:
        self._facts, self._now, self._above = facts, now, above
        self._texts: dict[Value, str] = {}
        self._html: dict[Value, str] = {}

    def text(self, source: Value | Repeated) -> str:
        """A source in plain text."""
        if isinstance(source, Repeated):
            return self._each(source, html=False)
        known = self._texts.get(source)
        if known is None:
            known = self._texts[source] = _text(self._value(source), source.shown, self._facts[source.section])
        return known

    def html(self, source: Value | Repeated) -> str:
        """A source in HTML."""
        if isinstance(source, Repeated):
            return self._each(source, html=True)
        known = self._html.get(source)
        if known is None:
            known = self._html[source] = _html(self._value(source), source.shown, self._facts[source.section])
        return known

    def _each(self, source: Repeated, *, html: bool) -> str:
        show, whole = (_html, self.html) if html else (_text, self.text)
        of = source.list
        facts = self._facts[of.section]
        return "\n".join(
            source.form % tuple(show(item, one.shown, facts) if one.each else whole(one) for one in source.values)
            for item in getattr(facts, of.field)
        )

    def _value(self, source: Value) -> object:
        if source.field == "now":
            return self._now
        if source.field == "above":
            return self._above
        name, dot, number = source.field.partition(".")
        found = getattr(self._facts[source.section], name)
        return found[int(number)].due_at if dot else found


def _shown(value: object, shown: str, facts: LetterFacts) -> str:
    """As `formats.finish` would put it into the letter, but for the marks around one plain text."""
    if shown in LOCAL:
        value = LOCAL[shown](vars(facts), value)
    elif shown:
        value = LINKED[shown](value)
    return value if isinstance(value, Marked) else single_line(str(value))


def _text(value: object, shown: str, facts: LetterFacts) -> str:
    if shown == "quote":
        return "\n".join(f"> {line.strip()}".rstrip() for line in quoted(str(value), chat=False))
    made = _shown(value, shown, facts)
    return "".join(one.text for one in runs(made)) if VALUE in made else made


def _html(value: object, shown: str, facts: LetterFacts) -> str:
    if shown == "quote":
        return "<br>\n".join(str(escape(line)) for line in quoted(str(value), chat=False))
    made = _shown(value, shown, facts)
    return "".join(run(one.text, one.href) for one in runs(made)) if VALUE in made else str(escape(made))
