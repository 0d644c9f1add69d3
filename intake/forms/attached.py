"""Forms that came as a file: what is filled in joins the message's own fields, the complaint joins its words."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace

from intake.charset import readable
from intake.forms.grid import fields_of
from intake.pictures import is_picture
from intake.untrusted.opening import opened
from register.records import Attachment, Submission

#: files of one message that are opened
MOST_FILES = 6
#: seconds after which no further document of a message is opened
PATIENCE = 25
#: a message of fewer letters says little
FEW = 300
#: smaller pictures are signatures and icons, in bytes
SMALLEST_PICTURE = 20_000
#: fewer words in a photo are no letter
FEWEST_WORDS = 15

_TYPES = frozenset(
    (
        "application/pdf",
        "application/x-pdf",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.template",
        "application/vnd.ms-word.document.macroenabled.12",
        "application/vnd.oasis.opendocument.text",
        "application/vnd.oasis.opendocument.text-template",
    )
)
_ENDINGS = (".pdf", ".docx", ".docm", ".dotx", ".odt", ".ott")
_CYRILLIC = re.compile(r"[а-яА-Я]{3}")
_WORD = re.compile(r"[^\W\d_]{2}")


def with_forms(submission: Submission) -> Submission:
    """The message with what its forms say; the same object where no document came with it. Raises nothing."""
    documents = list(_documents(submission))
    if not documents:
        return submission
    form, words, defects = dict(submission.form), list[str](), list(submission.defects)
    said, languages = bool(_WORD.search(_own_words(submission))), _languages(submission)
    began = time.monotonic()
    for document in documents[:MOST_FILES]:
        if time.monotonic() - began > PATIENCE:
            defects.append("the other attached documents were not read: the first ones took too long")
            break
        read = opened("text", document.content, languages=languages)
        picture = is_picture(document.content)
        # A photo beside a text need not be a page.
        defects += () if picture and said else read.defects
        filled = _clean(fields_of(read.rows, read.controls))
        if filled:
            words += [filled["description"]] if filled.get("description") else []
            form |= filled
        elif not said and (not picture or len(_WORD.findall(read.text)) >= FEWEST_WORDS):
            # Who writes nothing into the mail has written it into the document.
            words += [readable(read.text).strip()]
    if len(documents) > MOST_FILES:
        defects.append(f"only the first {MOST_FILES} attached documents were read")
    return _added(submission, form, words, defects)


def _own_words(submission: Submission) -> str:
    return submission.reply or submission.text


def _languages(submission: Submission) -> tuple[str, ...]:
    """The languages of a scan, as tesseract names them, the likeliest first."""
    latin, cyrillic = "swe+nor+eng", "bul+eng"
    return (cyrillic, latin) if _CYRILLIC.search(submission.subject + submission.text) else (latin, cyrillic)


def _added(submission: Submission, form: dict[str, str], words: Iterable[str], defects: Iterable[str]) -> Submission:
    new = [one for one in dict.fromkeys(words) if one and one not in submission.text]
    return replace(
        submission,
        form=form,
        text="\n\n".join(filter(None, (submission.text, *new))),
        from_files="\n\n".join(new),
        reply="\n\n".join(filter(None, (submission.reply, *new))),
        defects=tuple(dict.fromkeys(defects)),
    )


def _documents(submission: Submission) -> Iterator[Attachment]:
    """Documents, and pictures where the message itself says little: a photo of a form needs no letter beside it."""
    few = len(_own_words(submission)) < FEW
    for one in submission.attachments:
        document = one.type in _TYPES or one.name.lower().endswith(_ENDINGS)
        if document or (few and one.size >= SMALLEST_PICTURE and is_picture(one.content)):
            yield one


def _clean(fields: dict[str, str]) -> dict[str, str]:
    """No control character in any value, and no line break but in the description."""
    return {
        key: readable(value) if key == "description" else " ".join(readable(value).split())
        for key, value in fields.items()
    }
