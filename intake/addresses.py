"""Address fields (RFC 5322, 3.4) become Addresses: groups, comments, and what no standard allows but people send."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from intake.charset import decode, single_line
from intake.words import WORD, decode_words
from register.records import Address, AddressKind

#: addresses of one field beyond this number are not looked at
MAX_ADDRESSES = 500
#: a display name of more bytes than this is none
MAX_NAME = 1_000

_TOKEN = re.compile(
    rb"""(?P<space>\s++)|(?P<quoted>"(?:[^"\\]|\\.)*+(?:"|\\?\Z))|(?P<word>"""
    + WORD.pattern.replace(b"(", b"(?:").replace(b"(?:?", b"(?")
    + rb""")|(?P<angle><[^<>,;"]*+>|<[^<>]*+>)|(?P<special>[,;:()])"""
    + rb"""|(?P<atom>(?:[^\s"<,;:()=]|=(?!\?))++)|(?P<other>.)""",
    re.S,
)
_BARE = re.compile(
    r"(?<![^\s<>\"',;:()\[\]@])[^\s<>\"',;:()\[\]@]++@(?:[^\s<>\"',;:()\[\]]++|\[[^\s\[\]]++\])",
)
_QUOTED_LOCAL = re.compile(rb'"(?:[^"\\]|\\.)++"@[^\s@"]++')
_AROUND_DOTS = re.compile(r"(?<!\s)\s*+([.@])\s*+")
_COMMENT = re.compile(rb"\([^()]*+\)")
_ESCAPED = re.compile(rb"\\(.)", re.S)


@dataclass(slots=True)
class _Mailbox:
    """The tokens of one address as they are read."""

    phrase: list[bytes] = field(default_factory=list)
    comments: list[bytes] = field(default_factory=list)
    angle: bytes | None = None
    quoted: bool = False

    def written(self) -> bytes:
        return b"".join(self.phrase).strip()


def addresses(value: bytes, hint: str = "") -> tuple[Address, ...]:
    """The addresses of a From, To, Cc or Reply-To field, in order; `hint` is the charset that raw bytes may be in."""
    found: list[Address] = []
    pending = b""
    for mailbox in itertools.islice(_mailboxes(value), 2 * MAX_ADDRESSES):
        if pending:
            mailbox.phrase[:0] = [pending, b", " if mailbox.phrase[:1] != [b" "] else b","]
        address = _address(mailbox, hint)
        # `Doe, John <john@example.org>` without quotes: what stands before the comma belongs to the name.
        pending = mailbox.written() if address is None and b"@" not in mailbox.written() else b""
        pending = pending if len(pending) < MAX_NAME else b""
        if address is not None:
            found.append(address)
        if len(found) >= MAX_ADDRESSES:
            break
    if not found and pending and b" " not in pending:
        name = decode_words(pending, hint)
        return (Address(kind=AddressKind.MAIL, value=name),) if name else ()
    return tuple(found)


def _mailboxes(value: bytes) -> Iterator[_Mailbox]:
    current, depth, comment = _Mailbox(), 0, bytearray()
    for kind, token in _tokens(value):
        if token == b"(":
            depth += 1
        elif token == b")" and depth:
            depth -= 1
            if not depth:
                current.comments.append(bytes(comment))
                comment.clear()
        elif depth:
            comment += token
        elif token in (b",", b";"):
            yield current
            current = _Mailbox()
        elif token == b":" and current.angle is None and b"@" not in current.written():
            # The name of a group, or `mailto:`.
            current = _Mailbox()
        else:
            _take(current, kind, token)
        if len(current.phrase) > MAX_NAME:
            return
    current.comments.append(bytes(comment))
    yield current


def _take(current: _Mailbox, kind: str, token: bytes) -> None:
    if kind == "angle" and (current.angle is None or b"@" in token):
        current.angle = token[1:-1]
    elif kind == "quoted":
        current.quoted = True
        current.phrase.append(token)
    elif kind == "space":
        current.phrase.append(b" ")
    elif token not in (b"<", b">"):
        current.phrase.append(token)


def _tokens(value: bytes) -> Iterator[tuple[str, bytes]]:
    if b"\x1b$" in value:
        # ISO-2022-JP uses the bytes of quotes and commas for its characters.
        value = decode(value).encode("utf-8", "replace")
    for match in _TOKEN.finditer(value):
        yield match.lastgroup or "other", match.group()


def _address(mailbox: _Mailbox, hint: str) -> Address | None:
    written = mailbox.written()
    if _QUOTED_LOCAL.fullmatch(written):
        return _made(decode_words(written, hint), _name(b"", mailbox, hint))
    if mailbox.angle is not None and mailbox.angle.strip():
        return _made(_spec(mailbox.angle, hint), _name(written, mailbox, hint))
    text = decode_words(_unquoted(written), hint)
    bare = _BARE.search(text)
    if bare is not None:
        spec = bare.group()
        name = (text[: bare.start()] + " " + text[bare.end() :]).strip(" \"'<>[]-")
        return _made(spec, name or _name(b"", mailbox, hint))
    return None


def _spec(angle: bytes, hint: str) -> str:
    """The address between angle brackets, without a source route, `mailto:` or a second pair of brackets."""
    text = (
        _AROUND_DOTS.sub(r"\1", decode_words(_COMMENT.sub(b"", angle), hint))
        .strip()
        .removeprefix("mailto:")
        .strip("<> '")
    )
    if text.startswith("@") and ":" in text:
        text = text.partition(":")[2]
    bare = _BARE.search(text)
    return bare.group() if bare and not text.startswith('"') else text.replace(" ", "")


def _name(written: bytes, mailbox: _Mailbox, hint: str) -> str:
    """The display name; where there is none, the comment that older programs put it into."""
    name = decode_words(_unquoted(written), hint)
    if not name:
        name = decode_words(b" ".join(comment for comment in mailbox.comments if comment.strip()), hint)
    name = name.strip()
    if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
        name = name[1:-1].strip()
    return name


def _unquoted(written: bytes) -> bytes:
    """A phrase without its quotation marks; escaped characters as themselves."""
    if b'"' not in written:
        return written
    return _ESCAPED.sub(rb"\1", re.sub(rb'(?<!\\)"', b"", written))


def _made(spec: str, name: str) -> Address | None:
    spec = single_line(spec)[:320].strip().rstrip(".,;>")
    return Address(kind=AddressKind.MAIL, value=spec, name=single_line(name)[:1000]) if spec else None
