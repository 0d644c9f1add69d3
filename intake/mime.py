"""The bytes of a mail become a Submission; whatever arrives is read, nothing raises."""

from __future__ import annotations

import email
import email.header
import email.utils
import hashlib
from datetime import UTC, datetime
from email.message import Message

from intake.forms import fields
from intake.text import trim
from register.records import Address, AddressKind, Attachment, RawMessage, Submission


def read(raw: RawMessage) -> Submission:
    """The Submission of a spooled mail; never raises, whatever its bytes."""
    message = email.message_from_bytes(raw.content)
    headers = tuple((name.lower(), _decoded(value)) for name, value in message.raw_items())
    text, attachments = _parts(message)
    first = dict(reversed(headers))
    sender = next(iter(_addresses(first.get("from", ""))), None)
    reply = trim(text)
    return Submission(
        channel=raw.channel,
        sender=sender,
        reply_to=next(iter(_addresses(first.get("reply-to", ""))), None),
        to=_addresses(first.get("to", "")),
        cc=_addresses(first.get("cc", "")),
        delivered_to=raw.recipients or tuple(v.lower() for k, v in headers if k in ("delivered-to", "x-original-to")),
        subject=first.get("subject", ""),
        date=_date(first.get("date", "")),
        message_id=first.get("message-id", "").strip(" <>"),
        in_reply_to=_ids(first.get("in-reply-to", "")),
        references=_ids(first.get("references", "")),
        text=text,
        reply=reply,
        attachments=attachments,
        headers=headers,
        envelope_from=raw.envelope_from if raw.envelope_from is not None else _return_path(first),
        form=fields(reply),
        fingerprint=_fingerprint(sender, first.get("subject", ""), text, attachments),
    )


def _decoded(value: object) -> str:
    try:
        text = str(email.header.make_header(email.header.decode_header(str(value))))
    except (ValueError, LookupError, UnicodeError):
        text = str(value)
    return " ".join(text.encode("utf-8", "replace").decode().replace("\0", "").split())


def _parts(message: Message) -> tuple[str, tuple[Attachment, ...]]:
    texts: list[str] = []
    files: list[Attachment] = []
    for part in message.walk():
        if part.is_multipart():
            continue
        content = part.get_payload(decode=True)
        content = content if isinstance(content, bytes) else b""
        name = part.get_filename()
        if part.get_content_type() == "text/plain" and not name:
            texts.append(content.decode("utf-8", "replace").replace("\0", "").replace("\r\n", "\n"))
        else:
            safe = f"{len(files) + 1}-{(name or 'attachment').replace('/', '_')}"
            files.append(Attachment(name=safe, type=part.get_content_type(), content=content))
    return "\n".join(texts), tuple(files)


def _addresses(value: str) -> tuple[Address, ...]:
    pairs = email.utils.getaddresses([value])
    return tuple(Address(kind=AddressKind.MAIL, value=a, name=n) for n, a in pairs if "@" in a)


def _ids(value: str) -> tuple[str, ...]:
    return tuple(part.strip("<>") for part in value.replace("><", "> <").split())


def _return_path(first: dict[str, str]) -> str | None:
    return first["return-path"].strip(" <>") if "return-path" in first else None


def _date(value: str) -> datetime | None:
    try:
        date = email.utils.parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _fingerprint(sender: Address | None, subject: str, text: str, files: tuple[Attachment, ...]) -> str:
    digest = hashlib.sha256()
    for part in (sender.value.lower() if sender else "", subject, text):
        digest.update(part.encode() + b"\0")
    for file in files:
        digest.update(hashlib.sha256(file.content).digest())
    return digest.hexdigest()
