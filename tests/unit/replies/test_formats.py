"""Dates, lists and numbers as people of each language write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from jinja2 import UndefinedError

from replies.environment import letter_environment
from replies.formats import direction, locale

NIGHT = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)


def show(template: str, language: str = "sv", country: str = "SE", zone: str = "Europe/Stockholm") -> str:
    environment = letter_environment({})
    values = {"language": language, "country": country, "time_zone": zone, "chat": False, "at": NIGHT}
    shown = environment.from_string(template).render(values)
    return shown.replace("\ue000", "").replace("\ue002", "")


@pytest.mark.parametrize(
    ("language", "country", "zone", "shown"),
    [
        ("sv", "SE", "Europe/Stockholm", "fredag 1 januari 2027 kl. 00:30"),
        ("nb", "NO", "Europe/Oslo", "fredag 1. januar 2027 kl. 00:30"),
        ("nn", "NO", "Europe/Oslo", "fredag 1. januar 2027 kl. 00:30"),
        ("bg", "BG", "Europe/Sofia", "петък, 1 януари 2027 г. в 1:30 ч."),
        ("en", "SE", "Europe/Stockholm", "Friday, 1 January 2027 at 00:30"),
        ("en", "BG", "Europe/Sofia", "Friday, 1 January 2027 at 01:30"),
        ("en", "XX", "UTC", "Thursday, 31 December 2026 at 23:30"),
    ],
)
def test_a_moment_is_the_local_one(language: str, country: str, zone: str, shown: str) -> None:
    """D6: a date that everybody reads alike."""
    assert show("{{ at|moment }}", language, country, zone) == shown


def test_a_day_in_a_subject_has_no_weekday() -> None:
    assert show("{{ at|day }}", "nn", "NO") == "1. januar 2027"


def test_a_language_outside_its_country_is_still_itself() -> None:
    assert locale("sv", "BG").language == "sv"
    assert str(locale("zz", "SE")) == "en_150"


@pytest.mark.parametrize(("language", "shown"), [("sv", "a, b och c"), ("bg", "a, b и c"), ("en", "a, b and c")])
def test_several_are_listed_as_a_phrase(language: str, shown: str) -> None:
    assert show("{{ ['a', 'b', 'c']|listed }}", language) == shown


def test_numbers_have_the_separators_of_the_language() -> None:
    assert show("{{ 1234.5|number }}", "sv") == "1 234,5"


def test_one_and_several() -> None:
    assert show("{{ ['a']|plural('fil', 'filer') }} {{ []|plural('fil', 'filer') }}") == "fil filer"


@pytest.mark.parametrize("filtered", ["nothing", "nothing|date", "nothing|moment"])
def test_a_fact_that_there_is_not_is_an_error(filtered: str) -> None:
    with pytest.raises(UndefinedError, match="nothing"):
        show("{{ " + filtered + " }}")


@pytest.mark.parametrize(("language", "expected"), [("ar", "rtl"), ("fa", "rtl"), ("sv", "ltr"), ("bg", "ltr")])
def test_arabic_and_persian_run_from_right_to_left(language: str, expected: str) -> None:
    """D3."""
    assert direction(language) == expected
