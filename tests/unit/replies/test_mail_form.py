"""What is built by hand says, to whoever parses it, what the standard library would have built."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from register.records import Address, AddressKind, Letter
from replies.clean import single_line
from replies.environment import LANGUAGES, LETTERS
from tests.unit.replies.conftest import Facts, Write

#: unfolded: where the library folds, it loses blanks between encoded words (Python 3.11)
UNFOLDED = policy.SMTP.clone(cte_type="7bit", max_line_length=0)
USUAL = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
#: letters and digits of every script, and what mail gives a meaning of its own
words = st.text(st.characters(categories=["L", "N"], include_characters=" .,;:@<>()[]\"'\\=?_-+&"), max_size=80).filter(
    # What looks like an encoded word the library leaves as it is, and it is read as something else.
    lambda text: "=?" not in text
)
names = st.one_of(words, st.sampled_from(("Dana Åkesson", "Д-р Иванова", 'O\'Neil, "Pat"', "李 小龙", "a" * 90)))
SAME = ("Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted", "Precedence", "X-Loop", "X-Lyhord-Loop")


def twin(letter: Letter, html: str, headers: dict[str, str], sender: Mailbox, to: Mailbox) -> bytes:
    """The same letter by `EmailMessage`."""
    message = EmailMessage(policy=policy.SMTP)
    message["From"], message["To"], message["Subject"] = sender, to, letter.subject
    for name, value in headers.items():
        message[name] = value
    message.set_content(letter.body, charset="utf-8", cte="base64")
    message.add_alternative(html, subtype="html", charset="utf-8", cte="base64")
    return message.as_bytes(policy=UNFOLDED)


def seen(content: bytes) -> dict[str, Any]:
    """All that a mail program makes of a message."""
    message = message_from_bytes(content, policy=policy.default)
    assert not message.defects
    parts = [part for part in message.walk() if not part.is_multipart()]
    return {
        "type": message.get_content_type(),
        "headers": {name: str(message[name]) for name in SAME if message[name]},
        "subject": str(message["Subject"]),
        "addresses": {name: [str(one) for one in message[name].addresses] for name in ("From", "To")},
        "parts": [(part.get_content_type(), part.get_content_charset()) for part in parts],
        "says": [part.get_content().replace("\r\n", "\n").rstrip("\n") for part in parts],
    }


def compare(letter: Letter, sender: str, to: str) -> None:
    ours = message_from_bytes(letter.content, policy=policy.default)
    assert isinstance(ours, EmailMessage)
    rich = ours.get_body(("html",))
    assert rich is not None
    headers = {name: str(ours[name]) for name in SAME if ours[name]}
    theirs = twin(
        letter,
        rich.get_content(),
        headers,
        Mailbox(display_name=single_line(sender), addr_spec="hej@alexanderskolan.example"),
        Mailbox(display_name=single_line(to), addr_spec="dana@familj.example"),
    )
    assert seen(letter.content) == seen(theirs)
    assert letter.content.isascii()
    assert max(map(len, letter.content.split(b"\r\n"))) <= 998
    assert b"\n" not in letter.content.replace(b"\r\n", b"")
    assert b"\r" not in letter.content.replace(b"\r\n", b"")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("letter", LETTERS)
def test_every_letter_reads_as_the_standard_library_would_have_written_it(
    letter: str, language: str, facts: Facts, write: Write
) -> None:
    """RFC 5322, 2045, 2047: headers, parts and every word."""
    made = write(letter, facts(language, subject="Åäö " * 60, message="Ж" * 5000), facts("en"))
    compare(made, "Alexanderskolan", "Dana Åkesson")


@given(name=names, school=names, subject=words, letter=st.sampled_from(("acknowledgement", "notice", "longer")))
@USUAL
def test_odd_names_and_subjects_read_alike(
    name: str, school: str, subject: str, letter: str, facts: Facts, write: Write
) -> None:
    to = Address(kind=AddressKind.MAIL, value="dana@familj.example", name=name)
    sender = Address(kind=AddressKind.MAIL, value="hej@alexanderskolan.example", name=school or "Skolan")
    made = write(letter, facts(subject=subject, reference=subject[:40]), to=to, sender=sender)
    compare(made, school or "Skolan", name)
