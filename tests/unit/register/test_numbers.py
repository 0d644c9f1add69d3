from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from register.errors import BadSettings
from register.numbers import check, reference, search_key

DAY = date(2026, 11, 24)
words = st.text(alphabet=st.characters(blacklist_characters="{}", blacklist_categories=("Cs", "Cc")), max_size=8)
number_fields = st.sampled_from(["{number}", "{number:04}", "{number:3}", "{number:06d}"])


@st.composite
def formats(draw: st.DrawFn) -> str:
    """Any format that `check` should take: the two needed fields, others, and words between them."""
    others = draw(st.lists(st.sampled_from(["{month:02}", "{day:02}", "{unit}"]), max_size=3))
    fields = draw(st.permutations([draw(number_fields), "{year}", *others]))
    return "".join(draw(words) + "-" + field for field in fields) + draw(words)


@given(formats(), st.integers(1, 10**6), st.text(max_size=5))
def test_every_sound_format_gives_a_number_with_its_year(number_format: str, number: int, unit: str) -> None:
    """C8: the number holds year and date."""
    check(number_format)
    made = reference(number_format, on=DAY, number=number, unit=unit)
    assert "2026" in made
    assert str(number) in made


@given(formats(), st.integers(1, 10**6), st.integers(1, 10**6))
def test_two_numbers_of_one_format_and_day_differ(number_format: str, one: int, other: int) -> None:
    made = {reference(number_format, on=DAY, number=number) for number in (one, other)}
    assert len(made) == len({one, other})


def test_the_formats_of_the_schools_read_as_on_paper() -> None:
    """A7, C8."""
    assert reference("ALX {year}/{number:04}", on=DAY, number=7) == "ALX 2026/0007"
    assert reference("{number}/{day:02}.{month:02}.{year}", on=DAY, number=12) == "12/24.11.2026"
    assert reference("{unit}-{year}-{number}", on=DAY, number=1) == "-2026-1"


@pytest.mark.parametrize(
    "number_format",
    [
        "{number:04}",
        "ALX {year}",
        "",
        "{year}{number",
        "{year}{number}}",
        "{year}/{number}/{owner}",
        "{year}/{number.__class__}",
        "{year}/{number[0]}",
        "{year}/{number!r}",
        "{year}/{number:>9999999999}",
        "{year}/{number:{day}}",
        "{year}/{number}/{unit:9}",
        "{}{year}{number}",
        "{0}{year}{number}",
    ],
)
def test_a_format_that_cannot_work_is_refused_with_what_to_write(number_format: str) -> None:
    with pytest.raises(BadSettings, match="number format"):
        check(number_format)


def test_a_number_is_found_however_it_is_typed() -> None:
    assert search_key(" alx  2026/0007 ") == search_key("ALX 2026/0007")
    assert search_key("ＡLX 2026/0007") == search_key("ALX 2026/0007")
    assert search_key("ALX 2026/0007") != search_key("ALX 2026/0070")


@given(st.text())
def test_any_text_has_a_search_key(text: str) -> None:
    assert search_key(search_key(text)) == search_key(text) or not text.isascii()
