"""What the sender newly wrote, in the mail programs and languages of our users."""

from __future__ import annotations

import pytest

from intake.html import to_text
from intake.text import MAX_LINES, MAX_TEXT, trim, written
from tests.unit.intake.mails import expectations

REPLIES = expectations("replies")


@pytest.mark.parametrize("name", REPLIES)
def test_only_the_new_words_are_left(name: str) -> None:
    """D5: what a parent answers, not what they quote, is what is understood."""
    expected = REPLIES[name].get("reply", REPLIES[name]["text"])
    assert trim(REPLIES[name]["text"]).split() == expected.split()


@pytest.mark.parametrize("name", [name for name in REPLIES if "reply" in REPLIES[name]])
def test_an_answer_below_the_marked_quote_is_kept(name: str) -> None:
    text = REPLIES[name]["text"]
    answered = f"{text}\n\n> Och ett sista citat\n\nMitt svar står här nere."
    found = trim(answered)
    assert "Mitt svar" in found or "\n>" not in text


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<p>Tack!</p><div class="gmail_attr">Xyz 3:</div><blockquote class="gmail_quote">x</blockquote>', "Tack!"),
        ('<div>Nej</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg">Saatja: x</div><p>x</p>', "Nej"),
        ('<p>Nej</p><div style="border:none;border-top:solid #E1E1E1 1.0pt"><b>Xx:</b> A</div><p>x</p>', "Nej"),
        ('<div>Ja</div><div class="yahoo_quoted"><div>Xyz</div><div>gammalt</div></div>', "Ja"),
        ('<p>Svar ett</p><blockquote type="cite">fråga</blockquote><p>Svar två</p>', "Svar ett Svar två"),
        (
            '<p>Hej</p><blockquote style="margin:0 0 0 40px;border:none">indraget stycke</blockquote>',
            "Hej indraget stycke",
        ),
    ],
)
def test_the_marks_of_html_are_used(html: str, expected: str) -> None:
    assert trim(to_text(html), html).split() == expected.split()


def test_a_message_that_is_all_quote_is_kept_whole() -> None:
    text = "> Maten är kall.\n> Ingen svarar."
    assert trim(text) == text


def test_a_long_text_is_kept_whole() -> None:
    text = "Maten är kall.\n" * (MAX_LINES + 10) + "slut " * (MAX_TEXT // 5)
    assert trim(text).split() == text.split()


def test_the_signature_is_told_apart() -> None:
    found = written("Maten är kall.\n\n-- \nAnna Berg\n070-123 45 67\n")
    assert (found.reply, found.signature) == ("Maten är kall.", "Anna Berg\n070-123 45 67")


def test_a_message_passed_on_names_its_author() -> None:
    found = written(
        "Till kännedom\n\nFrån: Per <per@x.example>\nSkickat: den 3 mars 2026 14:05\nÄmne: Maten\n\nKall.\n"
    )
    assert found.forward
    assert dict(found.heading) == {"from": "Per <per@x.example>", "date": "den 3 mars 2026 14:05", "subject": "Maten"}


def test_an_answer_is_not_taken_for_passed_on() -> None:
    found = written("Nej tack.\n\nFrån: Per <per@x.example>\nSkickat: den 3 mars 2026 14:05\nÄmne: Maten\n\nKall.\n")
    assert not found.forward


def test_nothing_stays_nothing() -> None:
    assert trim("") == trim("\n \n") == ""
