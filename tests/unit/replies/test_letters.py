"""Every letter in every language: it comes out whole, reads back the same, and tells programs not to answer."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from register.records import Address, AddressKind, Case
from replies.environment import LANGUAGES, LETTERS
from tests.unit.replies.conftest import Facts, Write
from tests.unit.replies.test_acknowledgement import DUE, bodies, parsed

TO_SENDER = ("acknowledgement", "not_examined", "status", "next_stage", "question_repeated")
CHAT = Address(kind=AddressKind.TELEGRAM, value="4711")


class Tags(HTMLParser):
    """Collects tags and what they point at."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += attrs


def role(letter: str) -> str:
    return "sender" if letter in TO_SENDER else "head_gardet"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("letter", LETTERS)
def test_it_reads_back_as_it_was_written(letter: str, language: str, facts: Facts, write: Write) -> None:
    made = write(letter, facts(language, what_happened="Något har hänt."), role=role(letter))
    message = parsed(made)
    text, html = bodies(made)

    assert message["Subject"] == made.subject
    assert text.strip() == made.body.strip()
    assert message["To"].addresses[0].addr_spec == "dana@familj.example"
    assert message["To"].addresses[0].display_name == "Dana Åkesson"
    assert message["From"].addresses[0].display_name == "Alexanderskolan"
    assert message["Message-ID"] == "<l-1.sig@alexanderskolan.example>"
    assert message["Date"].datetime.isoformat() == "2026-11-24T17:05:30+00:00"
    assert all(len(line) <= 998 for line in made.content.split(b"\r\n"))
    assert b"\n" not in made.content.replace(b"\r\n", b"")
    assert "\ue000" not in text + html + made.subject
    for sign in ("{{", "{%", "**", "()", " ,", " .\n", "None"):
        assert sign not in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("letter", LETTERS)
def test_it_comes_out_whole_with_nothing_known(letter: str, language: str, bare: Facts, write: Write) -> None:
    made = write(letter, bare(language), role=role(letter), case=None)
    assert made.subject == made.subject.strip()
    assert made.body.strip()
    for sign in ("()", " :", "None", "\n\n\n"):
        assert sign not in made.subject + made.body


@pytest.mark.parametrize("letter", LETTERS)
def test_its_html_is_accessible_and_loads_nothing(letter: str, facts: Facts, write: Write) -> None:
    """D3: one h1, a language and a direction, nothing from outside, no painted background."""
    _, html = bodies(write(letter, facts(), role=role(letter)))
    tags = Tags(html)
    assert tags.names.count("h1") == 1
    assert ("lang", "sv") in tags.attributes
    assert ("dir", "ltr") in tags.attributes
    assert not {"img", "script", "link", "iframe", "object", "form"} & set(tags.names)
    assert not [value for name, value in tags.attributes if name in {"src", "srcset", "background"}]
    assert "url(" not in html
    assert "background" not in html
    assert '<meta name="color-scheme" content="light dark">' in html


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("letter", ["notice", "added_notice", "urgent_notice", "needs_human"])
def test_a_notice_carries_what_the_role_needs(letter: str, language: str, facts: Facts, write: Write) -> None:
    """D4, C6: message, sender, files, facts of the unit, reasons; dates as the sender was promised them."""
    made = write(letter, facts(language), role="head_gardet")
    for body in bodies(made):
        for said in (
            "ALX 2026/0012",
            "Min son får mat som han inte tål.",
            "dana@familj.example",
            "intyg från läkare.pdf",
            "Fyra avdelningar.",
            "Ämne: mat (0,93)",
            "Hör personalen – senast fredag",
            DUE[language],
        ):
            assert said in body
    assert "> Min son får mat som han inte tål." in made.body


@pytest.mark.parametrize("letter", [letter for letter in LETTERS if letter not in TO_SENDER])
def test_no_subject_to_staff_holds_words_of_the_message(letter: str, facts: Facts, write: Write) -> None:
    """G2, C19: what shows on a locked screen says nothing of the child or the parent."""
    made = write(letter, facts(subject="Ali 4 år", gist="Ali slogs", message="Ali"), role="head_gardet")
    assert not [word for word in ("Ali", "Dana", "Mat") if word in made.subject]


def test_a_reminder_says_whether_the_date_has_passed(facts: Facts, write: Write) -> None:
    """D6: the same letter before and after the date."""
    due = facts().promises[0].due_at
    assert "närmar sig" in write("reminder", facts(), role="owner").subject
    late = write("reminder", facts(), role="owner", date=due.replace(day=9))
    assert "har passerat" in late.subject
    assert "datumet har passerat" in late.body


def test_the_status_is_true_when_the_date_has_passed(facts: Facts, write: Write) -> None:
    """D6."""
    due = facts().promises[0].due_at
    assert "datumet har passerat" in write("status", facts(), date=due.replace(day=9)).body
    assert "datumet har passerat" not in write("status", facts()).body


def test_an_all_clear_is_no_alarm(bare: Facts, write: Write) -> None:
    """G4."""
    over = write("alarm", bare(kind="all_clear", what_happened="Postlådan fungerar igen."), role="head", case=None)
    assert over.subject == "Det fungerar igen, Skolan"
    assert "åtgärdas" not in over.body


def test_an_acknowledgement_tells_programs_not_to_answer(facts: Facts, write: Write) -> None:
    """F3: RFC 3834 headers, the loop header, the null path."""
    made = write("acknowledgement", facts())
    message = parsed(made)
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["Precedence"] == "auto_reply"
    assert message["X-Lyhord-Loop"] == "alexanderskolan"
    assert message["In-Reply-To"] == "<parent-1@familj.example>"
    assert message["References"] == "<first@familj.example> <parent-1@familj.example>"
    assert message["Reply-To"] == "hej+t0k3n@alexanderskolan.example"
    assert made.envelope_from == ""


def test_an_acknowledgement_is_a_reply_to_a_mail_without_a_message_id(facts: Facts, write: Write) -> None:
    message = parsed(write("acknowledgement", facts(), in_reply_to="", references=()))
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["In-Reply-To"] is None


def test_a_letter_of_the_clock_is_generated(facts: Facts, write: Write) -> None:
    """B2: nobody wrote just now."""
    message = parsed(write("question_repeated", facts(), in_reply_to="", references=()))
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Precedence"] is None


def test_a_notice_is_generated_not_a_reply(facts: Facts, write: Write) -> None:
    message = parsed(write("notice", facts(), role="head", in_reply_to="", references=()))
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Precedence"] is None
    assert message["In-Reply-To"] is None
    assert message["References"] is None


def test_a_person_s_letter_is_not_marked_as_automatic(facts: Facts, write: Write) -> None:
    message = parsed(write("status", facts(), automatic=False))
    assert message["Auto-Submitted"] is None
    assert message["X-Lyhord-Loop"] == "alexanderskolan"


def test_without_plus_addressing_replies_go_to_the_mailbox(facts: Facts, write: Write) -> None:
    assert parsed(write("acknowledgement", facts(), plus_addressing=False))["Reply-To"] is None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("letter", LETTERS)
def test_a_chat_message_is_short_and_names_no_mail(letter: str, language: str, facts: Facts, write: Write) -> None:
    """F3: one message of the chat, which asks for an answer in the chat."""
    long = facts(language, message="Det är många ord. " * 2000, what_happened="x" * 6000)
    made = write(letter, long, facts("en"), to=CHAT, role=role(letter))
    assert made.content == b""
    assert 0 < len(made.body) <= 4000

    usual = write(letter, facts(language), to=CHAT, role=role(letter)).body
    for phrase in ("det här mejlet", "denne e-posten", "този имейл", "this e-mail"):
        assert phrase not in usual


def test_a_chat_message_shows_both_languages_where_they_fit(facts: Facts, write: Write) -> None:
    """D3."""
    short = {"what_happens": (), "outside_body": (), "advice": "", "units": ()}
    made = write("acknowledgement", facts("en", **short), facts("sv", **short), to=CHAT)
    assert "Thank you, we have received" in made.body
    assert "Tack, vi har tagit emot" in made.body


@pytest.mark.parametrize(("language", "direction"), [("ar", "rtl"), ("fa", "rtl"), ("so", "ltr"), ("uk", "ltr")])
def test_a_parent_of_another_language_is_greeted_in_it(
    language: str, direction: str, facts: Facts, write: Write, case: Callable[..., Case]
) -> None:
    """D3: a few words of their own above the school's language and English."""
    made = write("acknowledgement", facts("sv"), facts("en"), case=case(language=language))
    text, html = bodies(made)
    first = text.partition("\n")[0]
    assert "ALX 2026/0012" in first
    assert first in html
    assert f'<p class="opener" lang="{language}" dir="{direction}">' in html
    assert text.index(first) < text.index("Tack, vi har") < text.index("Thank you")


def test_an_opener_warns_of_danger(facts: Facts, write: Write, case: Callable[..., Case]) -> None:
    """G7."""
    made = write("acknowledgement", facts(urgent=True), facts("en", urgent=True), case=case(language="fi"))
    assert "soita numeroon 112" in made.body


def test_staff_get_no_opener(facts: Facts, write: Write, case: Callable[..., Case]) -> None:
    assert write("notice", facts(), case=case(language="fi"), role="head").body.startswith("Nytt ärende")


def test_a_language_without_letters_is_written_in_english(facts: Facts, write: Write) -> None:
    """D3: an unknown language is never mixed up with another."""
    made = write("acknowledgement", facts("xx"))
    assert "Thank you, we have received your complaint" in made.body


def test_composing_depends_on_its_arguments_alone(facts: Facts, write: Write) -> None:
    """At least once: a repeat is the same letter, byte for byte."""
    assert write("acknowledgement", facts()) == write("acknowledgement", facts())
