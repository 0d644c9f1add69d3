"""The network between a client and a server: a port that passes everything on until it is cut or falls silent."""

from __future__ import annotations

import asyncio


class Wire:
    """Listens on a port of its own and connects each client to the real one."""

    def __init__(self, port: int) -> None:
        self.host, self.port = "127.0.0.1", 0
        self._to = port
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._passing: set[asyncio.Task[None]] = set()
        self._open = asyncio.Event()
        self._open.set()

    async def connect(self) -> Wire:
        """Lets clients through, again on the same port after `cut`."""
        self._open.set()
        self._server = await asyncio.start_server(self._join, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def cut(self) -> None:
        """The cable is out: connections break, new ones are refused."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.reset()
        for task in self._passing:
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)

    def reset(self) -> None:
        """Open connections break; new ones are let through."""
        for end in tuple(self._ends):
            end.transport.abort()

    def silence(self) -> None:
        """Nothing comes through any more, and nobody is told."""
        self._open.clear()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(self.host, self._to)
        for pair in ((reader, there_writer), (there_reader, writer)):
            task = asyncio.create_task(self._pass_on(*pair))
            self._passing.add(task)
            task.add_done_callback(self._passing.discard)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ends.add(writer)
        try:
            while data := await reader.read(65536):
                await self._open.wait()
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            writer.transport.abort()
        finally:
            self._ends.discard(writer)
            writer.close()
