"""Forms that came as a file: what is filled in joins the message's own fields, the complaint joins its words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from intake.charset import readable
from intake.forms.grid import fields_of
from intake.untrusted.opening import opened
from register.records import Attachment, Submission

#: files of one message that are opened
MOST_FILES = 6

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
_WORD = re.compile(r"[^\W\d_]{2}")


def with_forms(submission: Submission) -> Submission:
    """The message with what its forms say; the same object where no document came with it. Raises nothing."""
    form, words, defects = dict(submission.form), list[str](), list(submission.defects)
    said = bool(_WORD.search(submission.reply or submission.text))
    documents = list(_documents(submission.attachments))
    if not documents:
        return submission
    for document in documents[:MOST_FILES]:
        read = opened("text", document.content)
        defects += read.defects
        filled = _clean(fields_of(read.rows, read.controls))
        if filled:
            words += [filled["description"]] if filled.get("description") else []
            form |= filled
        elif not said:
            # Who writes nothing into the mail has written it into the document.
            words += [readable(read.text).strip()]
    if len(documents) > MOST_FILES:
        defects.append(f"only the first {MOST_FILES} attached documents were read")
    return _added(submission, form, words, defects)


def _added(submission: Submission, form: dict[str, str], words: Iterable[str], defects: Iterable[str]) -> Submission:
    new = [one for one in dict.fromkeys(words) if one and one not in submission.text]
    return replace(
        submission,
        form=form,
        text="\n\n".join(filter(None, (submission.text, *new))),
        reply="\n\n".join(filter(None, (submission.reply, *new))),
        defects=tuple(dict.fromkeys(defects)),
    )


def _documents(attachments: Iterable[Attachment]) -> Iterator[Attachment]:
    for one in attachments:
        if one.type in _TYPES or one.name.lower().endswith(_ENDINGS):
            yield one


def _clean(fields: dict[str, str]) -> dict[str, str]:
    """No control character in any value, and no line break but in the description."""
    return {
        key: readable(value) if key == "description" else " ".join(readable(value).split())
        for key, value in fields.items()
    }
