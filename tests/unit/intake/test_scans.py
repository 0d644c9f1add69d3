"""Forms that somebody has scanned or photographed; tesseract reads them, where it is installed."""

from __future__ import annotations

import os
import shutil

import pytest

from intake.forms.attached import with_forms
from intake.untrusted.worker import done
from register.records import Attachment, Submission
from tests.unit.intake import papers

PAGE = papers.photo(
    [
        "Complaint form",
        "Name:\tTelephone number:",
        "Anna Berg\t070-123 45 67",
        "",
        "Description:",
        "The food is cold every day.",
        "",
        "Signature: Anna Berg",
    ]
)


@pytest.fixture
def tesseract() -> None:
    if shutil.which("tesseract") is None:
        if os.environ.get("CI"):
            pytest.fail("tesseract is not installed")
        pytest.skip("tesseract is not installed")


def sent(name: str, kind: str, content: bytes, text: str = "") -> Submission:
    """A message with one file."""
    file = Attachment(name=name, type=kind, content=content)
    return Submission(channel="lmtp", text=text, reply=text, attachments=(file,))


@pytest.mark.usefixtures("tesseract")
@pytest.mark.parametrize(
    ("name", "kind", "content"),
    [("form.jpg", "image/jpeg", PAGE), ("form.pdf", "application/pdf", papers.scanned(PAGE))],
    ids=["photo", "scan"],
)
def test_a_form_on_a_picture_is_read(name: str, kind: str, content: bytes) -> None:
    """A7: the fields into the case, the complaint into the words."""
    found = with_forms(sent(name, kind, content))
    assert found.form["name"] == "Anna Berg"
    assert found.form["phone"] == "070-123 45 67"
    assert found.reply == "The food is cold every day."
    assert found.defects == ()


def test_a_photo_beside_a_letter_is_not_looked_at() -> None:
    message = sent("photo.jpg", "image/jpeg", PAGE, text="Maten är kall varje dag. " * 20)
    assert with_forms(message) is message


def test_without_tesseract_a_scan_is_kept_and_said_to_be_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    found = done("text", papers.scanned(PAGE), ())
    assert found.defects == ["a scanned document was not read: the program tesseract is not installed"]


def test_a_picture_of_too_many_pixels_is_refused() -> None:
    huge = papers.photo([], size=(12_000, 8_000))
    (said,) = done("text", huge, ()).defects
    assert said in (
        "an attached picture has too many pixels to be read",
        "an attached document is damaged and could not be read",
    )
