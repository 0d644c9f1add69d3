"""What the tests of reading share: where the mails are, and how one is read."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from intake.mime import read
from register.records import RawMessage, Submission

MAILS = Path(__file__).resolve().parents[2] / "mail"


def raw(content: bytes | str, *, recipients: tuple[str, ...] = (), envelope_from: str | None = None) -> RawMessage:
    """A spooled mail; text becomes UTF-8 with CRLF."""
    data = content.replace("\n", "\r\n").encode() if isinstance(content, str) else content
    return RawMessage(
        channel="lmtp",
        external_id="1",
        content=data,
        received_at=datetime(2026, 11, 24, 8, 0, tzinfo=UTC),
        recipients=recipients,
        envelope_from=envelope_from,
    )


def reading(content: bytes | str, *, recipients: tuple[str, ...] = (), envelope_from: str | None = None) -> Submission:
    """What is read from a mail."""
    return read(raw(content, recipients=recipients, envelope_from=envelope_from))


def expectations(name: str) -> dict[str, dict[str, Any]]:
    """The expectations of `tests/mail/<name>.toml`, by the mail's name."""
    return tomllib.loads((MAILS / f"{name}.toml").read_text("utf-8"))


def mail(name: str) -> bytes:
    """The bytes of a mail in `tests/mail`."""
    return (MAILS / f"{name}.eml").read_bytes()


def strings(submission: Submission) -> tuple[list[str], list[str]]:
    """All single-line values of a Submission, and all values of several lines."""
    addresses = [*submission.to, *submission.cc, submission.sender, submission.reply_to]
    single = [
        submission.subject,
        submission.message_id,
        *submission.in_reply_to,
        *submission.references,
        *submission.delivered_to,
        *(text for address in addresses if address for text in (address.value, address.name)),
        *(text for file in submission.attachments for text in (file.name, file.type)),
        *(text for pair in submission.headers for text in pair),
        *(text for headers in submission.returned_headers for pair in headers for text in pair),
        *(value for key, value in submission.form.items() if key != "description"),
        *submission.defects,
        submission.envelope_from or "",
    ]
    return single, [submission.text, submission.reply, submission.html, submission.form.get("description", "")]
