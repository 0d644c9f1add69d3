"""What is said outright is never missed, whatever the trained model makes of it."""

from __future__ import annotations

import pytest

from classifiers import complaining, danger


@pytest.mark.parametrize(
    "text",
    [
        "Min son skriver att han inte orkar leva längre.",
        "Datteren min sier hun ikke orker å leve mer.",
        "Dotter mi skriv at ho ikkje orkar å leve lenger.",
        "Синът ми каза, че не иска да живее повече.",
        "My daughter says she wants to die.",
        "Where is my son? Nobody knows where he is.",
        "Hon har skurit sig i armen.",
        "Сын не хочет больше жить.",
        "Hija no quiere vivir.",
        "لا يريد أن يعيش",
    ],
)
def test_g7_danger_that_is_said_outright_is_always_danger(text: str) -> None:
    assert danger.unmistakable([text]) == (text,)


@pytest.mark.parametrize(
    "text",
    [
        "MATEN ÄR EN KATASTROF!!! AKUT!!!",
        "Никой не знае къде е инхалаторът.",
        "He is missing the morning circle.",
        "На сина ми му изчезна якето.",
        "Han dör av skratt åt maten.",
    ],
)
def test_what_only_sounds_like_danger_is_left_to_the_model(text: str) -> None:
    assert danger.unmistakable([text]) == ()


@pytest.mark.parametrize(
    "text",
    ["Vi vill klaga på maten.", "Klage på læreren", "Подавам оплакване за храната", "We complain about the bus."],
)
def test_a_complaint_that_says_so_is_heard(text: str) -> None:
    assert complaining.said(text)


@pytest.mark.parametrize(
    "text", ["Det här är inget klagomål på er.", "Не се оплаквам.", "This is not a complaint about you."]
)
def test_a_complaint_that_is_denied_is_none(text: str) -> None:
    assert complaining.said(text) == ""
