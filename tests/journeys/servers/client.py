"""A client that says exactly what it is told, byte for byte, to an SMTP or LMTP server."""

from __future__ import annotations

import asyncio
import ssl
from types import TracebackType
from typing import Self


class Client:
    """An open connection; the greeting has been read."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.greeting = ""

    @classmethod
    async def to(cls, port: int | str) -> Self:
        """Connects to a loopback port or a Unix socket."""
        if isinstance(port, str):
            reader, writer = await asyncio.open_unix_connection(port)
        else:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        client = cls(reader, writer)
        client.greeting = await client.reply()
        return client

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.writer.transport.abort()

    async def send(self, data: bytes) -> None:
        """Sends bytes as they are."""
        self.writer.write(data)
        await self.writer.drain()

    async def reply(self) -> str:
        """The next reply, its lines joined by newlines; empty where the server has closed."""
        lines = []
        async with asyncio.timeout(30):
            while line := (await self.reader.readline()).decode():
                lines.append(line.removesuffix("\r\n"))
                if line[3:4] != "-":
                    break
        return "\n".join(lines)

    async def replies(self, number: int) -> list[str]:
        """That many replies."""
        return [await self.reply() for _ in range(number)]

    async def say(self, command: str) -> str:
        """Says a command, returns the reply."""
        await self.send(command.encode() + b"\r\n")
        return await self.reply()

    @property
    def hello(self) -> str:
        """The greeting that this server wants: of LMTP or of SMTP."""
        return "LHLO" if "LMTP" in self.greeting else "EHLO"

    async def start(self, *recipients: str, sender: str = "anna.berg@foralder.example") -> None:
        """Goes on as far as the text of a mail, past the 354."""
        for command in (
            f"{self.hello} foralder.example",
            f"MAIL FROM:<{sender}>",
            *(f"RCPT TO:<{to}>" for to in recipients),
        ):
            said = await self.say(command)
            assert said.startswith("250"), said
        said = await self.say("DATA")
        assert said.startswith("354"), said

    async def starttls(self, context: ssl.SSLContext, *, after: bytes = b"") -> str:
        """STARTTLS and the handshake; `after` is sent in the clear in the same breath as the command."""
        await self.send(b"STARTTLS\r\n" + after)
        said = await self.reply()
        await self.writer.start_tls(context, server_hostname="localhost")
        return said

    async def rest(self) -> bytes:
        """All that the server still says until it closes."""
        async with asyncio.timeout(30):
            return await self.reader.read()
