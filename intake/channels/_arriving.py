"""A mail after DATA, as its bytes come in: up to the line with a single dot, within bounded memory."""

from __future__ import annotations

_END = b"\r\n.\r\n"
#: so many bytes of it may have come already
_OVERLAP = len(_END) - 1


class Arriving:
    """The text of one mail; `limit` in bytes, doubled dots included.

    Only CRLF . CRLF ends it: a bare LF or CR is part of the text, else one mail could be made to look like two. What is
    over the limit is forgotten as it comes, so that the client stays in step.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._too_big = False
        # A dot in the first line is one that begins a line.
        self._text = bytearray(b"\r\n")

    def take(self, data: bytes | bytearray) -> bytes | bytearray | None:
        """Adds what came; returns what came after the end of the mail, or None where it goes on."""
        seen = len(self._text)
        self._text += data
        end = self._text.find(_END, max(0, seen - _OVERLAP))
        if end < 0:
            self._forget()
            return None
        after = data[len(data) - (len(self._text) - end - len(_END)) :]
        self._too_big = self._too_big or end > self._limit
        del self._text[end + 2 :]
        return after

    @property
    def content(self) -> bytes | None:
        """The whole mail without its last line and its doubled dots (RFC 5321 4.5.2); None where it is too big."""
        if self._too_big:
            return None
        # A copy is made only where there is a dot to undo.
        return bytes(memoryview(self._text.replace(b"\r\n.", b"\r\n") if b"\r\n." in self._text else self._text)[2:])

    def _forget(self) -> None:
        if self._too_big or len(self._text) > self._limit + len(_END) + 2:
            self._too_big = True
            del self._text[:-_OVERLAP]
