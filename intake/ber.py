"""The encoding that certificates and signatures are written in (ITU-T X.690): values within values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

#: values within values
MAX_DEPTH = 40

SEQUENCE, SET, INTEGER, OCTETS = 0x30, 0x31, 0x02, 0x04
_CONSTRUCTED = 0x20
_END = b"\0\0"


class Malformed(ValueError):  # noqa: N818 - it says what the bytes are
    """These bytes are no such encoding."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value: its tag, its whole encoding and what is in it."""

    tag: int
    raw: memoryview
    content: memoryview
    depth: int

    @property
    def parts(self) -> tuple[Value, ...]:
        """The values in it; raises Malformed."""
        return tuple(_all(self.content, self.depth + 1)) if self.tag & _CONSTRUCTED else ()

    @property
    def octets(self) -> bytes:
        """The bytes of an octet string, which may come in pieces (X.690, 8.7.3)."""
        if self.tag & _CONSTRUCTED:
            return b"".join(part.octets for part in self.parts)
        return bytes(self.content)


def read(data: bytes) -> Value:
    """The first value of some bytes; raises Malformed."""
    return _value(memoryview(data), 0, 0)[0]


def _all(data: memoryview, depth: int) -> Iterator[Value]:
    at = 0
    while at < len(data):
        value, at = _value(data, at, depth)
        yield value


def _value(data: memoryview, at: int, depth: int) -> tuple[Value, int]:
    """The value that begins at a place, and where the next one does."""
    if at + 2 > len(data) or depth > MAX_DEPTH or data[at] & 0x1F == 0x1F:
        raise Malformed
    tag, length, body = data[at], data[at + 1], at + 2
    if length == 0x80:
        end = _end_of(data, body, depth)
        return Value(tag, data[at : end + 2], data[body:end], depth), end + 2
    if length > 0x80:
        body += length & 0x7F
        length = int.from_bytes(data[at + 2 : body], "big")
    if body + length > len(data):
        raise Malformed
    return Value(tag, data[at : body + length], data[body : body + length], depth), body + length


def _end_of(data: memoryview, at: int, depth: int) -> int:
    """Where the end of a value stands that does not say how long it is (X.690, 8.1.3.6)."""
    while data[at : at + 2] != _END:
        _, at = _value(data, at, depth + 1)
    return at
