"""The parts that reading is made of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import classifiers
from classifiers import Classifiers, corpus_file, cues, cyrillic, staff
from classifiers.grades import grades_in
from classifiers.message import Message, sentences_of, without_quotes
from register.errors import BadSettings
from register.records import Address, AddressKind, OrganisationFacts

Organisations = dict[str, OrganisationFacts]


def test_latin_letters_become_cyrillic() -> None:
    assert cyrillic.from_latin("bus 4 pak go nqma, 7:52 e") == "бус 4 пак го няма, 7:52 е"


def test_words_are_found_again_where_they_were_written() -> None:
    text = "klasnata vidq i kaza stiga"
    start, end = cyrillic.original_span(text, 0, len("класната"))
    assert text[start:end] == "klasnata"


@pytest.mark.parametrize("text", ["Hej, min son är sjuk i dag", "hei han er syk", "the bus is late again", "Здравейте"])
def test_other_languages_are_not_taken_for_latin_bulgarian(text: str) -> None:
    assert not cyrillic.is_latin_bulgarian(text)


def test_a_star_stands_for_any_ending() -> None:
    expression = cues.pattern(("anonym*", "inte … namn", "*mobbing"))
    assert expression is not None
    assert [match.group() for match in expression.finditer("Anonymt: vill inte uppge mitt namn om nettmobbing")] == [
        "Anonymt",
        "inte uppge mitt namn",
        "nettmobbing",
    ]


def test_a_gap_does_not_cross_the_sentence() -> None:
    expression = cues.pattern(("inte … namn",))
    assert expression is not None
    assert expression.search("Det gick inte. Mitt namn är Eva.") is None


def test_quotations_are_left_out() -> None:
    assert without_quotes("Tack!\n\nDen 3 maj skrev Anna:\n> Hej\n> då") == "Tack!"
    assert without_quotes("> bara citat") == "> bara citat"


def test_short_sentences_join_and_endless_ones_are_cut() -> None:
    assert sentences_of("Hej! Ja. Det här är en hel mening.")[0].startswith("Hej! Ja.")
    assert all(len(one) <= 400 for one in sentences_of("a" * 5_000))


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("min son i 9B", 9),
        ("от VI б клас", 6),
        ("5ti klas", 5),
        ("går i niende trinn", 9),
        ("Grade 4", 4),
        ("IX клас", 9),
    ],
)
def test_classes_are_read(text: str, grade: int) -> None:
    assert grade in [number for _, number, _ in grades_in(text)]


@pytest.mark.parametrize("text", ["klokken 8", "3.10.", "450 kr", "14 dager", "kl. 9.15"])
def test_other_numbers_are_no_classes(text: str) -> None:
    assert grades_in(text) == []


def test_the_mailbox_tells_the_unit(reader: Classifiers, organisations: Organisations) -> None:
    found = reader.classify(
        subject="",
        body="Maten är kall varje dag.",
        organisation=organisations["huddinge"],
        recipients=("2+x@school.example",),
    )
    assert found.unit.label == "Segeltorpsskolan"


@pytest.mark.parametrize(
    ("organisation", "body", "unit"),
    [
        ("huddinge", "ابني في الصف الخامس بفوربي سكولان، لا أحد يصحح دفتره", "Vårbyskolan"),
        ("huddinge", "Таксист курит в машине каждое утро по дороге в Сегельторп", "Segeltorpsskolan"),
        ("st_george", "Mi hijo Bruno (Grado 10) lleva siete semanas sin profesor de español", "secondary"),
        ("st_george", "İkinci sınıftaki oğlum için yemek ücreti iki kez çekilmiş, iade edin", "primary"),
        ("st_george", "پسرم کلاس ۳ است و هر روز گرسنه به خانه می‌آید، شکایت دارم", "primary"),
        ("st_george", "kaza 4e shte prati parite na 3ti no gi nqma, sinat mi e 6b i chakame otgovor", "secondary"),
        ("st_george", "Дарина е 4г и пътува без столче в буса до градината, това не е редно", "kindergarten"),
        ("nordberg", "Mein Sohn geht in die 9. und wird jeden Tag ausgelacht, ich beschwere mich", "9. trinn"),
        ("nordberg", "Hytteturen i åttan: två lärare satt inne hela natten.", "8. trinn"),
        ("nordberg", "Mój syn z dziewiątej dostał test, choć ma zwolnienie.", "9. trinn"),
        ("nordberg", "Han sitter på gangen fra 9 til 14 med en skjerm.", None),
        ("st_george", "Дара от Патенца плаче всяка сутрин на вратата.", "kindergarten"),
        ("st_george", "Ученици от горните класове пушат пред входа ни.", "secondary"),
        ("st_george", "She came to the second class in September and nobody speaks to her.", "primary"),
    ],
)
def test_a_unit_is_told_in_any_language_and_spelling(
    reader: Classifiers, organisations: Organisations, organisation: str, body: str, unit: str | None
) -> None:
    found = reader.classify(subject="", body=body, organisation=organisations[organisation])
    assert found.unit.label == unit


def test_two_classes_of_different_units_give_no_unit(reader: Classifiers, organisations: Organisations) -> None:
    found = reader.classify(
        subject="", body="Ny adresse, gjelder Tomine 9C og Herman 10F", organisation=organisations["nordberg"]
    )
    assert found.unit.label is None


def test_a_title_with_a_name_is_one_person() -> None:
    found = staff.candidates("I går sa rektor Stellan Krook nej.", "sv")
    assert next(one.text for one in found) == "rektor Stellan Krook"


def test_a_title_in_apposition_gives_the_name() -> None:
    found = staff.candidates("Läraren, Susanne Ek, svarade inte.", "sv")
    assert "Susanne Ek" in [one.text for one in found]


@pytest.mark.parametrize(
    ("body", "role"),
    [
        ("Avdelingsleder Pernille Storm nekter å svare på e-post og ropte til meg i gangen. Det gjelder 9A.", "head_9"),
        ("Rektor la på røret midt i setningen min. Jeg vil klage på rektor.", "principal"),
        ("Jeg klager på Ragnvald Skaug, som kalte sønnen min lat foran hele klassen.", "principal"),
    ],
)
def test_the_role_complained_about_is_named(
    reader: Classifiers, organisations: Organisations, body: str, role: str
) -> None:
    """E2, G2: titles and names of role-holders lead to their roles."""
    found = reader.classify(subject="Klage", body=body, organisation=organisations["nordberg"])
    assert isinstance(found.accused_roles.label, tuple)
    assert role in found.accused_roles.label


def test_a_name_shared_with_the_sender_accuses_nobody(reader: Classifiers, organisations: Organisations) -> None:
    """E2: a first name that the sender has too must not hide a case from everyone."""
    sender = Address(kind=AddressKind.MAIL, value="p@example.org", name="Pernille Dahl")
    body = "Maten i kantina er for dyr. Hilsen Pernille"
    found = reader.classify(subject="", body=body, organisation=organisations["nordberg"], sender=sender)
    assert found.accused_roles.label == ()


def test_a_rejected_answer_is_dissatisfaction(reader: Classifiers) -> None:
    """G8: not satisfied with an answer."""
    body = "Tack för ert svar av den 3 mars. Jag är inte nöjd med svaret och vill gå vidare till nästa steg."
    assert reader.classify(subject="SV: Ert ärende 2024-118", body=body).dissatisfied.label is True


def test_asking_for_the_status_is_heard(reader: Classifiers) -> None:
    """D6: how does my case stand?"""
    body = (
        "Hej igen, jag skickade in ett klagomål den 2 oktober. Vad händer med mitt ärende, har ni hunnit titta på det?"
    )
    assert reader.classify(subject="Mitt ärende", body=body).asks_status.label is True


def test_a_wrong_line_of_the_corpus_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps({"id": "a"}) + "\n", "utf-8")
    with pytest.raises(BadSettings, match="line 1"):
        corpus_file.read([path])


def test_an_unreadable_artefact_is_named(tmp_path: Path) -> None:
    path = tmp_path / "model.zip"
    path.write_bytes(b"not a zip")
    with pytest.raises(BadSettings, match=r"model\.zip"):
        classifiers.load(path)


def test_the_message_is_the_same_whatever_the_line_ends() -> None:
    assert Message.of("a", "b\r\nc").body == Message.of("a", "b\nc").body
