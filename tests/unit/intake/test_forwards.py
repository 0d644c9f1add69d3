"""What staff pass on is the writer's: in the text, as every mail program writes it, and as an attachment."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP

import pytest

from intake.forwards import of_the_writer
from register.records import RawMessage, Submission
from tests.unit.intake.mails import expectations, raw, reading

FORWARDS = expectations("forwards")
STAFF = frozenset({"rektor@skola.example"})
WRITTEN = "Min son har fått fel mat tre gånger. Ingen svarar oss. Mvh Per Ek"


def passed_on(subject: str, text: str, sender: str = "Rektor <rektor@skola.example>") -> Submission:
    return attributed(
        f"From: {sender}\nTo: hej@skola.example\nSubject: {subject}\n"
        f"Content-Type: text/plain; charset=utf-8\n\n{text}\n"
    )


def attributed(content: str | bytes) -> Submission:
    def as_it_is(_: RawMessage, submission: Submission) -> Submission:
        return submission

    return of_the_writer(reading(content), raw(content), staff=STAFF, authenticated=as_it_is)


@pytest.mark.parametrize("name", FORWARDS)
def test_the_writer_is_the_sender(name: str) -> None:
    """A1, F1: whatever the program of the one who passes it on."""
    found = passed_on(**FORWARDS[name])
    assert found.forwarded_by is not None
    assert found.sender is not None
    assert (found.sender.value, found.sender.name) == ("per@x.example", "Per Ek")
    assert found.reply.split() == WRITTEN.split()
    assert found.subject in ("Maten", "Храната")


@pytest.mark.parametrize("name", FORWARDS)
def test_what_others_pass_on_stays_theirs(name: str) -> None:
    found = passed_on(**FORWARDS[name], sender="mamma@y.example")
    assert (found.forwarded_by, found.sender and found.sender.value) == (None, "mamma@y.example")


def test_an_answer_of_staff_is_no_forward() -> None:
    """What the head answers a parent, with a copy to us, is the head's."""
    text = FORWARDS["outlook-nb"]["text"]
    found = passed_on("SV: Maten", f"Hei Per, vi ser på det.\n\n{text}")
    assert found.forwarded_by is None


def test_two_attached_mails_are_nobodys() -> None:
    """Of two writers none is the sender."""
    outer = EmailMessage(policy=SMTP)
    outer["From"], outer["Subject"] = "rektor@skola.example", "VB: Två mejl"
    outer.set_content("Se bifogat.\n")
    for writer in ("per@x.example", "mamma@y.example"):
        inner = EmailMessage(policy=SMTP)
        inner["From"], inner["Subject"] = writer, "Maten"
        inner.set_content(WRITTEN)
        outer.add_attachment(inner)
    assert attributed(outer.as_bytes()).forwarded_by is None
