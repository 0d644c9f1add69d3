"""How values look in a letter: dates, times and lists by Babel, links, quotations; each a filter of letter files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_timezone
from babel.lists import format_list
from babel.numbers import format_decimal
from jinja2 import Undefined, pass_context
from jinja2.runtime import Context

from replies.clean import END, LINK, VALUE, lines, single_line

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
    # An undefined name raises here, in `str`.
    return f"{VALUE}{single_line(str(value))}{END}"


@pass_context
def date(context: Context, moment: datetime) -> str:
    """The local day: tisdag 8 december 2026."""
    return format_date(_local(context, moment), "full", _locale(context))


@pass_context
def day(context: Context, moment: datetime) -> str:
    """The local day without its weekday, for subjects: 8 december 2026."""
    return format_date(_local(context, moment), "long", _locale(context))


@pass_context
def moment(context: Context, at: datetime) -> str:
    """The local day and time of day: tisdag 8 december 2026 kl. 16:05."""
    here = _local(context, at)
    time = format_time(here, "short", locale=_locale(context))
    return _AT.get(context["language"], "{}, {}").format(format_date(here, "full", _locale(context)), time)


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
    longest = _LONGEST_QUOTE[bool(context["chat"])]
    kept = text if len(text) <= longest else text[:longest].rstrip() + " […]"
    shown = lines(kept.strip())
    return Marked("\n".join(f"> {VALUE}{line}{END}" for line in shown))


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


FILTERS = {
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


def _locale(context: Context) -> Locale:
    return locale(context["language"], context["country"])


def _local(context: Context, at: datetime) -> datetime:
    if isinstance(at, Undefined):
        # Says which name it was.
        str(at)
    return at.astimezone(get_timezone(context["time_zone"]))


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
