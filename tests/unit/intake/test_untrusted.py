"""Strangers' files: what was made to hurt is refused in plain words, hurts nobody, and the file is kept."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.forms.attached import with_forms
from intake.untrusted import opening
from intake.untrusted.worker import done
from register.records import Attachment, Submission
from tests.unit.intake import papers
from tests.unit.intake.mails import mail, reading

WHOLE = [
    file.content
    for name in ("form-alexanderskolan-docx", "form-alexanderskolan-odt", "form-st-george-pdf")
    for file in reading(mail(name)).attachments
]
WORD = papers.word(papers.line("Maten är kall."))
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "macros": (papers.with_macros, "holds macros"),
    "a template elsewhere": (papers.with_a_foreign_template, "refers to files elsewhere"),
    "entities": (papers.with_entities, "defines entities"),
    "depth": (papers.with_depth, "nested too deep"),
    "a bomb": (papers.with_200_megabytes, "unpacks to more"),
    "a cut": (lambda: WORD[: len(WORD) // 2], "damaged"),
    "no document": (lambda: b"MZ not a document", "of a kind that is not read"),
    "a locked PDF": (lambda: papers.pdf_pages(1, password="x"), "locked with a password"),
    "many pages": (lambda: papers.pdf_pages(100), "only the first 20 pages"),
    "a cut PDF": (lambda: papers.pdf_pages(3)[:300], "damaged"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_more_than_a_document_is_refused_in_plain_words(name: str) -> None:
    make, said = HOSTILE[name]
    defects = done("text", make(), ()).defects
    assert [one for one in defects if said in one]


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_whatever_is_turned_in_a_document_raises_nothing(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from(WHOLE))
    place, cut = data.draw(st.integers(0, len(whole))), data.draw(st.integers(0, 60))
    turned = whole[:place] + data.draw(st.binary(max_size=60)) + whole[place + cut :]
    found = done("text", turned, ())
    assert found.rows or found.controls or found.defects


def test_a_refused_file_is_kept_and_the_message_is_read() -> None:
    """A7: whatever becomes of the reading, the original stays."""
    file = Attachment(name="brev.docm", type="application/octet-stream", content=papers.with_macros())
    message = Submission(channel="lmtp", text="Maten är kall.", attachments=(file,))
    found = with_forms(message)
    assert found == dataclasses.replace(message, reply="", defects=found.defects)
    assert found.defects == ("an attached document holds macros and was not opened",)


@pytest.mark.parametrize(("limit", "value"), [("SECONDS", 0.01), ("MEMORY", 10_000_000)])
def test_a_worker_that_takes_too_much_is_stopped(monkeypatch: pytest.MonkeyPatch, limit: str, value: float) -> None:
    monkeypatch.setattr(opening, limit, value)
    found = opening.opened("text", WORD)
    assert found.rows == ()
    assert found.defects in ((opening.TOO_LONG,), (opening.UNREADABLE,))


def test_a_worker_knows_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEJ_PASSWORD", "hemligt")
    assert "HEJ_PASSWORD" in os.environ
    assert "HEJ_PASSWORD" not in opening.environment()
    assert opening.opened("text", WORD).text == "Maten är kall."
