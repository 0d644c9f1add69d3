"""Walks over every procedure file and every file of shared wording."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from procedures.load import BUILT_IN, Procedures, read
from procedures.model import Procedure
from procedures.phrases import FOLDER, phrases
from procedures.sections import Stage
from procedures.texts import texts_of
from procedures.values import LANGUAGES

FILES = sorted(BUILT_IN.glob("*.toml"))
SCHOOLS = Procedures.load().all
CATEGORIES = {file.stem for file in (Path(__file__).parents[2] / "classifiers" / "categories").glob("*.toml")}
#: as the labelled messages have them
UNITS = {
    "alexanderskolan": {"Skeppargatan", "Linnégatan", "Valhallavägen", "Gärdet"},
    "huddinge": {
        "Balingsnässkolan",
        "Kvarnbergsskolan",
        "Segeltorpsskolan",
        "Skogåsskolan",
        "Vårbyskolan",
        "Källbrinksskolan",
    },
    "st_george": {"kindergarten", "primary", "secondary"},
    "nordberg": {"8. trinn", "9. trinn", "10. trinn", "SFO/administrasjon"},
}
#: how each school's own document names its parts
CLAUSES = {
    "alexanderskolan": r"Steg [1-4]|Bakgrund|Skolans egen|Skollagen",
    "huddinge": r"Organisation, st\. [1-3]|Ingressen|Vad eftersträvar ni|Kommunens egen|Skollagen",
    "st_george": r"Етап 1 (Неофициален|Официален)|Обхват|Препратки",
    "nordberg": r"punkt ([1-9]|10)\b|Innledningen|Skolens egen",
}

EACH_FILE = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
EACH_SCHOOL = pytest.mark.parametrize("school", SCHOOLS, ids=lambda one: one.id)
EACH_LANGUAGE = pytest.mark.parametrize("language", LANGUAGES)


def values(data: Any, wanted: str) -> Iterator[Any]:
    """Every value of a key, at any depth."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key == wanted:
                yield value
            yield from values(value, wanted)
    elif isinstance(data, list | tuple):
        for one in data:
            yield from values(one, wanted)


def strings(value: Any) -> Iterator[str]:
    """The sentences of a text or of lines."""
    yield from ([value] if isinstance(value, str) else value)


@EACH_FILE
def test_the_file_is_that_of_its_organisation(file: Path) -> None:
    """G10: found by its name."""
    assert read(file).id == file.stem


@EACH_FILE
def test_the_secretary_is_told_what_to_look_over_each_year(file: Path) -> None:
    """G10: and which mailboxes are read."""
    text = file.read_text(encoding="utf-8")
    assert re.search(r"VARJE ÅR|ВСЯКА ГОДИНА|HVERT ÅR", text)
    assert all(box.address in text.split("[organisation]")[0] or box.unit for box in read(file).mailboxes)


@EACH_SCHOOL
def test_every_clause_names_a_part_of_the_schools_own_document(school: Procedure) -> None:
    """G1, G10: so that the file can be compared with the paper."""
    clauses = list(values(school.model_dump(), "clause"))
    assert clauses
    assert [clause for clause in clauses if not re.match(CLAUSES[school.id], clause)] == []


@EACH_SCHOOL
def test_the_units_are_those_of_the_labelled_messages(school: Procedure) -> None:
    """B3, C9: a classifier's unit is a procedure's unit."""
    assert {unit.id for unit in school.units} == UNITS[school.id]


@EACH_SCHOOL
def test_the_categories_that_a_procedure_names_exist(school: Procedure) -> None:
    """B3: otherwise a rule would never match."""
    data = school.model_dump()
    named = {name for key in ("categories", "except_categories") for many in values(data, key) for name in many}
    assert named <= CATEGORIES


@EACH_SCHOOL
def test_every_text_is_in_every_language(school: Procedure) -> None:
    """D3: or a name that needs none."""
    for where, text in texts_of(school):
        assert "" in text or set(text) == set(LANGUAGES), where
        for value in text.values():
            assert all(sentence == sentence.strip() != "" for sentence in strings(value)), where


@EACH_SCHOOL
def test_norwegian_and_swedish_are_not_mixed_up(school: Procedure) -> None:
    """D3: no Swedish letters in Norwegian, no Norwegian ones in Swedish, Bulgarian in its own script."""
    foreign = {"nb": "äöÄÖ", "nn": "äöÄÖ", "sv": "æøÆØ", "en": "æøäåö"}
    names = re.compile(r"Linnégatan|Utbildningsförvaltningen|Humlegården|Elev- og lærlingombudet|www\S+")
    for where, text in texts_of(school):
        for language, letters in foreign.items():
            for sentence in strings(text.get(language, ())):
                assert not set(letters) & set(names.sub("", sentence)), (where, language)
        for sentence in strings(text.get("bg", ())):
            assert re.search(r"[а-я]|\d\d", sentence), where


@EACH_SCHOOL
def test_a_promise_begins_a_sentence_that_a_date_ends(school: Procedure) -> None:
    """D6, G1: no full stop before the date."""
    promises = [limit.promise for stage in school.stages for limit in stage.time_limits if limit.promised]
    assert promises
    for promise in promises:
        assert not [text for text in promise.values() if text[-1] in ".:;,!"]
        assert all(text[0].isupper() for text in promise.values())


@EACH_SCHOOL
def test_sentences_end(school: Procedure) -> None:
    """D3: whole sentences, where a letter shows them as such."""
    shown: list[Any] = [school.urgent.note, school.anonymous.what_happens, school.outside_body.after_last_stage]
    shown += [text for stage in school.stages for text in (stage.what_happens, stage.next_level)]
    shown += [advice.text for advice in school.advice] + [rule.says for rule in school.rules]
    for text in shown:
        for value in text.values():
            assert all(sentence[-1] in ".?!" for sentence in strings(value)), value


@EACH_SCHOOL
def test_emergency_numbers_are_there(school: Procedure) -> None:
    """G7: 112, and the children's line."""
    for lines in school.emergency.values():
        assert "112" in lines[0]
        assert "116 111" in lines[1]


@EACH_SCHOOL
def test_every_stage_of_a_complaint_has_a_clock_and_a_way_on(school: Procedure) -> None:
    """D6, G6, G8: a date, and a next level or the body outside."""

    def has_both(stage: Stage) -> bool:
        onwards = bool(stage.next and stage.next_level) or next(school.following(stage, None), None) is None
        return onwards and (bool(stage.time_limits) or stage.id == "heard")

    assert [stage.id for stage in school.stages if stage.track != "enquiry" and not has_both(stage)] == []


@EACH_SCHOOL
def test_role_names_and_addresses_are_each_somebodys_own(school: Procedure) -> None:
    """E2: two roles of one person would be one person to the decision."""
    for many in ([role.name for role in school.roles if role.name], [role.mail for role in school.roles if role.mail]):
        assert len(many) == len(set(many))


@EACH_SCHOOL
def test_invented_addresses_belong_to_nobody(school: Procedure) -> None:
    """G10: the documents' own domains, or `.example`."""
    domains = {role.mail.rpartition("@")[2] for role in school.roles if role.mail}
    assert {name for name in domains if not name.endswith(".example")} <= {"alexanderskolan.se", "stgeorgeschool.eu"}


def test_the_contact_data_of_the_documents_are_kept() -> None:
    """A5, A6, C2: people, addresses and telephones as the schools wrote them."""
    text = {file.stem: file.read_text(encoding="utf-8") for file in FILES}
    for known in ("hej@alexanderskolan.se", "508 33 000", "anmalan@stockholm.se", "08-409 390 00", "Skeppargatan 51"):
        assert known in text["alexanderskolan"]
    for known in (
        "Лео Бъкли",
        "Кремена Пенева",
        "+359 2 4144 414",
        "+359 88 516 0742",
        "sgp.reception@",
    ):
        assert known in text["st_george"]
    assert "Magdalena Eiger" in text["huddinge"]


@EACH_LANGUAGE
def test_the_shared_wording_says_the_same_in_every_language(language: str) -> None:
    """D3, G5: the same keys, the same fields."""
    swedish, other = phrases("sv").model_dump(), phrases(language).model_dump()
    for key, value in swedish.items():
        if isinstance(value, dict):
            assert set(other[key]) == set(value), key
        else:
            assert re.findall(r"\{\w+\}", other[key]) == re.findall(r"\{\w+\}", value), key


@EACH_LANGUAGE
def test_every_reason_for_silence_has_plain_words(language: str) -> None:
    """G5: of all that the guards say."""
    codes = ["own_loop", "null_path", "bounce", "daemon", "auto_submitted", "precedence", "list", "suppress", "joined"]
    codes += ["auto_header", "no_reply", "remailer", "subject", "rate_limit", "no_sender", "oversize"]
    assert set(codes) <= set(phrases(language).not_acknowledged)


def test_there_is_one_file_of_wording_for_each_language() -> None:
    """D3: and each is TOML."""
    assert {file.stem for file in FOLDER.glob("*.toml")} == set(LANGUAGES)
    assert all(tomllib.loads(file.read_text(encoding="utf-8")) for file in FOLDER.glob("*.toml"))


@EACH_LANGUAGE
def test_every_kind_of_date_has_words_for_staff(language: str) -> None:
    """G6: a reminder says which date it is about."""
    kinds = {limit.kind for school in SCHOOLS for stage in school.stages for limit in stage.time_limits}
    assert kinds <= set(phrases(language).deadlines)
