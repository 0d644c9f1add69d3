"""Forms that came as a file."""

from __future__ import annotations

import pytest

from intake.channels import read
from intake.forms.attached import with_forms
from intake.forms.grid import fields_of
from intake.untrusted.worker import done
from register.proofs import fingerprint
from register.records import Attachment, Submission
from tests.unit.intake.mails import mail, raw
from tests.unit.intake.papers import control, line, word

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ALEXANDERSKOLAN = {
    "name": "Anna Åberg",
    "phone": "070-123 45 67",
    "address": "Storgatan 5",
    "postcode": "114 58 Stockholm",
    "mail": "anna@familjen.example",
    "unit": "Gärdet",
    "place_date": "Stockholm 2026-11-03",
    "signature": "Anna Åberg",
    "date": "2026-11-03",
}
WORDS = ["Maten är kall när barnen ska äta.", "Min son är allergisk och fick ägg i tisdags."]
ST_GEORGE = {
    "name": "Иван Петров Стоянов",
    "full_name": "Иван Петров Стоянов",
    "address": "гр. София, ул. „Шипка“ 3",
    "answer_by": "по имейл",
    "date": "03.11.2026 г.",
    "signature": "И. Стоянов",
}


@pytest.mark.parametrize("kind", ["docx", "odt", "pdf"])
def test_the_swedish_form_is_read_from_a_document(kind: str) -> None:
    """A7: name, address, unit … into the case, the complaint into the words that are understood; the file is kept."""
    found = read(raw(mail(f"form-alexanderskolan-{kind}")))
    description = found.form["description"]
    assert {key: value for key, value in found.form.items() if key != "description"} == ALEXANDERSKOLAN
    assert [line for line in description.split("\n") if line] == WORDS
    assert description in found.text
    assert found.reply.startswith("Hej!")
    assert found.reply.endswith(description)
    assert [one.name for one in found.attachments] == [f"blankett för klagomål.{kind}"]
    assert found.defects == ()


@pytest.mark.parametrize("kind", ["docx", "odt", "pdf"])
def test_the_parts_of_a_bulgarian_complaint_are_read_from_a_document(kind: str) -> None:
    """C7: what was left empty (the phone) is not there."""
    found = read(raw(mail(f"form-st-george-{kind}")))
    description = found.form["description"]
    assert {key: value for key, value in found.form.items() if key != "description"} == ST_GEORGE
    assert description == "Моля за проверка на оценките по математика.\nСинът ми получи двойка без изпитване."
    assert description in found.text


def test_content_controls_are_read_by_their_tags_and_hints_are_nothing() -> None:
    """A7: a control that still shows its hint was not filled in."""
    body = control("name", "Anna Åberg") + control("phone", "Klicka här", hint=True) + control("unit", "Gärdet")
    found = done("text", word(body), ())
    assert fields_of(found.rows, found.controls) == {"name": "Anna Åberg", "unit": "Gärdet"}


def test_a_letter_that_is_no_form_adds_no_field() -> None:
    found = done("text", word(line("Namn: Anna") + line("Maten är kall.")), ())
    assert fields_of(found.rows, found.controls) == {}


def sent(content: bytes, *, text: str = "", name: str = "brev.docx") -> Submission:
    """A message with one document."""
    file = Attachment(name=name, type=DOCX, content=content)
    return Submission(channel="lmtp", text=text, reply=text, attachments=(file,))


def test_who_writes_nothing_into_the_mail_has_written_it_into_the_document() -> None:
    letter = word(line("Maten är kall.") + line("Anna"))
    assert with_forms(sent(letter)).reply == "Maten är kall.\nAnna"
    assert with_forms(sent(letter, text="Se bilagan.")).reply == "Se bilagan."


def test_a_proof_of_receipt_is_over_what_was_sent_however_it_was_read() -> None:
    """G11: the words of a document count once, as the file."""
    message = sent(word(line("Maten är kall.")))
    assert with_forms(message).from_files == "Maten är kall."
    assert fingerprint(with_forms(message)) == fingerprint(message)


def test_a_message_without_documents_costs_nothing() -> None:
    message = Submission(
        channel="lmtp", text="Hej", attachments=(Attachment(name="a.txt", type="text/plain", content=b""),)
    )
    assert with_forms(message) is message
