"""A mailbox on a real Dovecot, from the parent's mail to the spool, through everything that breaks on the way."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from intake.channels.imap import Channel, Settings
from tests.journeys.servers.doorway import Spool
from tests.journeys.servers.dovecot import Dovecot


def mail(subject: str, text: str = "Hej!") -> bytes:
    return f"From: Anna Berg <anna.berg@foralder.example>\r\nSubject: {subject}\r\n\r\n{text}\r\n".encode()


@pytest.fixture
def password(tmp_path: Path) -> Path:
    file = tmp_path / "password"
    file.write_text("sommar\n")
    return file


@contextlib.asynccontextmanager
async def watching(spool: Spool, dovecot: Dovecot, password: Path, **settings: Any) -> AsyncIterator[Channel]:
    """A channel at work on the mailbox of hej, once it has said that it is open."""
    known = {
        "host": dovecot.host, "port": dovecot.imap, "security": "none", "user": "hej", "password_file": password,
        "address": "hej@alexanderskolan.se", "backoff_seconds": 0.01,
    }  # fmt: skip
    channel = Channel(Settings(**{**known, **settings}), spool.doorway())
    task = asyncio.create_task(channel.run())
    try:
        yield channel
    finally:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.result()


async def test_a_mail_that_was_waiting_is_taken_in(dovecot: Dovecot, password: Path) -> None:
    dovecot.deliver("hej", mail("Maten"))
    spool = Spool()
    async with watching(spool, dovecot, password):
        (raw,) = await spool.received(1)
    assert b"Subject: Maten" in raw.content
    assert (raw.channel, raw.recipients, raw.organisation, raw.envelope_from) == (
        "imap",
        ("hej@alexanderskolan.se",),
        "alexanderskolan",
        None,
    )


async def test_a_new_mail_is_pushed(dovecot: Dovecot, password: Path) -> None:
    spool = Spool()
    async with watching(spool, dovecot, password, poll_seconds=1000):
        await spool.until(lambda: spool.told == ["opened"])
        dovecot.deliver("hej", mail("Maten"))
        await spool.received(1)
        dovecot.deliver("hej", mail("Bussen"))
        await spool.received(2)
