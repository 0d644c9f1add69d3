"""The demo's other side: a real SMTP receiver on loopback that keeps every letter as a file."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True, kw_only=True)
class Received:
    """A letter that reached its reader."""

    to: str
    subject: str
    text: str
    message_id: str
    in_reply_to: str
    #: where an answer to it goes
    reply_to: str


class Receiver:
    """Listens on a free loopback port; letters are found by the mailbox that they came to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.letters: dict[str, list[Received]] = defaultdict(list)
        self.port = 0
        self._arrived = asyncio.Condition()
        self._server: asyncio.Server

    async def start(self) -> None:
        """Begins to listen."""
        self.folder.mkdir(parents=True, exist_ok=True)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self, loop=loop, enable_SMTPUTF8=True, data_size_limit=0), "127.0.0.1", 0
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Ends."""
        self._server.close()
        await self._server.wait_closed()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd
        """Keeps a letter (called by aiosmtpd)."""
        content = envelope.original_content or b""
        count = sum(map(len, self.letters.values())) + 1
        (self.folder / f"{count:03}-{envelope.rcpt_tos[0].replace('/', '_')}.eml").write_bytes(content)
        async with self._arrived:
            for to in envelope.rcpt_tos:
                self.letters[to].append(_received(to, content))
            self._arrived.notify_all()
        return "250 2.0.0 kept"

    async def answering(self, message_id: str, timeout: float = 20) -> Received | None:
        """The first letter that answers a message, waiting for it; None where none comes in time (seconds)."""
        try:
            async with asyncio.timeout(timeout), self._arrived:
                await self._arrived.wait_for(lambda: self._find(message_id) is not None)
        except TimeoutError:
            return None
        return self._find(message_id)

    def _find(self, message_id: str) -> Received | None:
        every = (letter for letters in self.letters.values() for letter in letters)
        return next((letter for letter in every if letter.in_reply_to == message_id), None)


def _received(to: str, content: bytes) -> Received:
    message = message_from_bytes(content, policy=default)
    body = message.get_body(("plain",))
    return Received(
        to=to,
        subject=str(message["Subject"]),
        text=body.get_content() if body else "",
        message_id=str(message["Message-ID"] or "").strip(),
        in_reply_to=str(message["In-Reply-To"] or "").strip(),
        reply_to=str(message["Reply-To"] or message["From"] or "").strip(),
    )
