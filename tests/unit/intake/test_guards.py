"""May it be answered? The automatic mails of tests/mail, and the rules one by one."""

from __future__ import annotations

import pytest

from intake.guards import GUARDS, WINDOWS, judge
from register.records import Address, AddressKind, Automatic, Ruling, Submission
from tests.unit.intake.mails import expectations, mail, reading

OWN = frozenset(
    {
        "hej@alexanderskolan.se",
        "rektor@alexanderskolan.se",
        "klagomal@huddinge.example",
        "reception@stgeorgeschool.eu",
        "post@nordberg.example",
    }
)
AUTOMATIC = expectations("automatic")


def rule(submission: Submission, *, sent: tuple[int, ...] = (), limits: tuple[int, ...] = ()) -> Ruling:
    return judge(
        submission,
        own_addresses=OWN,
        is_own_message_id=lambda message_id: message_id.startswith("own."),
        answers_sent=sent,
        limits=limits,
    )


def person(**headers: str) -> Submission:
    return Submission(
        channel="lmtp",
        sender=Address(kind=AddressKind.MAIL, value="anna@familjen.example"),
        subject="Klagomål på maten",
        text="Maten är kall.",
        message_id="1@familjen.example",
        headers=tuple((name.replace("_", "-"), value) for name, value in headers.items()),
    )


@pytest.mark.parametrize("name", AUTOMATIC)
def test_the_guards_tell_programs_from_persons(name: str) -> None:
    """F3, G5: no acknowledgement to programs, and the reason stands on the case."""
    expected = AUTOMATIC[name]
    ruling = rule(reading(mail(name)))
    assert (ruling.automatic or "", ruling.reason) == (expected["automatic"], expected["reason"])
    assert ruling.answerable == (expected["reason"] == "")
    assert bool(ruling.because) == (expected["reason"] != "")


def test_a_person_may_be_answered() -> None:
    assert rule(person()) == Ruling()


@pytest.mark.parametrize(
    "value", ["auto-replied", "auto-generated; type=vacation", "AUTO-REPLIED (vacation)", "auto-notified"]
)
def test_auto_submitted_is_not_answered(value: str) -> None:
    ruling = rule(person(auto_submitted=value))
    assert (ruling.answerable, ruling.automatic, ruling.reason) == (False, Automatic.AUTO_REPLY, "auto_submitted")


@pytest.mark.parametrize("value", ["no", "No", "no (a person)", ""])
def test_auto_submitted_no_is_a_person(value: str) -> None:
    assert rule(person(auto_submitted=value)).answerable


@pytest.mark.parametrize("value", ["None", "DR, RN", "OOF", ""])
def test_a_suppression_of_other_things_is_a_person(value: str) -> None:
    assert rule(person(x_auto_response_suppress=value)) == Ruling()


@pytest.mark.parametrize("value", ["All", "DR, AutoReply", "oof,autoreply"])
def test_a_wish_for_silence_is_kept_and_proves_no_robot(value: str) -> None:
    ruling = rule(person(x_auto_response_suppress=value))
    assert (ruling.answerable, ruling.automatic, ruling.reason) == (False, None, "suppress")


def test_precedence_list_alone_says_nothing() -> None:
    assert rule(person(precedence="list")) == Ruling()
    assert rule(person(precedence="bulk")).reason == "precedence"


def test_the_null_path_is_not_answered() -> None:
    found = reading("From: a@x.example\nSubject: x\n\nx\n", envelope_from="")
    assert rule(found).reason == "null_path"


def test_a_bounce_that_looks_like_an_autoreply_is_a_bounce() -> None:
    found = reading(mail("bounce-exim"))
    assert found.header("auto-submitted") == "auto-replied"
    assert rule(found).automatic is Automatic.BOUNCE


def test_our_own_message_id_is_our_own_letter() -> None:
    found = reading("From: x@y.example\nMessage-ID: <own.1@alexanderskolan.se>\n\nx\n")
    assert (rule(found).automatic, rule(found).reason) == (Automatic.OWN, "own_loop")


def test_an_answer_to_our_letter_is_a_person() -> None:
    found = reading("From: x@y.example\nMessage-ID: <1@y>\nIn-Reply-To: <own.1@alexanderskolan.se>\n\nx\n")
    assert rule(found) == Ruling()


@pytest.mark.parametrize(
    "sender",
    [
        "no-reply@x.example",
        "noreply-skola@x.example",
        "svara.inte@x.example".replace(".", "-", 1),
        "do-not-reply@x.example",
    ],
)
def test_a_sender_that_is_not_read_is_not_answered(sender: str) -> None:
    assert rule(reading(f"From: {sender}\nSubject: x\n\nx\n")).reason == "no_reply"


@pytest.mark.parametrize(
    "sender", ["noreen@x.example", "nora.reply@x.example", "abusebury@x.example", "admin@x.example"]
)
def test_a_person_with_a_similar_address_is_answered(sender: str) -> None:
    assert rule(reading(f"From: {sender}\nSubject: x\n\nx\n")) == Ruling()


@pytest.mark.parametrize("text", ["Subject: x\n\nx\n", "From: moderator\nSubject: x\n\nx\n"])
def test_nobody_to_answer(text: str) -> None:
    assert rule(reading(text)).reason == "no_sender"


def test_enough_letters_to_one_sender_are_enough() -> None:
    limits = tuple(limit for _, limit in WINDOWS)
    below = tuple(limit - 1 for limit in limits)
    assert rule(person(), sent=below, limits=limits) == Ruling()
    for place in range(len(limits)):
        sent = (*below[:place], limits[place], *below[place + 1 :])
        assert rule(person(), sent=sent, limits=limits).reason == "rate_limit"


def test_the_windows_grow() -> None:
    windows, limits = zip(*WINDOWS, strict=True)
    assert list(windows) == sorted(windows)
    assert list(limits) == sorted(limits)


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Frånvaro", "Moa är sjuk i dag."),
        ("Semester", "Vi är på semester, men vill klaga på maten."),
        ("Thank you for your email", "I am still waiting for an answer about my daughter."),
        ("Отсъствие", "Мария няма да е на училище."),
        ("Undeliverable promises", "The school does not exist for my son."),
        ("Message status", "My son does not exist in your system."),
        ("Out with the old", "A question about the office."),
        ("Rejected: our application", "Why? The address does not exist, they said."),
    ],
)
def test_words_of_robots_in_a_parents_mail_are_a_parents(subject: str, text: str) -> None:
    assert rule(reading(f"From: a@x.example\nSubject: {subject}\n\n{text}\n")) == Ruling()


def test_every_guard_says_why() -> None:
    assert all(guard.__doc__ for guard in GUARDS)
    assert [guard.__name__ for guard in GUARDS][:2] == ["own_letter", "bounce"]
