"""Walks over what the bot says to staff: every text in the five languages, with the same values."""

from __future__ import annotations

from string import Formatter

import pytest

from replies.staff import languages, wording

EXPECTED = ("bg", "en", "nb", "nn", "sv")
#: the longest title that a phone shows whole, two in a row
LONGEST_TITLE = 24
QUOTES = {"sv": "””", "nb": "«»", "nn": "«»", "bg": "„“", "en": "“”"}


def values(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_staff_are_spoken_to_in_five_languages() -> None:
    assert languages() == EXPECTED


@pytest.mark.parametrize("language", EXPECTED)
def test_every_text_for_staff_is_there_with_the_values_of_the_swedish_one(language: str) -> None:
    own, swedish = wording(language), wording("sv")
    assert own.says.keys() == swedish.says.keys()
    assert own.buttons.keys() == swedish.buttons.keys()
    for key, text in swedish.says.items():
        assert values(own.says[key]) == values(text), key


@pytest.mark.parametrize("language", EXPECTED)
def test_no_text_for_staff_is_empty_or_left_in_another_language(language: str) -> None:
    own, english = wording(language), wording("en")
    for texts, others in ((own.says, english.says), (own.buttons, english.buttons)):
        assert all(text.strip() for text in texts.values())
        assert language == "en" or {key for key, text in texts.items() if text == others[key]} <= {"send"}
    assert all(len(title) <= LONGEST_TITLE for title in own.buttons.values())
    marks = {mark for text in own.says.values() for mark in text if mark in '"”“„«»'}
    assert marks <= set(QUOTES[language])


@pytest.mark.parametrize("language", EXPECTED)
def test_staff_who_write_of_danger_where_nobody_reads_are_told_whom_to_call(language: str) -> None:
    """G7."""
    assert "112" in wording(language).says["ask_what"]
    assert "/new" in wording(language).says["linked"]
