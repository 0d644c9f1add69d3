"""Reading the odd mails of tests/mail, and what every Submission keeps to."""

from __future__ import annotations

from typing import Any

import pytest

from intake.mime import read
from register.records import Submission
from tests.unit.intake.mails import MAILS, expectations, mail, raw, reading, strings

ODDITIES = expectations("oddities")
EVERY_MAIL = sorted(path.stem for path in MAILS.glob("*.eml"))


def value(found: Submission, key: str) -> Any:
    """A value of a Submission as the expectations write it."""
    match key:
        case "sender":
            return found.sender.value if found.sender else ""
        case "name":
            return found.sender.name if found.sender else ""
        case "attachments":
            return [file.name for file in found.attachments]
        case "date":
            return found.date.isoformat() if found.date else ""
        case "in_reply_to" | "references":
            return list(getattr(found, key))
    return getattr(found, key)


@pytest.mark.parametrize("name", ODDITIES)
def test_an_odd_mail_is_read_right(name: str) -> None:
    """F1: whatever a parent's mail program writes is read."""
    found = reading(mail(name))
    expected = dict(ODDITIES[name])
    contained = expected.pop("contains", "")
    assert {key: value(found, key) for key in expected} == expected
    assert contained in found.text


def test_every_mail_has_an_expectation() -> None:
    assert set(EVERY_MAIL) == ODDITIES.keys() | expectations("automatic").keys()


@pytest.mark.parametrize("name", EVERY_MAIL)
def test_no_value_holds_a_surrogate_a_nul_or_a_line_break(name: str) -> None:
    single, several = strings(reading(mail(name)))
    for text in (*single, *several):
        assert text.encode("utf-8") is not None
        assert "\0" not in text
    assert not [text for text in single if "\n" in text or "\r" in text]
    assert not [text for text in several if "\r" in text]


@pytest.mark.parametrize("name", EVERY_MAIL)
def test_a_date_is_aware_or_none(name: str) -> None:
    date = reading(mail(name)).date
    assert date is None or date.utcoffset() is not None


@pytest.mark.parametrize("name", EVERY_MAIL)
def test_attachment_names_are_safe_and_unique(name: str) -> None:
    names = [file.name for file in reading(mail(name)).attachments]
    assert len({each.lower() for each in names}) == len(names)
    assert all(each and "/" not in each and "\\" not in each and each not in (".", "..") for each in names)


def test_the_envelope_is_asked_before_the_header() -> None:
    text = "Return-Path: <old@x.example>\nDelivered-To: b@y.example\nX-Original-To: c@y.example\n\nx\n"
    found = reading(text, recipients=("A@y.example",), envelope_from="")
    assert found.delivered_to == ("a@y.example", "b@y.example", "c@y.example")
    assert found.envelope_from == ""


def test_without_an_envelope_the_return_path_counts() -> None:
    assert reading("Return-Path: <>\n\nx\n").envelope_from == ""
    assert reading("Return-Path: <a@x.example>\n\nx\n").envelope_from == "a@x.example"
    assert reading("Subject: x\n\nx\n").envelope_from is None


def test_reply_to_is_kept_where_it_differs() -> None:
    same = reading("From: a@x.example\nReply-To: A@x.example\n\nx\n")
    other = reading("From: a@x.example\nReply-To: Per <b@x.example>\n\nx\n")
    assert same.reply_to is None
    assert other.reply_to is not None
    assert other.reply_to.value == "b@x.example"


def test_equal_content_has_an_equal_fingerprint() -> None:
    head = "From: a@x.example\nSubject: Maten\n"
    one = reading(f"Received: from here\nMessage-ID: <1@x>\n{head}\nKall\n")
    two = reading(f"Received: from there\nMessage-ID: <2@x>\n{head}\nKall\n")
    other = reading(f"{head}\nVarm\n")
    assert one.fingerprint == two.fingerprint != other.fingerprint


def test_headers_keep_their_order_and_repetitions() -> None:
    found = reading("Received: one\nReceived: two\nSubject: x\n\nx\n")
    assert found.all("received") == ("one", "two")
    assert [name for name, _ in found.headers] == ["received", "received", "subject"]


def test_a_returned_mail_keeps_its_headers() -> None:
    found = reading(mail("bounce-postfix"))
    assert dict(found.returned_headers[0])["message-id"] == "<k4v7q2.9f3c1d@alexanderskolan.se>"


def test_a_returned_mail_in_the_text_keeps_its_headers() -> None:
    for name in ("bounce-exim", "bounce-qmail-sv"):
        found = reading(mail(name))
        assert any("k4v7q2.9f3c1d" in dict(headers).get("message-id", "") for headers in found.returned_headers)


def test_a_mail_passed_on_in_the_text_tells_whose_it_was() -> None:
    found = reading(mail("staff-forward-from-own-mailbox-sv"))
    assert ("from", "Per Ek <per@foretag.example>") in found.returned_headers[0]
    assert "Maten är kall varje dag." in found.reply


def test_a_damaged_mail_says_what_was_wrong_without_its_content() -> None:
    found = reading(mail("boundary-missing"))
    assert found.defects == ("the boundary of a multipart is missing",)


def test_the_typed_form_is_in_the_submission() -> None:
    """A7, C7: fields typed into a mail are read into the case."""
    found = reading(
        "From: =?utf-8?b?0JjQstCw0L0g0J/QtdGC0YDQvtCyINCh0YLQvtGP0L3QvtCy?= <i@x.example>\n\nТелефон: 0888 123 456\n"
    )
    assert found.form == {"full_name": "Иван Петров Стоянов", "phone": "0888 123 456"}


def test_reading_twice_gives_the_same() -> None:
    data = raw(mail("forwarded-as-attachment"))
    assert read(data) == read(data)


def test_a_group_address_that_rewrites_its_senders_hides_nobody() -> None:
    text = (
        "From: 'Anna Berg' via Hej <hej@alexanderskolan.se>\nX-Original-From: Anna Berg <anna@familjen.example>\n\nx\n"
    )
    found = reading(text)
    assert found.sender is not None
    assert found.sender.value == "anna@familjen.example"


def test_a_winmail_dat_is_unwrapped() -> None:
    content = b"Maten \xe4r kall."
    found = reading(
        b"From: a@b.example\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\n\r\n" + tnef(b"brev.txt", content)
    )
    assert [(file.name, file.content) for file in found.attachments] == [("brev.txt", content)]


def test_a_broken_winmail_dat_is_kept() -> None:
    found = reading(b"From: a@b.example\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\n\r\nskadad")
    assert [(file.name, file.content) for file in found.attachments] == [("winmail.dat", b"skadad")]
    assert found.defects == ("a winmail.dat could not be opened",)


def tnef(name: bytes, content: bytes) -> bytes:
    """A TNEF stream of one file (MS-OXTNEF, 2.1)."""

    def attribute(kind: int, data: bytes) -> bytes:
        checksum = sum(data) & 0xFFFF
        return (
            b"\x02"
            + kind.to_bytes(4, "little")
            + len(data).to_bytes(4, "little")
            + data
            + checksum.to_bytes(2, "little")
        )

    head = (0x223E9F78).to_bytes(4, "little") + b"\x01\x00"
    rendition, title, body = 0x00069002, 0x00018010, 0x0006800F
    return head + attribute(rendition, bytes(14)) + attribute(title, name + b"\0") + attribute(body, content)
