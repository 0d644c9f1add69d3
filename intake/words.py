"""Encoded words in header fields (RFC 2047), read as they come: split, nested, with raw bytes or blanks inside."""

from __future__ import annotations

import binascii
import re

from intake import charset

#: one encoded word; blanks, and question marks in a Q word, are forgiven; no other word begins within
WORD = re.compile(rb"=\?([^?\s]{0,60})\?([bBqQ])\?((?:[^?=]++|=(?!\?(?!=))|\?(?!=))*+)\?=")
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")


def decode_words(value: bytes, hint: str = "") -> str:
    """A field's value as one line of text; `hint` is the charset that raw bytes in it may be in."""
    if b"=?" not in value:
        if value.isascii() and b"\x1b" not in value and hint != "utf-7":
            return charset.single_line(value.decode("ascii"))
        text = charset.decode(value, "", hint)
    else:
        text = _decoded(value, hint)
        # A gateway that encodes what was encoded: once more, and never again.
        if "=?" in text and WORD.search(again := text.encode("utf-8", "replace")):
            text = _decoded(again, hint)
    return charset.single_line(text)


def _decoded(value: bytes, hint: str) -> str:
    text: list[str] = []
    label, collected, position = "", b"", 0
    for match in WORD.finditer(value):
        between = value[position : match.start()]
        if between.strip() or (collected and match[1].lower() != label.lower().encode()):
            text.append(charset.decode(collected, label, hint))
            collected = b""
        if between.strip() or not position:
            text.append(charset.decode(between, "", hint))
        label = match[1].decode("ascii", "replace")
        collected += _payload(match[2], match[3])
        position = match.end()
    text.append(charset.decode(collected, label, hint))
    text.append(charset.decode(value[position:], "", hint))
    return "".join(text)


def _payload(encoding: bytes, text: bytes) -> bytes:
    if encoding in b"qQ":
        return _HEX.sub(lambda match: bytes.fromhex(match[1].decode()), text.replace(b"_", b" "))
    if not text.isascii():
        # Not base64 at all: somebody put raw bytes into a B word.
        return text
    return base64_groups(text)


def base64_groups(text: bytes) -> bytes:
    """Base64 in which some program joined finished groups: each padded group stands for itself."""
    data, start = bytearray(), 0
    while start < len(text):
        end = text.find(b"=", start)
        end = len(text) if end < 0 else end
        if end > start:
            data += base64_forgiving(text[start:end])
        start = end + 1
    return bytes(data)


def base64_forgiving(text: bytes) -> bytes:
    """The bytes of base64 text with anything foreign in it, cut short or without its padding."""
    text = _NOT_BASE64.sub(b"", text)
    if len(text) % 4 == 1:
        text = text[:-1]
    return binascii.a2b_base64(text + b"=" * (-len(text) % 4))
