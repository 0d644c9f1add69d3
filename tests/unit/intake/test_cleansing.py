"""What is kept of a message whose sender stays unknown; hostile files are kept and said to be as they were."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake import documents, pictures
from intake.cleansing import HIDDEN, cleansed
from register.records import Address, AddressKind, Attachment, Submission
from tests.journeys import traces

SENDER = Address(kind=AddressKind.MAIL, value="Hemlig.Hansson@post-anka.example", name="Hemlig Hansson")
NAMES = "Hemlig Hansson Nikon"
SAID = Submission(channel="lmtp", sender=SENDER, subject="Om maten", text="Maten är kall.", reply="Maten är kall.")
FILES = {
    "jpeg": traces.jpeg(NAMES),
    "png": traces.png(NAMES),
    "docx": traces.docx("x", NAMES),
    "pdf": traces.pdf(NAMES),
}


def webp() -> bytes:
    chunks = b"VP8X\x0a\0\0\0\x0c\0\0\0" + bytes(6) + b"VP8L\x02\0\0\0ab" + b"EXIF\x14\0\0\0" + NAMES.encode()
    return b"RIFF" + len(b"WEBP" + chunks).to_bytes(4, "little") + b"WEBP" + chunks


@pytest.mark.parametrize("data", [FILES["jpeg"], FILES["png"], webp()], ids=["jpeg", "png", "webp"])
def test_a_picture_keeps_what_is_seen_and_nothing_else(data: bytes) -> None:
    """G3: the cleansed picture cleansed again is the same."""
    once = pictures.without_metadata(data)
    assert once is not None
    assert not [word for word in NAMES.encode().split() if word in once]
    assert pictures.without_metadata(once) == once


def test_a_picture_stays_turned_as_it_was() -> None:
    """G3: of Exif only the orientation is kept, so that a photo is not shown lying on its side."""
    once = pictures.without_metadata(FILES["jpeg"])
    assert once is not None
    assert b"Exif\0\0MM\0*" in once


@given(st.data())
def test_damaged_files_raise_nothing(data: st.DataObject) -> None:
    whole = FILES[data.draw(st.sampled_from(["jpeg", "png", "docx"]))]
    cut = data.draw(st.integers(0, len(whole)))
    damaged = whole[:cut] + data.draw(st.binary(max_size=40)) + whole[cut + data.draw(st.integers(0, 40)) :]
    assert pictures.without_metadata(damaged) is None or pictures.is_picture(damaged)
    assert documents.office(damaged) is None or damaged.startswith(b"PK") or b"PK" in damaged


def test_a_file_that_cannot_be_cleansed_is_kept_and_named_by_its_kind() -> None:
    """G3: the journal says so; its own name does not stay."""
    film = Attachment(name="Hemlig Hansson.mp4", type="video/mp4", content=b"\0\0\0\x18ftypmp42")
    done = cleansed(replace(SAID, attachments=(film,)))
    assert [(one.name, one.content) for one in done.submission.attachments] == [("file-1.mp4", film.content)]
    assert done.kept == ("video/mp4",)


def test_what_programs_put_into_the_text_goes_and_what_the_sender_wrote_stays() -> None:
    """G3: address and full name in any case; a single name may be any word."""
    text = "Maten är kall, säger Hemlig.\n> From: Någon Annan <hemlig.hansson@POST-ANKA.example>\n-- \nhemlig  HANSSON"
    done = cleansed(replace(SAID, text=text, form={"name": "Hemlig Hansson", "unit": "Eken"}))
    assert done.submission.text == f"Maten är kall, säger Hemlig.\n> From: {HIDDEN}\n-- \n{HIDDEN}"
    assert done.submission.form == {"unit": "Eken"}


def test_of_a_machine_of_the_senders_nothing_is_kept() -> None:
    """G3."""
    done = cleansed(
        replace(SAID, attachments=(Attachment(name="a.txt", type="text/plain", content=b"x"),)), wordless=True
    )
    assert (done.submission.subject, done.submission.text, done.submission.reply) == ("", "", "")
    assert done.submission.attachments == ()
