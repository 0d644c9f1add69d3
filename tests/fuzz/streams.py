"""Bytes on a listener's line, cut anywhere: no mail without its 250, every reply is one, the next client is served."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from hypothesis import strategies as st

from tests.journeys.servers.client import Client
from tests.journeys.servers.doorway import Spool
from tests.journeys.servers.listening import listening

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
def streams(draw: st.DrawFn) -> tuple[str, list[bytes]]:
    """A kind of listener, and what is written to it, piece by piece."""
    kind = draw(st.sampled_from(["lmtp", "smtp"]))
    parts = draw(st.lists(st.one_of(st.sampled_from(PARTS), st.binary(max_size=30)), min_size=1, max_size=25))
    stream = (b"LHLO a\r\n" if kind == "lmtp" else b"EHLO a\r\n") * draw(st.booleans()) + b"".join(parts)
    cuts = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    return kind, [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]


def check(written: tuple[str, list[bytes]]) -> None:
    """In a loop of its own."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(_check(*written))


async def _check(kind: str, pieces: list[bytes]) -> None:
    unforeseen: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unforeseen.append(context))
    spool = Spool()
    async with listening(kind, spool, timeout=5) as door:
        said, lost = await _say(door.port, pieces)
        spooled = len(spool.raws)
        # A mail for two schools is two messages, with LMTP a reply for each of its recipients.
        if not lost:
            assert _REPLY.sub(b"", said) == b"", said
            assert said.count(_TAKEN) * (1 if kind == "lmtp" else 2) >= spooled
        assert all(one.startswith(("hej@", "hej+")) for raw in spool.raws for one in raw.recipients)
        async with await Client.to(door.port) as client:
            await client.start(HEJ, hello="LHLO" if kind == "lmtp" else "EHLO")
            await client.send(b"Subject: Next\r\n\r\nNext\r\n.\r\n")
            assert (await client.reply()).startswith("250")
    assert unforeseen == []


async def _say(port: int, pieces: list[bytes]) -> tuple[bytes, bool]:
    """What was heard, and whether the line broke before the end: who hangs up on more commands resets it."""
    said = b""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
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
