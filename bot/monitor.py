"""A small HTTP door for those who watch the service: `/metrics` and `/healthz`, and nothing else (RFC 9112)."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from register.errors import BadSettings, Fault

#: seconds that somebody may take to ask, and that the answer may take to leave
PATIENCE = 5.0
#: bytes of a question
LONGEST = 8192
#: questions that are answered at once; whoever comes then is turned away
AT_ONCE = 16

_WORDS = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is said to a question."""

    status: int
    body: str
    content_type: str = "text/plain; charset=utf-8"


#: makes the answer of a path at the moment of asking; a Fault becomes 503
Pages = Mapping[str, Callable[[], Awaitable[Answer]]]


def as_json(status: int, shape: Mapping[str, object]) -> Answer:
    """An answer in JSON."""
    return Answer(status=status, body=json.dumps(shape) + "\n", content_type="application/json")


class Monitor:
    """Listens on one address; every question is one connection."""

    def __init__(self, host: str, port: int, pages: Pages) -> None:
        self._host, self._port, self._pages = host, port, pages
        self._asking = 0
        #: the port that it listens on
        self.port: int | None = None

    async def run(self, listens: Callable[[], None] = lambda: None) -> None:
        """Answers until it is cancelled; raises BadSettings where it cannot listen."""
        try:
            server = await asyncio.start_server(self._meet, self._host, self._port, limit=LONGEST)
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise BadSettings(f"operation.metrics_port: cannot listen on {self._host}:{self._port}: {why}") from None
        async with server:
            self.port = server.sockets[0].getsockname()[1]
            listens()
            await server.serve_forever()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._asking += 1
        try:
            async with asyncio.timeout(PATIENCE):
                if self._asking <= AT_ONCE:
                    await self._answer(reader, writer)
        # Whoever hangs up or asks too slowly or at too great length gets no answer.
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            self._asking -= 1
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        method, _, rest = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
        answer = await self._page(method, rest.partition(" ")[0].partition("?")[0])
        body = answer.body.encode()
        lines = (
            f"HTTP/1.1 {answer.status} {_WORDS[answer.status]}",
            f"Content-Type: {answer.content_type}",
            f"Content-Length: {len(body)}",
            "Cache-Control: no-store",
            "Connection: close",
            "",
            "",
        )
        writer.write("\r\n".join(lines).encode() + (b"" if method == "HEAD" else body))
        await writer.drain()

    async def _page(self, method: str, path: str) -> Answer:
        if method not in ("GET", "HEAD"):
            return Answer(status=405 if method.isalpha() else 400, body="only GET\n")
        page = self._pages.get(path)
        if page is None:
            return Answer(status=404, body=f"there are {' and '.join(self._pages)}\n")
        try:
            return await page()
        except Fault as fault:
            return Answer(status=503, body=f"{fault.public}\n")
