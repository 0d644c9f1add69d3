"""Which case does a message belong to: two independent keys, and weaker hints behind them."""

from __future__ import annotations

import re

import pytest

from intake.threads import duplicate_key, keys
from register.records import Submission, ThreadKey
from tests.unit.intake.mails import mail, reading

PATTERN = re.compile(r"ALX \d{4}-\d{4}")


def open_token(token: str) -> str | None:
    """Ours are the details that begin with `t`, forgiving what people mistype."""
    return f"case-{token[1:]}" if token.lower().startswith("t") else None


def open_message_id(message_id: str) -> str | None:
    """Ours are those that end with a check."""
    found = re.match(r"(\w+)\.9f3c1d@", message_id)
    return found[1] if found else None


def found(submission: Submission) -> tuple[ThreadKey, ...]:
    return keys(submission, open_token=open_token, open_message_id=open_message_id, reference_pattern=PATTERN)


def test_the_token_of_the_address_comes_first() -> None:
    """D6: a reply joins its case."""
    text = (
        "To: hej+t17@alexanderskolan.se\nIn-Reply-To: <abc.9f3c1d@alexanderskolan.se>\n"
        "Subject: SV: [ALX 2026-0001]\n\nx\n"
    )
    assert found(reading(text)) == (
        ThreadKey(kind="token", value="case-17"),
        ThreadKey(kind="letter", value="abc"),
        ThreadKey(kind="reference", value="ALX 2026-0001"),
    )


@pytest.mark.parametrize("name", ["To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To"])
def test_the_token_is_found_wherever_the_mail_was_delivered(name: str) -> None:
    assert found(reading(f"{name}: <hej+t17@alexanderskolan.se>\n\nx\n")) == (ThreadKey(kind="token", value="case-17"),)


def test_the_token_is_found_in_the_envelope() -> None:
    submission = reading("Subject: x\n\nx\n", recipients=("hej+t17@alexanderskolan.se",))
    assert found(submission) == (ThreadKey(kind="token", value="case-17"),)


def test_either_key_is_enough() -> None:
    only_id = reading("To: hej@alexanderskolan.se\nReferences: <abc.9f3c1d@alexanderskolan.se> <x@y>\n\nx\n")
    assert found(only_id) == (ThreadKey(kind="letter", value="abc"), ThreadKey(kind="message_id", value="x@y"))


def test_a_forged_token_is_no_key() -> None:
    assert found(reading("To: hej+forged@alexanderskolan.se\n\nx\n")) == ()


def test_the_newest_parent_comes_first() -> None:
    text = "In-Reply-To: <c@x>\nReferences: <a@x> <b@x> <c@x>\n\nx\n"
    assert [key.value for key in found(reading(text))] == ["c@x", "b@x", "a@x"]


def test_a_bounce_finds_the_letter_that_came_back() -> None:
    for name in ("bounce-postfix", "bounce-exim", "bounce-qmail-sv", "bounce-gmail-sv"):
        assert ThreadKey(kind="returned", value="k4v7q2") in found(reading(mail(name)))


def test_a_number_in_the_text_is_no_key() -> None:
    assert found(reading("Subject: x\n\nALX 2026-0001\n")) == ()


def test_without_a_pattern_no_number_is_looked_for() -> None:
    submission = reading("Subject: ALX 2026-0001\n\nx\n")
    assert keys(submission, open_token=open_token, open_message_id=open_message_id) == ()


def test_two_copies_of_one_mail_are_duplicates() -> None:
    text = "From: a@x.example\nMessage-ID: <1@x>\nSubject: Maten\n\nKall\n"
    assert duplicate_key(reading(f"Received: a\n{text}")) == duplicate_key(reading(f"Received: b\n{text}"))


def test_the_same_message_id_with_other_content_is_another_mail() -> None:
    head = "From: a@x.example\nMessage-ID: <1@x>\nSubject: Maten\n\n"
    assert duplicate_key(reading(f"{head}Kall\n")) != duplicate_key(reading(f"{head}Varm\n"))


def test_without_a_message_id_the_content_decides() -> None:
    one, two = (reading(f"From: a@x.example\nSubject: Maten\n\n{text}\n") for text in ("Kall", "Varm"))
    assert duplicate_key(one) == duplicate_key(one) != duplicate_key(two)
