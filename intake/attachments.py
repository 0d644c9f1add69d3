"""The files of a mail: every part that is not its text, with a name that is safe and unique."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator

from intake.bodies import transfer_decoded
from intake.charset import single_line
from intake.parts import Part
from intake.tnef import is_tnef, unwrapped
from register.records import Attachment

#: longer names are cut before their ending
MAX_NAME = 150

_UNSAFE = re.compile(r'[\0-\x1f\x7f"*:<>?|/\\\u200e\u200f\u202a-\u202e\u2066-\u2069]')
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
_ENDINGS = {
    "message/rfc822": ".eml",
    "message/global": ".eml",
    "text/rfc822-headers": ".txt",
    "message/delivery-status": ".txt",
    "message/disposition-notification": ".txt",
    "text/plain": ".txt",
    "text/html": ".html",
    "text/calendar": ".ics",
    "image/jpeg": ".jpg",
    "application/pgp-signature": ".asc",
    "application/pgp-encrypted": ".asc",
    "application/pkcs7-signature": ".p7s",
    "application/octet-stream": ".bin",
}

#: Python's own table, not the machine's: the same mail reads the same everywhere
_TYPES = mimetypes.MimeTypes()


def attachments(files: list[Part], extra: list[tuple[str, bytes]], defects: list[str]) -> tuple[Attachment, ...]:
    """All files in the order of the mail; `extra` are those that were uuencoded in its text."""
    found = [file for part in files for file in _opened(part, defects)]
    found += [(name, _guessed_type(name), data) for name, data in extra]
    taken: set[str] = set()
    return tuple(
        Attachment(name=_unique(safe_name(name, kind, number), taken), type=kind, content=data)
        for number, (name, kind, data) in enumerate(found, 1)
    )


def _opened(part: Part, defects: list[str]) -> Iterator[tuple[str, str, bytes]]:
    data = transfer_decoded(part)
    name = part.name or _described(part)
    if is_tnef(part):
        inner = unwrapped(data)
        if inner is None:
            defects.append("a winmail.dat could not be opened")
        elif inner.files:
            yield from ((each, _guessed_type(each), content) for each, content in inner.files)
            return
    kind = part.type
    if kind in ("application/octet-stream", "multipart/mixed") and name:
        kind = _guessed_type(name)
    yield name, kind, data


def _described(part: Part) -> str:
    """A name from the other fields of a part that says none (RFC 2557, 4.2; the subject of a mail in the mail)."""
    location = part.header(b"content-location").decode("utf-8", "replace").strip()
    if location and not location.lower().startswith(("http:", "https:", "cid:", "data:")):
        return location
    if part.type in ("message/rfc822", "message/global"):
        subject = re.search(
            rb"(?im)^subject:[ \t]*([^\r\n]*)", part.data[part.start : min(part.end, part.start + 20_000)]
        )
        if subject and subject[1].strip():
            from intake.words import decode_words

            return decode_words(subject[1]).replace("/", "-")[:80] + ".eml"
    return ""


def safe_name(name: str, kind: str, number: int) -> str:
    """A file name without path, control character or anything a file system minds; made up where there is none."""
    name = single_line(name)
    name = re.split(r"[/\\]", name.rstrip("/\\ "))[-1]
    name = _UNSAFE.sub("_", name).strip(" .")
    if not name:
        return f"attachment-{number}{_ending(kind)}"
    if _RESERVED.fullmatch(name):
        name = f"_{name}"
    if len(name) > MAX_NAME:
        stem, dot, ending = name.rpartition(".")
        name = f"{stem[: MAX_NAME - 12]}.{ending[:10]}" if dot and len(ending) <= 10 else name[:MAX_NAME]
    return name


def _unique(name: str, taken: set[str]) -> str:
    stem, dot, ending = name.rpartition(".")
    candidate, number = name, 2
    while candidate.lower() in taken:
        candidate = f"{stem} ({number}).{ending}" if dot and stem else f"{name} ({number})"
        number += 1
    taken.add(candidate.lower())
    return candidate


def _ending(kind: str) -> str:
    return _ENDINGS.get(kind) or _TYPES.guess_extension(kind) or ".bin"


def _guessed_type(name: str) -> str:
    return _TYPES.guess_type(name, strict=False)[0] or "application/octet-stream"
