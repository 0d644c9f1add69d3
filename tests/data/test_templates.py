"""Walks over every letter file and every language."""

from __future__ import annotations

import re

import pytest

from replies.check import problems
from replies.environment import LANGUAGES, LETTERS, TEMPLATES, sources
from replies.openers import languages

FILES = sources(TEMPLATES)
WITHOUT_LETTERS = sorted(set(languages()) - set(LANGUAGES))
#: quotation marks of each language; the others are a slip of the keyboard
QUOTES = {"sv": "””", "nb": "«»", "nn": "«»", "bg": "„“", "en": "“”"}


def words(text: str) -> str:
    """A letter file without its instructions."""
    return re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", text)


def test_nothing_is_wrong_with_our_letters() -> None:
    """Every letter exists in five languages, names only facts that there are, and comes out whole."""
    assert problems() == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_files(language: str) -> None:
    def names(code: str) -> set[str]:
        return {name.partition("/")[2] for name in FILES if name.startswith(f"{code}/")}

    assert names(language) == names("sv")
    assert names(language) >= {f"{letter}.txt" for letter in LETTERS}


@pytest.mark.parametrize("name", sorted(name for name in FILES if name.endswith(".txt")))
def test_its_instructions_are_those_of_the_swedish_file(name: str) -> None:
    """A fact that one language says and another forgets would show here."""
    language, _, file = name.partition("/")

    def facts(text: str) -> set[str]:
        return set(re.findall(r"\{\{ (\w+(?:\.\w+)?)", text))

    assert facts(FILES[name]) == facts(FILES[f"sv/{file}"]), language


@pytest.mark.parametrize("name", sorted(name for name in FILES if name.endswith(".txt")))
def test_its_quotation_marks_are_those_of_its_language(name: str) -> None:
    allowed = QUOTES[name.partition("/")[0]]
    assert not [mark for mark in words(FILES[name]) if mark in '"”“„«»' and mark not in allowed]


@pytest.mark.parametrize("language", ["nb", "nn"])
def test_norwegian_has_no_swedish_letters(language: str) -> None:
    for name, text in FILES.items():
        if name.startswith(f"{language}/"):
            assert not set("äöÄÖ") & set(words(text)), name


@pytest.mark.parametrize("language", WITHOUT_LETTERS)
def test_first_words_name_the_number_and_the_languages(language: str) -> None:
    """D3: ten languages in which a parent is greeted before the letter in the school's own."""
    table = languages()[language]
    for sentence in (table.received, table.about):
        assert "{reference}" in sentence
        assert "{languages}" in sentence
    assert "112" in table.danger
    assert set(table.languages) == set(LANGUAGES)
    assert table.joint.strip()


def test_ten_languages_have_first_words() -> None:
    assert sorted(("ar", "so", "fi", "pl", "tr", "uk", "ru", "fa", "es", "de")) == WITHOUT_LETTERS
