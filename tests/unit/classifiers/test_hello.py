"""Whoever only says hello is greeted, in any language."""

from __future__ import annotations

import pytest

from classifiers import hello


@pytest.mark.parametrize(
    "text",
    [
        "Hej",
        "hej!! 👋",
        "God morgon.",
        "Здравейте",
        "Добър ден, има ли някой?",
        "zdraveite",
        "Hei alle sammen",
        "Hello?",
        "Good morning :)",
        "test",
        "مرحباً",
        "سلام",
        "Salaan",
        "Merhaba, iyi günler",
        "Dzień dobry",
        "Доброго дня!",
        "Hej hej hej",
    ],
)
def test_a_greeting_is_nothing_but_a_greeting(text: str) -> None:
    assert hello.said(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "👍",
        "Hej, min son blir slagen",
        "Hej Anna",
        "Hej 0701740605",
        "Tack!",
        "Ja",
        "Nej",
        "Hejdå skolan",
        "Testet var för svårt",
        "Здравейте, помощ",
        "Hi, help",
        "/start",
    ],
)
def test_one_word_more_is_more(text: str) -> None:
    assert not hello.said(text)


@pytest.mark.parametrize("text", ["👍", "", "...", "ok", "Ja!", "Hej, ok", "да", "нет", "نعم", "Hej"])
def test_yes_says_nothing(text: str) -> None:
    assert hello.nothing(text)


@pytest.mark.parametrize("text", ["Tack!", "Hjälp", "Nej sluta", "12", "не искам", "no food"])
def test_what_a_frightened_person_may_write_says_something(text: str) -> None:
    assert not hello.nothing(text)
