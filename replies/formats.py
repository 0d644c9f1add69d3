"""How values look in a letter: dates, times and lists by Babel, links, quotations; each a filter of letter files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date as day_of
from datetime import datetime
from datetime import time as time_of_day
from functools import lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_timezone
from babel.lists import format_list
from babel.numbers import format_decimal
from jinja2 import Undefined, pass_context
from jinja2.runtime import Context

from replies.clean import END, LINK, VALUE, lines, single_line
from replies.slots import Slot, waiting

#: how a date and a time of day are joined; Babel's own patterns name the seconds and the time zone as well
_AT = {"sv": "{} kl. {}", "nb": "{} kl. {}", "nn": "{} kl. {}", "bg": "{} в {} ч.", "en": "{} at {}"}
#: a quoted message ends here, in characters; the register holds the whole
_LONGEST_QUOTE = {False: 30_000, True: 1_500}

_MAIL_OR_WEB = re.compile(r"(?P<mail>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)|(?:https?://|www\.)[^\s<>\"]*[^\s<>\".,;:)]")
_TELEPHONE = re.compile(r"\b(?:tel|тел|phone|mob|моб)", re.IGNORECASE)
_NUMBER = re.compile(r"\+?\d[\d  /-]*\d")


class Marked(str):
    """A value that already stands between its marks and is put into the letter as it is."""

    __slots__ = ()


@lru_cache(maxsize=256)
def locale(language: str, country: str) -> Locale:
    """Babel's locale for a language in a country; English outside its own countries is the European one."""
    for name in (f"{language}_{country}", "en_150" if language == "en" else language, "en_150"):
        try:
            return Locale.parse(name)
        except (UnknownLocaleError, ValueError):
            continue
    raise AssertionError("Babel has no English")


_zone = lru_cache(maxsize=256)(get_timezone)


@lru_cache(maxsize=256)
def direction(language: str) -> str:
    """`rtl` for languages that are written from right to left, else `ltr`."""
    return locale(language, "").text_direction


def finish(value: object) -> str:
    """Every `{{ value }}` of a letter file goes through here: one harmless line between its marks."""
    if isinstance(value, Marked):
        return value
    if value is None:
        return ""
    if isinstance(value, Slot):
        return value.written()
    # An undefined name raises here, in `str`.
    return f"{VALUE}{single_line(str(value))}{END}"


@pass_context
def date(context: Context, moment: datetime) -> str:
    """The local day: tisdag 8 december 2026."""
    return _dated(_local(context, moment).date(), "full", context["language"], context["country"])


@pass_context
def day(context: Context, moment: datetime) -> str:
    """The local day without its weekday, for subjects: 8 december 2026."""
    return _dated(_local(context, moment).date(), "long", context["language"], context["country"])


@pass_context
def moment(context: Context, at: datetime) -> str:
    """The local day and time of day: tisdag 8 december 2026 kl. 16:05."""
    here, language, country = _local(context, at), context["language"], context["country"]
    time = _timed(here.time().replace(second=0, microsecond=0), language, country)
    return _AT.get(language, "{}, {}").format(_dated(here.date(), "full", language, country), time)


@pass_context
def number(context: Context, value: float) -> str:
    """A number with the separators of the language."""
    return format_decimal(value, locale=_locale(context))


@pass_context
def listed(context: Context, values: Iterable[str]) -> str:
    """Several values as a phrase: a, b och c."""
    return format_list([single_line(value) for value in values], locale=_locale(context))


@pass_context
def quote(context: Context, text: str) -> Marked:
    """A stranger's whole text, line by line behind `> `; in chat, and where it is very long, only its beginning."""
    shown = quoted(text, chat=bool(context["chat"]))
    return Marked("\n".join(f"> {VALUE}{line}{END}" for line in shown))


def quoted(text: str, *, chat: bool) -> list[str]:
    """The lines of a quotation."""
    longest = _LONGEST_QUOTE[chat]
    kept = text if len(text) <= longest else text[:longest].rstrip() + " […]"
    return lines(kept.strip())


def mail(address: str) -> Marked:
    """An address that can be tapped to write to."""
    text = single_line(address)
    return _link(text, f"mailto:{text}") if text else Marked("")


def phone(text: str) -> Marked:
    """A line whose telephone numbers can be tapped to call."""
    return _linked(_NUMBER, text, lambda found: "tel:" + re.sub(r"[^\d+]", "", found.group()))


def linked(text: str) -> Marked:
    """A line of the school's own whose addresses can be tapped, and its numbers where it names a telephone."""
    if _TELEPHONE.search(text):
        return phone(text)
    return _linked(_MAIL_OR_WEB, text, _target)


def plural(values: Iterable[Any], one: str, many: str) -> str:
    """One word for one, another for several."""
    return one if len(tuple(values)) == 1 else many


_SHOWN: Mapping[str, Callable[..., Any]] = {
    "date": date,
    "day": day,
    "moment": moment,
    "number": number,
    "listed": listed,
    "quote": quote,
    "mail": mail,
    "phone": phone,
    "linked": linked,
    "plural": plural,
}
#: what letter files use
FILTERS = waiting(_SHOWN)


@lru_cache(maxsize=1024)
def _dated(on: day_of, style: str, language: str, country: str) -> str:
    return format_date(on, style, locale(language, country))


@lru_cache(maxsize=2048)
def _timed(at: time_of_day, language: str, country: str) -> str:
    return format_time(at, "short", locale=locale(language, country))


def _locale(context: Context) -> Locale:
    return locale(context["language"], context["country"])


def _local(context: Context, at: datetime) -> datetime:
    if isinstance(at, Undefined):
        # Says which name it was.
        str(at)
    return at.astimezone(_zone(context["time_zone"]))


def _target(found: re.Match[str]) -> str:
    text = found.group()
    if found["mail"]:
        return f"mailto:{text}"
    return text if text.startswith("http") else f"https://{text}"


def _link(text: str, href: str) -> Marked:
    return Marked(f"{VALUE}{text}{LINK}{href}{END}")


def _linked(pattern: re.Pattern[str], text: str, target: Any) -> Marked:
    line, parts, at = single_line(text), [], 0
    for found in pattern.finditer(line):
        parts += [f"{VALUE}{line[at : found.start()]}{END}", _link(found.group(), target(found))]
        at = found.end()
    return Marked("".join((*parts, f"{VALUE}{line[at:]}{END}")))
