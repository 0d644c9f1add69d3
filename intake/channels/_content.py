"""Reading a mail after DATA: up to the line with a single dot, whatever its lines look like, within bounded memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

#: what the last line may end in; only after CRLF, or as the first line, is it the end (RFC 5321 4.1.1.4)
_END = b".\r\n"


async def read_content(reader: asyncio.StreamReader, *, limit: int, heard: Callable[[], None]) -> bytes | None:
    """The mail without its last line and its doubled dots; None where it is over the limit, in bytes.

    Only CRLF . CRLF ends it: a bare LF or CR is part of the text, else one mail could be made to look like two. What is
    over the limit is read and forgotten, so that the client stays in step. `heard` is called for every piece.
    """
    pieces: list[bytes] = []
    size, tail = 0, b"\r\n"
    while True:
        piece, may_end = await _piece(reader)
        heard()
        size += len(piece)
        tail = (tail + piece)[-5:]
        if size <= limit + len(_END):
            pieces.append(piece)
        else:
            pieces.clear()
        if may_end and tail == b"\r\n" + _END:
            break
    if size > limit + len(_END):
        return None
    # A line that begins with a dot was sent with one more (RFC 5321 4.5.2).
    return b"".join(pieces).removesuffix(_END).removeprefix(b".").replace(b"\r\n.", b"\r\n")


async def _piece(reader: asyncio.StreamReader) -> tuple[bytes, bool]:
    """The next bytes, no more than the reader's limit; True where they end in what may be the end."""
    try:
        return await reader.readuntil(_END), True
    except asyncio.LimitOverrunError as error:
        return await reader.read(error.consumed), False
