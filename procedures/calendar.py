"""Working days, school days and office hours of one school; counts from a moment to a moment, across clock changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays

Hours = tuple[time, time]
Span = tuple[date, date]
Counts = Callable[[date], bool]

# Only these two countries' calendars have the switch; a Sunday is a day off by its office hours already.
_COUNTS_SUNDAYS = ("SE", "NO")
_DAY = timedelta(days=1)
# Longer than any closure: a school that is never open is refused by `check`, and must not stop a case here.
_FAR = 400


@lru_cache(maxsize=64)
def public_holidays(country: str, subdivision: str | None, categories: tuple[str, ...], year: int) -> frozenset[date]:
    """A country's holidays of a year."""
    options: dict[str, Any] = {"include_sundays": False} if country in _COUNTS_SUNDAYS else {}
    return frozenset(
        holidays.country_holidays(
            country, subdiv=subdivision, categories=categories, years=year, expand=False, **options
        )
    )


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """Which days count at a school. All moments that come out are aware, in the school's time zone."""

    zone: ZoneInfo
    country: str
    subdivision: str | None = None
    categories: tuple[str, ...] = ("public",)
    #: opening and closing from Monday to Sunday; None on a day off
    hours: tuple[Hours | None, ...] = ()
    closed: tuple[Span, ...] = ()
    terms: tuple[Span, ...] = ()
    breaks: tuple[Span, ...] = ()
    #: the days that were asked for: a date is counted from day to day, and the days are the same for every case
    _known: dict[date, bool] = field(default_factory=dict, init=False, repr=False, compare=False)

    def is_working_day(self, day: date) -> bool:
        """True where the office is open on that day."""
        if day not in self._known:
            self._known[day] = self._is_open(day)
        return self._known[day]

    def _is_open(self, day: date) -> bool:
        if self.hours[day.weekday()] is None or _within(day, self.closed):
            return False
        return day not in public_holidays(self.country, self.subdivision, self.categories, day.year)

    def is_school_day(self, day: date) -> bool:
        """True on a working day of a term. Where no term is known of that time, every working day counts."""
        if not self.is_working_day(day) or _within(day, self.breaks):
            return False
        if not self.terms or not min(self.terms)[0] <= day <= max(last for _, last in self.terms):
            return True
        return _within(day, self.terms)

    def is_working_moment(self, moment: datetime) -> bool:
        """True from opening to closing of a working day, both included."""
        local = moment.astimezone(self.zone)
        hours = self.hours[local.weekday()]
        return hours is not None and self.is_working_day(local.date()) and hours[0] <= local.time() <= hours[1]

    def next_working_moment(self, moment: datetime) -> datetime:
        """The moment itself within office hours, else the next opening."""
        local = moment.astimezone(self.zone)
        if self.is_working_moment(local):
            return local
        for ahead in range(_FAR):
            opening = self._at(local.date() + ahead * _DAY, opening=True)
            if opening >= local and self.is_working_day(opening.date()):
                return opening
        return local

    def add(self, moment: datetime, n: int, unit: str) -> datetime:
        """The end of the n-th day after a moment, at closing time; the day of the moment itself does not count.

        `unit` is working_days, school_days, calendar_days or months. Calendar days and months are kept to the day, also
        where it is a day off. With n = 0: the next closing time of a day that counts.
        """
        day = moment.astimezone(self.zone).date()
        if unit == "months":
            return self._at(_months_later(day, n))
        if unit == "calendar_days":
            return self._at(day + n * _DAY)
        counts = self.is_school_day if unit == "school_days" else self.is_working_day
        if n == 0:
            return self._this_day_or_next(moment, counts)
        return self._at(_nth(day, n, counts))

    def _this_day_or_next(self, moment: datetime, counts: Counts) -> datetime:
        day = moment.astimezone(self.zone).date()
        if counts(day) and self._at(day) >= moment:
            return self._at(day)
        return self._at(_nth(day, 1, counts))

    def _at(self, day: date, *, opening: bool = False) -> datetime:
        hours = self.hours[day.weekday()] or self._usual_hours
        return datetime.combine(day, hours[0] if opening else hours[1], tzinfo=self.zone)

    @property
    def _usual_hours(self) -> Hours:
        return max((hours for hours in self.hours if hours), key=lambda hours: hours[1], default=(time(8), time(17)))


def _within(day: date, spans: tuple[Span, ...]) -> bool:
    return any(first <= day <= last for first, last in spans)


def _nth(day: date, n: int, counts: Counts) -> date:
    left = n
    for _ in range(_FAR + 7 * n):
        day += _DAY
        left -= counts(day)
        if left == 0:
            break
    return day


def _months_later(day: date, n: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + n, 12)
    for last in range(day.day, 27, -1):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    return date(year, month + 1, min(day.day, 28))
