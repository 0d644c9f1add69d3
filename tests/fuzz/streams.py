"""Bytes on a listener's line, cut anywhere: no mail without its 250, every reply is one, the next client is served."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from tests.journeys.servers.client import Client
from tests.journeys.servers.doorway import Spool
from tests.journeys.servers.listening import WAYS, listening

HEJ = "hej@alexanderskolan.se"
_REPLY = re.compile(rb"[2345]\d\d[ -][^\r\n]*\r\n")
_TAKEN = b"250 2.0.0 Taken in"
#: what a mail server, a broken one and an attacker send
PARTS = [
    *(b"LHLO a\r\n", b"EHLO a\r\n", b"HELO a\r\n", b"RSET\r\n", b"NOOP\r\n", b"QUIT\r\n", b"VRFY x\r\n"),
    *(b"MAIL FROM:<>\r\n", b"MAIL FROM:<a@b.se> SIZE=10\r\n", b"MAIL FROM:<a@b.se> BODY=8BITMIME SMTPUTF8\r\n"),
    *(f"RCPT TO:<{HEJ}>\r\n".encode(), b"RCPT TO:<hej+x@huddinge.example>\r\n", b"RCPT TO:<nobody@x.se>\r\n"),
    *(b"DATA\r\n", b"Subject: Hej\r\n\r\nHej!\r\n", b".\r\n", b"\r\n.\r\n", b"..\r\n", b".hidden\r\n", b"\n.\n"),
    *(b"\n.\r\n", b"\r.\r\n", b"\r\n.\n", b"\r.\r", b"\0", b"\xff\xfe", b"\n", b"\r", b"\r\n", b" "),
    *(b"BDAT 4 LAST\r\n", b"a" * 3000, b"STARTTLS\r\n", b"AUTH PLAIN AAA\r\n", b"GET / HTTP/1.1\r\n"),
    b"MAIL FROM:<a@b.se>\r\nRCPT TO:<" + HEJ.encode() + b">\r\nDATA\r\n",
]


@st.composite
def streams(draw: st.DrawFn, ways: Sequence[str] = WAYS) -> tuple[str, list[bytes]]:
    """A way to listen, and what is written to it, piece by piece."""
    way = draw(st.sampled_from(ways))
    parts = draw(st.lists(st.one_of(st.sampled_from(PARTS), st.binary(max_size=30)), min_size=1, max_size=25))
    stream = (b"EHLO a\r\n" if way == "smtp" else b"LHLO a\r\n") * draw(st.booleans()) + b"".join(parts)
    cuts = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    return way, [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]


def check(written: tuple[str, list[bytes]]) -> None:
    """In a loop of its own."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(_check(*written))


async def _check(way: str, pieces: list[bytes]) -> None:
    unforeseen: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unforeseen.append(context))
    spool = Spool()
    async with listening(way, spool, timeout=5) as door:
        said, lost = await _say(door.port, pieces, end=True)
        spooled = len(spool.raws)
        # A mail for two schools is two messages, with LMTP a reply for each of its recipients.
        if not lost:
            assert _REPLY.sub(b"", said) == b"", said
            assert said.count(_TAKEN) * (2 if way == "smtp" else 1) >= spooled
        assert all(one.startswith(("hej@", "hej+")) for raw in spool.raws for one in raw.recipients)
        async with await Client.to(door.port) as client:
            await client.start(HEJ)
            await client.send(b"Subject: Next\r\n\r\nNext\r\n.\r\n")
            assert (await client.reply()).startswith("250")
    assert unforeseen == []


def compare(written: tuple[str, list[bytes]]) -> None:
    """Both receivers of LMTP say the same, and take in the same."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        (said, taken), (also_said, also_taken) = (runner.run(_heard(way, written[1])) for way in WAYS[1:])
    assert taken == also_taken
    assert None in (said, also_said) or said == also_said


async def _heard(way: str, pieces: list[bytes]) -> tuple[list[bytes] | None, list[object]]:
    """The codes of all replies, None where some were lost with the line, and the mails that were taken in."""
    spool = Spool()
    async with listening(way, spool, timeout=5) as door:
        # A farewell rather than the end of the line, which each may hear at another moment.
        said, lost = await _say(door.port, [*pieces, b"\r\n.\r\nQUIT\r\n"], end=False)
    taken: list[object] = [(raw.content, raw.envelope_from, raw.recipients) for raw in spool.raws]
    return None if lost else [line[:4] for line in said.splitlines()], taken


async def _say(port: int, pieces: list[bytes], *, end: bool) -> tuple[bytes, bool]:
    """What was heard, and whether the line broke before the end: who hangs up on more commands resets it."""
    said = b""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        if end:
            writer.write_eof()
        async with asyncio.timeout(20):
            while part := await reader.read(4096):
                said += part
    except TimeoutError:
        raise
    # Reset, or closed before our own end could be said.
    except OSError:
        return said, True
    else:
        return said, False
    finally:
        writer.transport.abort()
