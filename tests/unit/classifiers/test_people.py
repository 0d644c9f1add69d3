"""Where people who are complained about begin and end, and who of them is the same."""

from __future__ import annotations

import pytest

from classifiers import people, staff
from classifiers.spans import Span, joined, spans


def pieces(text: str, likely: dict[str, float]) -> list[tuple[int, int, float]]:
    """One piece a word, as likely as told."""
    found, place = [], 0
    for word in text.split(" "):
        found.append((place, place + len(word), likely.get(word, 0.01)))
        place += len(word) + 1
    return found


@pytest.mark.parametrize(
    ("text", "code", "person"),
    [
        ("I går hade läraren Kent redan gått", "sv", "läraren Kent"),
        ("Chauffören på turen, en ung kille som heter Dino, kollar på film", "sv", "Dino"),
        ("One of the teachers (Yvonne) puts notes on lockers", "en", "Yvonne"),
        ("Læreren som har vakt, fru Myhre, sa nei", "nb", "fru Myhre"),
        ("Klassföreståndaren i 7C ringde hem", "sv", "Klassföreståndaren i 7C"),
        ("Днес шофьорът на линия 3 не спря", "bg", "шофьорът на линия 3"),
        ("Our Norwegian teacher Ragnhild does my accent", "en", "teacher Ragnhild"),
    ],
)
def test_the_rules_know_where_somebody_begins_and_ends(text: str, code: str, person: str) -> None:
    assert person in [one.text for one in staff.candidates(text, code)]


def test_a_title_that_only_introduces_a_name_is_nobody_else() -> None:
    assert [one.text for one in staff.candidates("Läraren, Susanne Ek, svarade inte.", "sv")] == ["Susanne Ek"]


def test_whose_child_is_taught_is_no_part_of_a_title() -> None:
    found = staff.candidates("Kontaktlæreren til sønnen min la på", "nb")
    assert [one.text for one in found] == ["Kontaktlæreren"]


def test_words_beside_each_other_are_one_person_without_the_words_that_bind_them() -> None:
    text = "svar från köksansvarig Bengt som la på"
    found = spans(text, pieces(text, {"från": 0.6, "köksansvarig": 0.9, "Bengt": 0.95, "som": 0.7}))
    assert [text[one.start : one.end] for one in found] == ["köksansvarig Bengt"]


def test_a_word_of_several_pieces_belongs_to_somebody_by_all_of_them() -> None:
    assert spans("rektor", [(0, 3, 0.9), (3, 6, 0.9)]) == (Span(start=0, end=6, score=0.9),)
    assert spans("rektor", [(0, 3, 0.6), (3, 6, 0.1)]) == ()


@pytest.mark.parametrize(
    ("text", "known", "felt", "whole"),
    [
        ("قال معلم ورزش لا", "معلم", "معلم ورزش", "معلم ورزش"),
        ("Trond lot klassen gjette", "Trond", "Trond lot", "Trond"),
        ("ringde resepsjonisten på kveld", "resepsjonisten", "resepsjonisten på kveld", "resepsjonisten"),
        ("tog klass 3. lärare igen", "lärare", "3. lärare", "lärare"),
    ],
)
def test_a_title_grows_by_what_the_encoder_adds_but_not_into_the_sentence(
    text: str, known: str, felt: str, whole: str
) -> None:
    start, first = text.index(known), text.index(felt)
    other = Span(start=first, end=first + len(felt), score=0.9)
    begin, end = joined(text, start, start + len(known), [other], titled=True, named=False)
    assert text[begin:end] == whole


def test_one_person_is_named_once_and_most_fully() -> None:
    found = people.one_each([("läraren", 0.9), ("Läraren i engelska", 0.8), ("Marita", 0.7), ("lärarens", 0.6)])
    assert found == (("Läraren i engelska", 0.9), ("Marita", 0.7))


def test_two_people_with_the_same_title_stay_two() -> None:
    pairs = [("læreren i matte", 0.9), ("læreren i norsk", 0.8)]
    assert people.one_each(pairs) == tuple(pairs)
