"""The fields of a complaint, typed into a mail."""

from __future__ import annotations

import pytest

from intake.forms.typed import fields
from intake.forms.values import names_in

ALEXANDERSKOLAN = """Blankett för klagomål

Kontaktuppgifter:

Namn: Anna Åberg\tTelefonnummer: 070-123 45 67
Gatuadress: Storgatan 5\tPostnummer och ort: 114 58 Stockholm
e-postadress: anna@familjen.example\tEnhet som klagomålet berör: Gärdet

Beskriv kortfattat ditt klagomål:
Maten är kall.

Varje dag.

Ort och datum: Stockholm 2026-11-03
Namnteckning: Anna Åberg
"""
ST_GEORGE = """До Директора на ЧСУ „Свети Георги“

Три имена: Иван Петров Стоянов
Адрес: гр. София, ул. „Шипка“ 3
Телефон: 0888 123 456
Естество на искането: проверка на оценките
Дата: 03.11.2026 г.
Подпис: И. Стоянов
Начин на отговор: по имейл
"""


def test_the_swedish_form_is_read() -> None:
    """A7: a form that arrives as plain text is read into the case."""
    assert fields(ALEXANDERSKOLAN) == {
        "name": "Anna Åberg",
        "phone": "070-123 45 67",
        "address": "Storgatan 5",
        "postcode": "114 58 Stockholm",
        "mail": "anna@familjen.example",
        "unit": "Gärdet",
        "description": "Maten är kall.\n\nVarje dag.",
        "place_date": "Stockholm 2026-11-03",
        "date": "2026-11-03",
        "signature": "Anna Åberg",
    }


def test_the_parts_of_a_bulgarian_complaint_are_read() -> None:
    """C7: three names and address, nature of the request, date, signature, phone, chosen way of answer."""
    assert fields(ST_GEORGE) == {
        "name": "Иван Петров Стоянов",
        "full_name": "Иван Петров Стоянов",
        "address": "гр. София, ул. „Шипка“ 3",
        "phone": "0888 123 456",
        "description": "проверка на оценките",
        "date": "03.11.2026 г.",
        "signature": "И. Стоянов",
        "answer_by": "по имейл",
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Namn:\nAnna Åberg\nTelefonnummer:\n070-123 45 67\n", {"name": "Anna Åberg", "phone": "070-123 45 67"}),
        (
            "Namn:\tAnna Åberg\nOrt och datum\tSolna 2026-11-03\n",
            {"name": "Anna Åberg", "place_date": "Solna 2026-11-03", "date": "2026-11-03"},
        ),
        ("*Namn:* Anna Åberg\n- Telefon: 08-409 390 00", {"name": "Anna Åberg", "phone": "08-409 390 00"}),
        (
            "Navn: Kari Moe\nAdresse: Storgata 1\nTlf: 900 12 345\nDato: 3. november 2026\nUnderskrift: Kari Moe",
            {
                "name": "Kari Moe",
                "address": "Storgata 1",
                "phone": "900 12 345",
                "date": "3. november 2026",
                "signature": "Kari Moe",
            },
        ),
        (
            "Namn: Åshild Røys\nSkule: Nordberg\nStad og dato: Bergen 3.11.2026",
            {"name": "Åshild Røys", "unit": "Nordberg", "place_date": "Bergen 3.11.2026", "date": "3.11.2026"},
        ),
        (
            "Full name: Tom Lee Hart\nAddress: 5 High Street\nDate: 3 November 2026\nPreferred way of answer: e-mail",
            {
                "name": "Tom Lee Hart",
                "full_name": "Tom Lee Hart",
                "address": "5 High Street",
                "date": "3 November 2026",
                "answer_by": "e-mail",
            },
        ),
    ],
)
def test_labels_of_the_languages_are_known(text: str, expected: dict[str, str]) -> None:
    assert fields(text) == expected


def test_the_head_of_a_bulgarian_letter_is_read() -> None:
    """C7: what satisfies the parts is found without labels too."""
    text = (
        "ЖАЛБА\nот Десислава Иванова Калоянова, ж.к. „Младост 1“, бл. 54, тел. 0888 000 214\n\n"
        "Синът ми...\n\n14.11.2026 г.\n"
    )
    assert fields(text) == {
        "full_name": "Десислава Иванова Калоянова",
        "address": "ж.к. „Младост 1“, бл. 54",
        "phone": "0888 000 214",
        "date": "14.11.2026",
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Maten är kall.\n\nMed vänlig hälsning\nAnna Berg\n070-123 45 67", {"phone": "070-123 45 67"}),
        ("Ring mig på tel. 08-409 390 00.", {"phone": "08-409 390 00"}),
        ("С уважение,\nИван Петров Стоянов", {"full_name": "Иван Петров Стоянов"}),
        ("Regards\nAnna Maria Berg\n+46 70 123 45 67", {"full_name": "Anna Maria Berg", "phone": "+46 70 123 45 67"}),
        (
            "Maten är kall.\n\nSolna den 3 november 2026\nAnna",
            {"date": "3 november 2026", "place_date": "Solna den 3 november 2026"},
        ),
    ],
)
def test_the_end_of_a_letter_is_read(text: str, expected: dict[str, str]) -> None:
    assert fields(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Läraren sa: nej.",
        "Klagomål: maten är kall",
        "Namn: ________\nNamnteckning: ....\nDatum: -",
        "Datum: det hände i förra veckan, tror jag, och sedan en gång till dagen efter det",
        "Telefon: ring inte",
        "E-post: har jag ingen",
        "Med Vänlig Hälsning",
        "С Уважение Иван",
        "Det var den 2026-11-03.\n2026-11-03 kl 10",
        "Svara på 19850101-1234",
        "Alexanderskolan Gärdet Stockholm School",
    ],
)
def test_nothing_is_guessed(text: str) -> None:
    assert fields(text) == {}


@pytest.mark.parametrize("name", ["Иван Петров Стоянов", "Anna-Karin Maria Öberg", "  Lars  Petter Moe "])
def test_three_capitalised_words_are_three_names(name: str) -> None:
    """C7: three names."""
    assert names_in(name) == {"full_name": " ".join(name.split())}


@pytest.mark.parametrize(
    "name", ["Иван Стоянов", "anna maria berg", "Anna B Berg", "Föräldrar Till Moa Lund", "Klass 3B Gärdet", ""]
)
def test_other_names_are_not_three(name: str) -> None:
    assert names_in(name) == {}
