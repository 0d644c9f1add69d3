"""A receiver that only counts: notes when each letter came, to whom, and its Message-ID."""

from __future__ import annotations

import asyncio
import re
import sys
import time

_MESSAGE_ID = re.compile(rb"^message-id:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_END = b"\r\n.\r\n"


class Sink(asyncio.Protocol):
    """One connection; answers pipelined commands in one write."""

    def __init__(self, out: list[str]) -> None:
        self._out = out
        self._buffer = bytearray()
        self._letter = False
        self._to: list[str] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greets."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        """Answers what is whole."""
        self._buffer += data
        answers = bytearray()
        while (answer := self._letter_end() if self._letter else self._command()) is not None:
            answers += answer
        if answers:
            self._transport.write(bytes(answers))

    def _command(self) -> bytes | None:
        line, ended, rest = self._buffer.partition(b"\r\n")
        if not ended:
            return None
        self._buffer = rest
        word = bytes(line[:4]).upper()
        if word == b"RCPT":
            self._to.append(line[line.index(b"<") + 1 : line.index(b">")].decode())
        if word == b"DATA":
            self._letter = True
            return b"354 go on\r\n"
        if word in (b"EHLO", b"LHLO"):
            return b"250-sink\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 PIPELINING\r\n"
        return b"250 OK\r\n"

    def _letter_end(self) -> bytes | None:
        end = self._buffer.find(_END)
        if end < 0:
            return None
        head = bytes(self._buffer[: min(end, 4096)])
        del self._buffer[: end + len(_END)]
        found = _MESSAGE_ID.search(head)
        self._out.append(f"{time.time():.6f}\t{','.join(self._to)}\t{found[1].decode() if found else ''}\n")
        self._letter, self._to = False, []
        return b"250 OK\r\n"


async def _serve() -> None:
    out: list[str] = []
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Sink(out), "127.0.0.1", 0, backlog=128)
    print(server.sockets[0].getsockname()[1], flush=True)
    with open(sys.argv[1], "w", encoding="utf-8") as file:  # noqa: PTH123 - this process does nothing else
        while True:
            await asyncio.sleep(0.02)
            if out:
                file.write("".join(out))
                file.flush()
                out.clear()


if __name__ == "__main__":
    asyncio.run(_serve())
