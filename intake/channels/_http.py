"""One POST to one path over HTTP/1.1, as a webhook sends it: bounded in size, time and number, every request answered.

h11 reads and writes the protocol; it comes with the HTTP client of the chat library anyway. A web framework would bring
a server with signals and a life of its own, and neither of the two limits.
"""

from __future__ import annotations

import asyncio
import contextlib
import http
import socket
from collections.abc import Awaitable, Callable, Mapping

import h11

from register.errors import BadSettings

#: bytes of a body and of the head before it
LARGEST_BODY, _LARGEST_HEAD = 1_000_000, 16_384
#: seconds that a whole request may take to arrive
ARRIVES_WITHIN = 10.0
#: connections at once; a reverse proxy and Telegram need a few dozen
_MOST_CONNECTIONS = 100
_CHUNK = 65_536

#: looks at the head (method, path, headers in lower case): an HTTP status that refuses it, or 200
Admits = Callable[[str, str, Mapping[str, str]], int]
#: takes the body: the HTTP status of the answer
Takes = Callable[[bytes], Awaitable[int]]


class RefusedError(Exception):
    """A request that is answered with a status at once."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class HttpListener:
    """Listens on one address; `async with` opens and closes it."""

    def __init__(self, host: str, port: int, admits: Admits, takes: Takes) -> None:
        self._where = (host, port)
        self._admits, self._takes = admits, takes
        self._open: set[asyncio.Task[None]] = set()
        #: the port that it listens on
        self.port = port

    async def __aenter__(self) -> HttpListener:
        """Raises BadSettings where the address is taken or not ours."""
        host, port = self._where
        try:
            self._server = await asyncio.start_server(self._met, host, port)
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise BadSettings(f"channels (telegram): cannot listen on {host} port {port}: {why}") from None
        self.port = _port(self._server.sockets[0])
        return self

    async def __aexit__(self, *_: object) -> None:
        """What is on its way is cut off: no 200 was said, so it comes again."""
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await self._server.wait_closed()

    async def _met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - asyncio calls this in a task
        self._open.add(task)
        try:
            # A client that goes away in the middle has not been told 200.
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await self._converse(reader, writer)
        finally:
            self._open.discard(task)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request, one answer, and the connection is closed."""
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=_LARGEST_HEAD)
        try:
            if len(self._open) > _MOST_CONNECTIONS:
                raise RefusedError(503)
            async with asyncio.timeout(ARRIVES_WITHIN):
                body = await self._request(connection, reader, writer)
            status = await self._takes(body)
        except RefusedError as refused:
            status = refused.status
        except TimeoutError:
            status = 408
        except h11.RemoteProtocolError as error:
            status = error.error_status_hint
        writer.write(_answer(connection, status))
        await writer.drain()

    async def _request(
        self, connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bytes:
        """The body of a request that is let in; raises RefusedError and RemoteProtocolError."""
        body = bytearray()
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                if connection.they_are_waiting_for_100_continue:
                    writer.write(connection.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
                connection.receive_data(await reader.read(_CHUNK))
            elif isinstance(event, h11.Request):
                self._let_in(event)
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > LARGEST_BODY:
                    raise RefusedError(413)
            elif isinstance(event, h11.EndOfMessage):
                return bytes(body)
            else:
                raise RefusedError(400)

    def _let_in(self, request: h11.Request) -> None:
        headers = {name.decode("ascii"): value.decode("latin-1") for name, value in request.headers}
        status = self._admits(request.method.decode("ascii"), request.target.decode("latin-1"), headers)
        if status != http.HTTPStatus.OK:
            raise RefusedError(status)
        length = headers.get("content-length", "0")
        if int(length) > LARGEST_BODY:
            raise RefusedError(413)


def _answer(connection: h11.Connection, status: int) -> bytes:
    """The bytes of an answer without a body; none where the other side has broken the protocol beyond answering."""
    if connection.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
        return b""
    response = h11.Response(status_code=status, headers=[("Content-Length", "0"), ("Connection", "close")])
    return (connection.send(response) or b"") + (connection.send(h11.EndOfMessage()) or b"")


def _port(listening: socket.socket) -> int:
    return int(listening.getsockname()[1])
