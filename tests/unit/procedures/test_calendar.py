from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procedures.calendar import Calendar
from tests.unit.procedures.making import ALEXANDERSKOLAN, HUDDINGE, NORDBERG, NOW, SCHOOLS, ST_GEORGE

CALENDARS = {one.id: one.calendar_of() for one in SCHOOLS.all}
MOMENTS = st.datetimes(datetime(2026, 8, 1), datetime(2028, 1, 31), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis adds the zone


@pytest.mark.parametrize("day", [date(2026, 6, 19), date(2026, 12, 24), date(2026, 12, 31), date(2027, 5, 6)])
def test_swedish_eves_and_holidays_are_no_working_days(day: date) -> None:
    """G6: Midsummer, Christmas and New Year's Eve are days off in Sweden, though not public holidays."""
    assert not CALENDARS["alexanderskolan"].is_working_day(day)


def test_christmas_eve_is_a_working_day_where_the_school_does_not_close() -> None:
    """G6: the calendar is the country's; Norway's Christmas Eve is off only because the school closes."""
    open_school = replace(CALENDARS["nordberg"], closed=())
    assert open_school.is_working_day(date(2026, 12, 24))
    assert not CALENDARS["nordberg"].is_working_day(date(2026, 12, 24))


def test_bulgarian_days_moved_after_a_holiday_on_a_weekend_are_off() -> None:
    """G6: 26 December 2026 is a Saturday, so that the Monday after is off in Bulgaria."""
    assert not CALENDARS["st_george"].is_working_day(date(2026, 12, 28))


def test_the_schools_own_closed_day_does_not_count() -> None:
    """G6: Alexanderskolan's planning day."""
    assert not CALENDARS["alexanderskolan"].is_working_day(date(2027, 1, 7))
    assert CALENDARS["alexanderskolan"].is_working_day(date(2027, 1, 8))


def test_school_days_leave_out_breaks_and_the_time_between_terms() -> None:
    """C1, G6: seven school days from the day before the autumn break end after it."""
    calendar = CALENDARS["st_george"]
    assert not calendar.is_school_day(date(2026, 10, 30))
    assert calendar.is_working_day(date(2026, 10, 30))
    assert not calendar.is_school_day(date(2027, 7, 5))
    assert calendar.add(datetime(2026, 10, 29, 9, 0, tzinfo=UTC), 7, "school_days").date() == date(2026, 11, 11)


def test_beyond_the_known_terms_every_working_day_is_a_school_day() -> None:
    """G6: a case never waits because nobody wrote the next school year into the file."""
    calendar = CALENDARS["st_george"]
    assert calendar.is_school_day(date(2030, 7, 8))
    assert not calendar.is_school_day(date(2030, 7, 7))


def test_the_day_of_the_event_does_not_count() -> None:
    """G6: two working days from Tuesday are Thursday, whatever the hour."""
    for hour in (0, 9, 21):
        moment = datetime(2026, 11, 24, hour, 15, tzinfo=UTC)
        assert CALENDARS["st_george"].add(moment, 2, "working_days").date() == date(2026, 11, 26)


def test_the_day_is_the_schools_own_not_utc() -> None:
    """G6: late Monday in UTC is Tuesday in Sofia."""
    assert CALENDARS["st_george"].add(datetime(2026, 11, 23, 22, 30, tzinfo=UTC), 1, "working_days").day == 25


def test_calendar_days_are_kept_to_the_day() -> None:
    """A3: fourteen days from the Saturday end on a Saturday."""
    end = CALENDARS["alexanderskolan"].add(datetime(2026, 11, 28, 10, 0, tzinfo=UTC), 14, "calendar_days")
    assert end.date() == date(2026, 12, 12)


@pytest.mark.parametrize(
    ("start", "n", "end"),
    [
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 12, 5), 3, date(2027, 3, 5)),
        (date(2026, 10, 31), 13, date(2027, 11, 30)),
    ],
)
def test_months_end_on_the_same_day_or_the_last(start: date, n: int, end: date) -> None:
    """G6: a month from 31 January ends with February."""
    moment = datetime.combine(start, time(12), tzinfo=UTC)
    assert CALENDARS["huddinge"].add(moment, n, "months").date() == end


def test_no_days_is_the_next_closing_time() -> None:
    """C5: on the same day while the office is open, else on the next working day."""
    calendar = CALENDARS["huddinge"]
    assert calendar.add(NOW, 0, "working_days").date() == date(2026, 11, 24)
    assert calendar.add(datetime(2026, 11, 24, 20, 0, tzinfo=UTC), 0, "working_days").date() == date(2026, 11, 25)


def test_a_deadline_across_the_clock_change_is_at_closing_time() -> None:
    """G6: the clocks go back on 25 October 2026 and forward on 28 March 2027."""
    autumn = CALENDARS["huddinge"].add(datetime(2026, 10, 23, 8, 0, tzinfo=UTC), 3, "working_days")
    spring = CALENDARS["huddinge"].add(datetime(2027, 3, 24, 8, 0, tzinfo=UTC), 3, "working_days")
    assert (autumn.time(), autumn.utcoffset()) == (time(16, 30), timedelta(hours=1))
    assert (spring.time(), spring.utcoffset()) == (time(16, 30), timedelta(hours=2))


def test_a_message_on_a_saturday_waits_for_monday_morning() -> None:
    """C2: the next working moment is the opening of the first working day."""
    waits = CALENDARS["st_george"].next_working_moment(datetime(2026, 11, 28, 10, 0, tzinfo=UTC))
    assert waits.isoformat() == "2026-11-30T08:00:00+02:00"


def test_within_office_hours_it_is_now() -> None:
    """C2: no waiting while the office is open; after closing time the next morning, before opening the same morning."""
    calendar = CALENDARS["st_george"]
    assert calendar.next_working_moment(NOW) == NOW
    assert calendar.next_working_moment(datetime(2026, 11, 24, 20, 0, tzinfo=UTC)).day == 25
    assert (
        calendar.next_working_moment(datetime(2026, 11, 24, 3, 0, tzinfo=UTC)).isoformat()
        == "2026-11-24T08:00:00+02:00"
    )


def test_the_kindergarten_has_office_hours_of_its_own() -> None:
    """C2: 08:00 to 18:00."""
    evening = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
    assert ST_GEORGE.calendar_of("kindergarten").is_working_moment(evening)
    assert not ST_GEORGE.calendar_of("primary").is_working_moment(evening)


def test_a_school_that_is_never_open_does_not_stop_a_case() -> None:
    """G4: whatever the file says, counting comes to an end."""
    never = replace(CALENDARS["nordberg"], hours=(None,) * 7)
    assert never.add(NOW, 2, "working_days") > NOW
    assert never.next_working_moment(NOW) == NOW


@settings(max_examples=50, deadline=None)
@given(moment=MOMENTS, n=st.integers(0, 30), unit=st.sampled_from(["working_days", "school_days"]))
@pytest.mark.parametrize("school", sorted(CALENDARS))
def test_what_counts_working_days_ends_on_a_working_moment(school: str, moment: datetime, n: int, unit: str) -> None:
    """G6: of the right calendar, after the event, with exactly n counted days in between."""
    calendar = CALENDARS[school]
    end = calendar.add(moment, n, unit)
    assert calendar.is_working_moment(end)
    assert end >= moment
    if n:
        first, last = moment.astimezone(calendar.zone).date(), end.date()
        days = [first + timedelta(days=ahead) for ahead in range(1, (last - first).days + 1)]
        counts = calendar.is_school_day if unit == "school_days" else calendar.is_working_day
        assert sum(map(counts, days)) == n


@settings(max_examples=50, deadline=None)
@given(moment=MOMENTS)
@pytest.mark.parametrize("school", sorted(CALENDARS))
def test_the_next_working_moment_is_one_and_not_before(school: str, moment: datetime) -> None:
    """C2: at any hour of any day."""
    calendar = CALENDARS[school]
    there = calendar.next_working_moment(moment)
    assert there >= moment
    assert calendar.is_working_moment(there)
    assert calendar.next_working_moment(there) == there


def test_every_school_has_its_own_country() -> None:
    """G6: three countries, four calendars."""
    countries = [one.organisation.country for one in (ALEXANDERSKOLAN, HUDDINGE, ST_GEORGE, NORDBERG)]
    assert countries == ["SE", "SE", "BG", "NO"]
    assert isinstance(CALENDARS["nordberg"], Calendar)
