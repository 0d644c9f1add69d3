"""Reading a mail after DATA, line by line or as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.channels._arriving import Arriving
from intake.channels._content import read_content

#: what attacks and accidents around the end of a mail are made of
FRAGMENTS = st.sampled_from([b"\r\n", b"\n", b"\r", b".", b"..", b"\r\n..", b"a", b"\x00", b"x" * 70, b"\xff"])


def by_lines(sent: bytes, *, limit: int = 10_000, buffer: int = 64, cuts: int = 7) -> tuple[bytes | None, bytes]:
    """What was read of these bytes, arriving a few at a time, and what is left for the next command."""

    async def conversation() -> tuple[bytes | None, bytes]:
        reader = asyncio.StreamReader(limit=buffer)
        reading = asyncio.create_task(read_content(reader, limit=limit, heard=lambda: None))
        for start in range(0, len(sent), cuts):
            reader.feed_data(sent[start : start + cuts])
            await asyncio.sleep(0)
        content = await reading
        reader.feed_eof()
        return content, await reader.read()

    return asyncio.run(conversation())


def as_it_comes(sent: bytes, *, limit: int = 10_000, buffer: int = 64, cuts: int = 7) -> tuple[bytes | None, bytes]:
    """The same by the receiver of our own, which keeps no buffer of lines."""
    arriving = Arriving(limit)
    for start in range(0, len(sent), cuts):
        after = arriving.take(sent[start : start + cuts])
        if after is not None:
            return arriving.content, bytes(after) + sent[start + cuts :]
    raise AssertionError("it has no end")


Read = Callable[..., tuple[bytes | None, bytes]]
both = pytest.mark.parametrize("read", [by_lines, as_it_comes])


def as_sent(text: bytes) -> bytes:
    """What an honest client sends: leading dots doubled, a line end at the end."""
    lines = text.split(b"\r\n")
    return b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines) + b"\r\n.\r\n"


@both
@given(st.lists(FRAGMENTS, max_size=30).map(b"".join), st.integers(1, 200), st.sampled_from([8, 64, 1000]))
def test_what_a_client_sends_arrives_byte_for_byte(read: Read, text: bytes, cuts: int, buffer: int) -> None:
    assert read(as_sent(text) + b"NOOP\r\n", buffer=buffer, cuts=cuts) == (text + b"\r\n", b"NOOP\r\n")


@both
def test_an_empty_mail_ends_with_its_first_line(read: Read) -> None:
    assert read(b".\r\nQUIT\r\n") == (b"", b"QUIT\r\n")


@both
def test_a_mail_of_one_empty_line_is_no_empty_mail(read: Read) -> None:
    assert read(b"\r\n.\r\n") == (b"\r\n", b"")


@both
@given(st.integers(0, 300), st.integers(1, 100))
def test_the_limit_is_exact_and_what_is_over_it_is_read_to_the_end(read: Read, length: int, cuts: int) -> None:
    sent = b"x" * length + b"\r\n.\r\nNOOP\r\n"
    content, rest = read(sent, limit=102, cuts=cuts)
    assert (content is None) == (length > 100)
    assert rest == b"NOOP\r\n"
