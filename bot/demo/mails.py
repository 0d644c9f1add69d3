"""The demo's sample mails as real messages."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from functools import cache
from importlib import resources
from typing import Any

from bot.demo.receiver import Received
from bot.workers import now


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A message to be sent, with what the demo says about it."""

    label: str
    envelope_from: str
    to: str
    content: bytes
    message_id: str
    subject: str


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(resources.files("bot.demo").joinpath("samples.toml").read_text(encoding="utf-8"))


def samples() -> list[dict[str, Any]]:
    """The mails of samples.toml, in order."""
    mails: list[dict[str, Any]] = _table()["mail"]
    return mails


def dialogue() -> dict[str, Any]:
    """The chat of samples.toml: name and language of the parent, what they write and press."""
    chat: dict[str, Any] = _table()["chat"]
    return chat


def mail(number: int, sample: Mapping[str, Any], sent: Sequence[Mail], answers: Mapping[int, Received]) -> Mail | None:
    """The message of a sample; an answer needs the acknowledgement that it answers, and is None without it."""
    if "again" in sample:
        first = sent[int(sample["again"])]
        # Another relay has stamped it, as when a mail server tries again: other bytes, the same message.
        return replace(
            first, label=sample["label"], content=b"Received: from relay.example by mx.example\r\n" + first.content
        )
    if "answers" not in sample:
        return _mail(number, sample, sample["to"], sample["subject"], {})
    answered = answers.get(sample["answers"])
    if answered is None:
        return None
    thread = {"In-Reply-To": answered.message_id, "References": answered.message_id}
    quoted = f"{sample['text'].strip()}\n\n" + "\n".join(f"> {line}" for line in answered.text.splitlines()[:6])
    return _mail(number, {**sample, "text": quoted}, answered.reply_to, f"Re: {answered.subject}", thread)


def _mail(number: int, sample: Mapping[str, Any], to: str, subject: str, thread: Mapping[str, str]) -> Mail:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sample["from"], to, subject
    message["Date"] = format_datetime(now())
    message["Message-ID"] = f"<demo-{number}-{now():%H%M%S%f}@parents.example>"
    for name, value in {**thread, **sample.get("headers", {})}.items():
        message[name] = value
    message.set_content(sample["text"].strip() + "\n")
    address = parseaddr(sample["from"])[1]
    return Mail(
        label=sample["label"],
        envelope_from=sample.get("envelope_from", address),
        to=parseaddr(to)[1],
        content=message.as_bytes(),
        message_id=message["Message-ID"],
        subject=subject,
    )
