"""What a parent reads first: everything the procedure promises, in both forms and in every language."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from register.records import Contact, Letter
from tests.unit.replies.conftest import Facts, Write

LANGUAGES = ("sv", "bg", "nb", "nn", "en")
DUE = {
    "sv": "tisdag 8 december 2026",
    "nb": "tirsdag 8. desember 2026",
    "nn": "tysdag 8. desember 2026",
    "bg": "вторник, 8 декември 2026 г.",
    "en": "Tuesday, 8 December 2026",
}
RECEIVED = {
    "sv": "tisdag 24 november 2026 kl. 18:05",
    "nb": "tirsdag 24. november 2026 kl. 18:05",
    "nn": "tysdag 24. november 2026 kl. 18:05",
    "bg": "вторник, 24 ноември 2026 г. в 18:05 ч.",
    "en": "Tuesday, 24 November 2026 at 18:05",
}
SUBJECTS = {
    "sv": "Vi har tagit emot ditt klagomål (ALX 2026/0012)",
    "nb": "Vi har fått klagen din (ALX 2026/0012)",
    "nn": "Vi har fått klaga di (ALX 2026/0012)",
    "bg": "Получихме Вашето оплакване (ALX 2026/0012)",
    "en": "We have received your complaint (ALX 2026/0012)",
}
QUOTED = {
    "sv": "”Min son får mat som han inte tål.”",
    "nb": "«Min son får mat som han inte tål.»",
    "nn": "«Min son får mat som han inte tål.»",
    "bg": "„Min son får mat som han inte tål.“",
    "en": "“Min son får mat som han inte tål.”",
}


def parsed(letter: Letter) -> EmailMessage:
    """The letter as a mail program reads it."""
    message = message_from_bytes(letter.content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def bodies(letter: Letter) -> tuple[str, str]:
    """The plain text and the HTML of a letter."""
    message = parsed(letter)
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    return plain.get_content().replace("\r\n", "\n"), html.get_content().replace("\r\n", "\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_who_what_and_by_when_in_text_and_html(language: str, facts: Facts, write: Write) -> None:
    """D1, D3, D5, D6, G1: number, understanding, owner and how to reach them, dates, next level, outside body."""
    letter = write("acknowledgement", facts(language))

    assert letter.subject == SUBJECTS[language]
    for body in bodies(letter):
        for said in (
            "ALX 2026/0012",
            RECEIVED[language],
            "Mat och måltider",
            "Förskolan Gärdet",
            QUOTED[language],
            "Siv Ekebladh, förskolerektor",
            "siv@alexanderskolan.example",
            "08-465 004 34",
            "Örjan Åström, utredare: ansvarar också",
            "Steg 2: förskolerektorn utreder",
            "Personalen hörs.",
            DUE[language],
            "Hedvig Lagerstam, verksamhetschef",
            "Utbildningsförvaltningen",
            "anmalan@stockholm.example",
            "Alexanderskolan",
        ):
            assert said in body


@pytest.mark.parametrize("language", LANGUAGES)
def test_advice_and_missing_parts_and_questions_are_asked_kindly(language: str, facts: Facts, write: Write) -> None:
    """A2, B2, C7: the advice, each missing part, both questions with the units to choose from."""
    letter = write("acknowledgement", facts(language))
    investigate = {
        "sv": "Vill du att vi utreder",
        "nb": "Vil du at vi skal undersøke",
        "nn": "Vil du at vi skal undersøkje",
        "bg": "Желаете ли да проверим",
        "en": "Do you want us to investigate",
    }
    for body in bodies(letter):
        for said in ("Ärendet går vidare i vilket fall.", "ditt telefonnummer", investigate[language], "Linnégatan"):
            assert said in body


def test_nothing_is_asked_where_nothing_is_missing(facts: Facts, write: Write) -> None:
    """C7, B2: no empty heading is left."""
    letter = write("acknowledgement", facts(missing_parts=(), questions=(), units=(), advice=""))
    for heading in ("Det här saknas", "Vi vill gärna veta", "Ett råd"):
        assert heading not in letter.body


@pytest.mark.parametrize("language", LANGUAGES)
def test_emergency_numbers_come_first_when_it_is_urgent(language: str, facts: Facts, write: Write) -> None:
    """G7: the numbers stand above everything else, and the advice to wait and talk is left out."""
    letter = write("acknowledgement", facts(language, urgent=True))
    text, html = bodies(letter)
    assert text.index("116 111") < text.index("ALX 2026/0012")
    assert 'href="tel:116111"' in html
    assert "Prata gärna med personalen" not in text


def test_no_emergency_numbers_without_urgency(facts: Facts, write: Write) -> None:
    assert "116 111" not in write("acknowledgement", facts()).body


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["complaint", "concern", "question", "praise", "follow_up", "other", ""])
def test_every_kind_of_message_has_its_own_words(kind: str, language: str, facts: Facts, write: Write) -> None:
    """C1: a concern is called a concern; what is no complaint is not called one."""
    letter = write("acknowledgement", facts(language, kind=kind))
    word = {"sv": "klagomål", "nb": "klagen", "nn": "klaga", "bg": "оплакване", "en": "complaint"}[language]
    assert (word in letter.subject) == (kind == "complaint")


def test_praise_is_not_told_how_to_complain(facts: Facts, write: Write) -> None:
    letter = write("acknowledgement", facts(kind="praise", category="", advice=""))
    assert "Om du inte blir nöjd" not in letter.body
    assert letter.body.startswith("Tack för dina vänliga ord!")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_anonymous_are_told_what_staff_see_and_what_stays_in_the_mailbox(
    language: str, facts: Facts, write: Write
) -> None:
    """A4, G3: no more is promised than is kept."""
    mailbox = {"sv": "brevlåda", "nb": "innboksen", "nn": "innboksen", "bg": "пощенската кутия", "en": "mailbox"}
    assert mailbox[language] in write("acknowledgement", facts(language, anonymous=True)).body
    assert mailbox[language] not in write("acknowledgement", facts(language)).body


def test_a_wish_for_no_investigation_is_said_back(facts: Facts, write: Write) -> None:
    """D5."""
    assert "Du vill inte ha någon utredning." in write("acknowledgement", facts(wants_investigation=False)).body
    assert "utredning" not in write("acknowledgement", facts(wants_investigation=None, questions=())).body.lower()


def test_a_role_without_a_name_is_called_by_its_title(facts: Facts, write: Write) -> None:
    """D1: no stray comma where nobody is named."""
    body = write("acknowledgement", facts(owner=Contact(title="utredaren", mail="utredare@kommun.example"))).body
    assert "Ansvarig: utredaren\n" in body


def test_two_languages_stand_one_after_the_other(facts: Facts, write: Write) -> None:
    """D3: the parent's language first, the school's beside it, and a line that says so in the school's own."""
    letter = write("acknowledgement", facts("en"), facts("sv"))
    text, html = bodies(letter)
    assert text.startswith("Svensk text finns längre ner.\n\nThank you")
    assert text.index("What happens now") < text.index("Det här händer nu")
    assert letter.language == "en"
    assert parsed(letter)["Content-Language"] == "en, sv"
    assert html.count("<h1") == 1
    assert '<section id="sv" lang="sv" dir="ltr">' in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_not_examined_says_why_and_how_to_go_on_with_a_name(language: str, facts: Facts, write: Write) -> None:
    """C3."""
    why = {
        "sv": "Därför utreder vi det inte",
        "nb": "Derfor undersøker vi den ikke",
        "nn": "Derfor undersøkjer vi ikkje meldinga",
        "bg": "Защо не го проверяваме",
        "en": "Why we do not examine it",
    }
    named = {
        "sv": "skriv vad du heter",
        "nb": "skriv hva du heter",
        "nn": "skriv kva du heiter",
        "bg": "напишете името си",
        "en": "tell us your name",
    }
    note = "Skyddet av barn går före."
    letter = write("not_examined", facts(language, anonymous=True, examined=False, what_happens=(), note=note))
    for body in bodies(letter):
        for said in (why[language], named[language], "ALX 2026/0012", note, "Siv Ekebladh"):
            assert said in body
