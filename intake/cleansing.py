"""A message without its sender: what is kept of somebody who stays unknown (A4, C3, G3). Read `cleansed` first.

What people write about themselves in their own words stays: that cannot be known. What programs wrote goes: header
fields, form fields, names of files, properties of documents and pictures, signatures of keys, visiting cards; and the
sender's own address and full name wherever a mail program has put them into the text.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP

from intake import documents, pictures
from intake.attachments import safe_name
from intake.mime import read
from intake.untrusted.opening import opened
from register.records import Attachment, RawMessage, Submission

Hide = Callable[[str], str]

#: what stands where the sender's own address or name stood
HIDDEN = "[…]"
#: fields of a form that say nothing of who filled it in
_KEPT_FIELDS = ("unit", "spoken")
#: files that say nothing but who sent them
_DROPPED = frozenset(
    (
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
        "application/pgp-signature",
        "application/pgp-keys",
        "text/vcard",
        "text/x-vcard",
        "text/directory",
        "message/delivery-status",
        "message/disposition-notification",
        "text/rfc822-headers",
    )
)
#: files that hold only what somebody wrote
_PLAIN = frozenset(("text/plain", "text/csv", "text/markdown"))
_MAILS = ("message/rfc822", "message/global")
#: shorter names and numbers are words that may stand anywhere
_SHORTEST = 5
_LONG_AGO = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, kw_only=True)
class Cleansed:
    """A message as it is kept, and what could not be done."""

    submission: Submission
    #: media types of files whose properties could not be taken out
    kept: tuple[str, ...] = ()
    #: how many files were left out because they say nothing but who sent them
    dropped: int = 0


def cleansed(submission: Submission, *, wordless: bool = False) -> Cleansed:
    """The message without its sender; `wordless`: a machine's answer to us, of which nothing is kept.

    The sender's address, Message-ID and thread stay on the Submission for the letter that answers it: the register
    keeps none of them.
    """
    hide = hider(submission)
    files: list[Attachment] = []
    kept: list[str] = []
    wanted = () if wordless else tuple(one for one in submission.attachments if one.type not in _DROPPED)
    for number, one in enumerate(wanted, 1):
        content, done = _stripped(one, hide)
        kind = "text/plain" if one.type in _MAILS else one.type
        files.append(Attachment(name=_neutral(one, kind, number), type=kind, content=content))
        kept += [] if done else [one.type]
    without = replace(
        submission,
        subject="" if wordless else hide(submission.subject),
        text="" if wordless else hide(submission.text),
        from_files="" if wordless else hide(submission.from_files),
        reply="" if wordless else hide(submission.reply),
        html="",
        date=None,
        attachments=tuple(files),
        headers=(),
        form={key: value for key, value in submission.form.items() if key in _KEPT_FIELDS},
        returned_headers=(),
        fingerprint="",
    )
    return Cleansed(submission=without, kept=tuple(kept), dropped=len(submission.attachments) - len(files))


def as_bytes(submission: Submission, raw: RawMessage) -> bytes:
    """A cleansed message in the form that its channel is read in: a mail of subject, text and files, or an update."""
    return _update(submission) if raw.channel == "telegram" else _mail(submission)


def hider(submission: Submission) -> Hide:
    """Puts a mark where a program wrote the sender's own address, number or full name into the text."""
    known = sorted({one for one in _identity(submission) if len(one) >= _SHORTEST}, key=len, reverse=True)
    if not known:
        return lambda text: text
    anywhere = "|".join(r"\s+".join(map(re.escape, one.split())) for one in known)
    pattern = re.compile(anywhere, re.IGNORECASE)
    # "From: name <address>", as mail programs write above what they quote; the name may be one that no field has.
    field = re.compile(
        rf"(?m)^([>\s*]{{0,20}}\w[\w ]{{0,30}}:\*?[ \t]*)[^\n<]{{1,200}}<\s*(?:mailto:)?(?:{anywhere})\s*>", re.I
    )
    return lambda text: pattern.sub(HIDDEN, field.sub(rf"\1{HIDDEN}", text))


def _identity(submission: Submission) -> Iterator[str]:
    for address in (submission.sender, submission.reply_to):
        if address is not None:
            yield address.value
            # A single word may be a name or a word like any other: "Hope".
            yield address.name if len(address.name.split()) > 1 else ""
    yield submission.envelope_from or ""
    yield submission.message_id


def _neutral(one: Attachment, kind: str, number: int) -> str:
    """A file name that says only what kind of file it is: people give files their own names."""
    ending = "" if one.type in _MAILS else one.name.rpartition(".")[2].lower()
    known = ending.isascii() and ending.isalnum() and len(ending) <= 5 and "." in one.name
    return f"file-{number}.{ending}" if known else safe_name("", kind, number)


def _stripped(one: Attachment, hide: Hide) -> tuple[bytes, bool]:
    """The file without its properties; False where they could not be taken out."""
    if one.type in _PLAIN:
        return one.content, True
    if one.type in _MAILS:
        return hide(_words_of(one.content)).encode(), True
    if pictures.is_picture(one.content):
        content = pictures.without_metadata(one.content)
    else:
        task = documents.TASKS.get(one.type) or _task(one.content)
        content = opened(task, one.content).content if task else None
    return (content, True) if content else (one.content, False)


def _task(content: bytes) -> str:
    """The task for a document whose media type says nothing."""
    if content.startswith(b"%PDF-"):
        return "strip_pdf"
    return "strip_office" if content.startswith(b"PK\x03\x04") else ""


def _words_of(mail: bytes) -> str:
    """Subject and text of a mail within the mail."""
    inner = read(RawMessage(channel="file", external_id="", content=mail, received_at=_LONG_AGO))
    return hider(inner)(f"{inner.subject}\n\n{inner.text}\n")


def _mail(submission: Submission) -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = " ".join(submission.subject.split())
    mail.set_content(submission.text, cte="base64")
    for one in submission.attachments:
        main, _, sub = one.type.partition("/")
        if main in ("multipart", "message") or not sub:
            main, sub = "application", "octet-stream"
        mail.add_attachment(one.content, maintype=main, subtype=sub, filename=one.name)
    return mail.as_bytes()


def _update(submission: Submission) -> bytes:
    files = [
        {"file_id": one.name, "name": one.name, "type": one.type, "data": base64.b64encode(one.content).decode()}
        for one in submission.attachments
    ]
    return json.dumps({"update": {"message": {"text": submission.text}}, "files": files}).encode("ascii")
