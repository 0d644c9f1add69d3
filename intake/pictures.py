"""Pictures without what the camera wrote into them: place, device, time, owner; the picture itself stays as it is."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

#: in the compressed data of a JPEG a marker is FF and anything but 00, a restart marker or another FF (ITU-T T.81, B.1)
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_JFIF = b"\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
#: chunks that say how a PNG looks (PNG, third edition, 11); all others are words about it
_PNG_KEPT = frozenset(b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP sBIT bKGD pHYs acTL fcTL fdAT".split())
_PNG = b"\x89PNG\r\n\x1a\n"
_WEBP_DROPPED = (b"EXIF", b"XMP ")
_ORIENTATION = 0x0112


def is_picture(data: bytes) -> bool:
    """True for the kinds of picture that can be cleansed, by their first bytes."""
    return data.startswith((b"\xff\xd8\xff", _PNG)) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")


def without_metadata(data: bytes) -> bytes | None:
    """A JPEG, PNG or WebP without its metadata; None where it cannot be read as one."""
    try:
        if data.startswith(b"\xff\xd8\xff"):
            return b"".join(_jpeg(data))
        if data.startswith(_PNG):
            return _PNG + b"".join(_png(data))
        return _webp(data) if is_picture(data) else None
    except (ValueError, IndexError, struct.error):
        return None


def _jpeg(data: bytes) -> Iterator[bytes]:
    """The segments that make the picture; what stands behind its end (a film, a second picture) is left out."""
    yield b"\xff\xd8"
    place = 2
    while True:
        if data[place] != 0xFF:
            raise ValueError("no marker")
        kind = data[place + 1]
        if kind == 0xFF:
            place += 1
            continue
        if kind == 0xD9:
            yield b"\xff\xd9"
            return
        end = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        if end > len(data) or end < place + 4:
            raise ValueError("a segment without end")
        yield _segment(kind, data[place:end])
        if kind == 0xDA:
            marker = _MARKER.search(data, end)
            scan_end = marker.start() if marker else len(data)
            yield data[end:scan_end]
            if marker is None:
                return
            end = scan_end
        place = end


def _segment(kind: int, segment: bytes) -> bytes:
    """A segment as it is kept: application data only where colours depend on it, of Exif only how it is turned."""
    words = segment[4:]
    if kind == 0xE0:
        return _JFIF if words.startswith(b"JFIF\0") else b""
    if kind == 0xE1:
        turned = _orientation(words[6:]) if words.startswith(b"Exif\0\0") else 1
        return _turned(turned) if turned != 1 else b""
    if kind == 0xE2:
        return segment if words.startswith(b"ICC_PROFILE\0") else b""
    if kind == 0xEE:
        return segment if words.startswith(b"Adobe") else b""
    return b"" if 0xE0 <= kind <= 0xEF or kind == 0xFE else segment


def _orientation(tiff: bytes) -> int:
    """How the picture is turned, 1 to 8 (Exif 2.32, 4.6.4); 1 where it is not said."""
    try:
        order = {b"II": "<", b"MM": ">"}[tiff[:2]]
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        for number in range(count):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", tiff, start + 2 + 12 * number)
            if tag == _ORIENTATION:
                return value if 1 <= value <= 8 else 1
    except (KeyError, struct.error):
        pass
    return 1


def _turned(orientation: int) -> bytes:
    tiff = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, _ORIENTATION, 3, 1, orientation, 0, 0)
    body = b"Exif\0\0" + tiff
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def _png(data: bytes) -> Iterator[bytes]:
    place = len(_PNG)
    while True:
        (length,) = struct.unpack_from(">I", data, place)
        kind, end = data[place + 4 : place + 8], place + 12 + length
        if end > len(data):
            raise ValueError("a chunk without end")
        if kind in _PNG_KEPT:
            yield data[place:end]
        if kind == b"IEND":
            return
        place = end


def _webp(data: bytes) -> bytes:
    chunks: list[bytes] = []
    place, end = 12, min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    while place + 8 <= end:
        kind, (length,) = data[place : place + 4], struct.unpack_from("<I", data, place + 4)
        chunk = data[place : place + 8 + length + (length & 1)]
        if len(chunk) < 8 + length:
            raise ValueError("a chunk without end")
        if kind == b"VP8X":
            # Two bits say that Exif and XMP are there (RFC 9649, 2.7).
            chunk = chunk[:8] + bytes([chunk[8] & ~0x0C]) + chunk[9:]
        if kind not in _WEBP_DROPPED:
            chunks.append(chunk)
        place += 8 + length + (length & 1)
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body
