"""The sender of the load: over so many LMTP connections, as fast as it is let or at a fixed rate, each mail timed."""

from __future__ import annotations

import asyncio
import collections
import json
import pickle
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.mails import Mail

_LIMIT = 2**22


class Pump:
    """Hands mails over, and keeps when each was due and when it was accepted (seconds since the epoch)."""

    def __init__(self, port: int, mails: Sequence[Mail], *, lmtp: bool = True, rate: float = 0.0) -> None:
        self.port, self.lmtp, self.rate = port, lmtp, rate
        self._left: Iterator[tuple[int, Mail]] = iter(enumerate(mails))
        self.times: dict[str, tuple[float, float]] = {}
        self.refused: collections.Counter[str] = collections.Counter()

    async def run(self, connections: int) -> None:
        """Everything, over so many connections."""
        self._start = time.time()
        await asyncio.gather(*(self._connection() for _ in range(connections)))

    async def _connection(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=_LIMIT)
        await reader.readline()
        writer.write(b"LHLO pump.example\r\n" if self.lmtp else b"EHLO pump.example\r\n")
        await _reply(reader)
        for place, mail in self._left:
            due = await self._due(place)
            answer = await _hand_over(reader, writer, mail)
            if answer.startswith(b"2"):
                self.times[mail.sender] = due, time.time()
            else:
                self.refused[answer[:3].decode()] += 1
        writer.close()

    async def _due(self, place: int) -> float:
        """When this mail is due: waiting for a free connection counts."""
        if not self.rate:
            return time.time()
        due = self._start + place / self.rate
        await asyncio.sleep(max(0.0, due - time.time()))
        return due


async def _hand_over(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, mail: Mail) -> bytes:
    writer.write(f"MAIL FROM:<{mail.sender}>\r\nRCPT TO:<{mail.to}>\r\nDATA\r\n".encode())
    for _ in range(3):
        answer = await _reply(reader)
        if not answer.startswith((b"2", b"3")):
            return answer
    writer.write(mail.content.replace(b"\r\n.", b"\r\n..") + b"\r\n.\r\n")
    return await _reply(reader)


async def _reply(reader: asyncio.StreamReader) -> bytes:
    while True:
        line = await reader.readline()
        if line[3:4] != b"-":
            return line


def main() -> None:
    """`python -m benchmarks.pump PORT CONNECTIONS RATE PROTOCOL MAILS OUT`; mails as a pickle of our own."""
    port, connections, rate, protocol, mails, out = sys.argv[1:]
    load = pickle.loads(Path(mails).read_bytes())
    pump = Pump(int(port), load, lmtp=protocol == "lmtp", rate=float(rate))
    asyncio.run(pump.run(int(connections)))
    Path(out).write_text(json.dumps({"times": pump.times, "refused": pump.refused}), encoding="utf-8")


if __name__ == "__main__":
    main()
