"""Walks over what the bot says: every text in every language, with the same values, and the right way round."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from string import Formatter

import pytest

from replies.chat import languages, say, wording
from replies.formats import direction

EXPECTED = ("ar", "bg", "de", "en", "es", "fa", "fi", "nb", "nn", "pl", "ru", "so", "sv", "tr", "uk")
#: the longest title that a phone shows whole in a row of its own
LONGEST_TITLE = 42


def values(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_the_bot_speaks_fifteen_languages() -> None:
    assert languages() == EXPECTED


@pytest.mark.parametrize("language", EXPECTED)
def test_every_text_is_there_with_the_values_of_the_swedish_one(language: str) -> None:
    own, swedish = wording(language), wording("sv")
    assert own.name
    assert own.says.keys() == swedish.says.keys()
    assert own.buttons.keys() == swedish.buttons.keys()
    for key, text in swedish.says.items():
        assert values(own.says[key]) == values(text), key


@pytest.mark.parametrize("language", EXPECTED)
def test_no_text_is_empty_or_left_in_another_language(language: str) -> None:
    own, english = wording(language), wording("en")
    for texts, others in ((own.says, english.says), (own.buttons, english.buttons)):
        assert all(text.strip() for text in texts.values())
        assert language == "en" or same(texts, others) <= {"no"}
    assert all(len(title) <= LONGEST_TITLE for title in own.buttons.values())


def same(some: Mapping[str, str], others: Mapping[str, str]) -> set[str]:
    return {key for key, text in some.items() if text == others[key]}


@pytest.mark.parametrize("language", EXPECTED)
def test_danger_and_the_commands_are_told_in_every_language(language: str) -> None:
    """G7: 112 stands in the first thing that the bot says."""
    assert "112" in wording(language).says["welcome"]
    commands = ("/new", "/status", "/notsatisfied", "/anonymous", "/language", "/cancel")
    assert all(command in wording(language).says["help"] for command in commands)


@pytest.mark.parametrize("language", [one for one in EXPECTED if direction(one) == "rtl"])
def test_a_foreign_name_keeps_its_direction_in_a_text_from_right_to_left(language: str) -> None:
    said = say("added", language, reference="ALX 2026-0001")
    assert "\u2068ALX 2026-0001\u2069" in said
    # A chat takes the direction of the first letter that has one (UAX 9, P2).
    for text in wording(language).says.values():
        strong = next(one for one in text if unicodedata.bidirectional(one) in ("L", "R", "AL"))
        assert unicodedata.bidirectional(strong) in ("R", "AL"), text
