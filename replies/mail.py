"""RFC 5322 and MIME bytes by hand: ten times cheaper than `EmailMessage`, and nothing breaks out of a header.

Every value that reaches a header goes through `clean`, so none holds a line end. What is not ASCII is written as RFC
2047 encoded words, bodies as quoted-printable or base64 (RFC 2045), lines end in CRLF and stay below 78 characters
where they can be folded, below 998 in any case.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from register.records import Address
from replies.clean import single_line

Quoted = Callable[[], str]

#: a folded line ends before this column (RFC 5322, 2.1.1)
_FOLD = 76
#: an encoded word with its frame: at most 75 characters and on a line of at most 76 (RFC 2047, 2), names included
_WORD = 66
#: what `=?utf-8?q?` and `?=` take of it
_FRAME = 12
#: a little more for display names: readers are known to put a blank between two words of one name
_NAME_WORD = 70
#: no line may be longer (RFC 5322, 2.1.1)
_LONGEST = 900
#: the newest References that are kept: the thread's beginning and its end are what programs look at
_MOST_REFERENCES = 20

_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOT_ATOM = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*")
_NOT_DOMAIN = re.compile(r"[^\w.:\[\]-]")
_NOT_ID = re.compile(r"[^!-;=?-~]")
#: bytes that quoted-printable in a header may leave as they are, even within a display name (RFC 2047, 5 (3))
_Q_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")


def alternative(head: str, text: str, html: str, boundary: str, quoted: tuple[Quoted, Quoted] | None = None) -> bytes:
    """A complete message with the same letter as plain text and as HTML, best last (RFC 2046, 5.1.4).

    `head`: the fields above, each with its CRLF. `quoted`: both texts as quoted-printable, where that costs less than
    to encode them anew.
    """
    edge, (plain, rich) = f"--{boundary}", quoted or (None, None)
    kind = header("Content-Type", f'multipart/alternative; boundary="{boundary}"')
    parts = (
        f"{head}MIME-Version: 1.0\r\n{kind}",
        f"\r\n{edge}\r\n{part('text/plain', text, plain)}",
        f"\r\n{edge}\r\n{part('text/html', html, rich)}\r\n{edge}--\r\n",
    )
    return "".join(parts).encode("utf-8")


def part(media_type: str, text: str, quoted: Quoted | None = None) -> str:
    """A text part with its own headers; the shorter of the two transfer encodings."""
    octets, ends = text.encode("utf-8", "replace"), text.count("\n")
    # Quoted-printable where people could read it raw, base64 where most letters would be escaped; lines end in CRLF.
    if 6 * (len(text) + ends) > 5 * (len(octets) + ends):
        encoding, body = "quoted-printable", quoted() if quoted else quoted_printable(text)
    else:
        encoding, body = "base64", _base64(_ended(text).encode("utf-8", "replace"))
    return (
        f"Content-Type: {media_type}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body.rstrip()}\r\n"
    )


def quoted_printable(lines: str) -> str:
    """Whole lines as quoted-printable (RFC 2045, 6.7): soft breaks stay within a line, so that each may go alone."""
    return binascii.b2a_qp(_ended(lines).encode("utf-8", "replace")).decode("ascii")


def header(name: str, value: str) -> str:
    """One header field, folded, with its CRLF. Values made by `phrase` and `mailbox` pass through unchanged."""
    clean = single_line(value)
    start = f"{name}:"
    # Most fit one line as they are.
    if clean and len(start) + 1 + len(clean) <= _FOLD:
        return f"{start} {clean}\r\n"
    written, line = [], start
    for word in _words(clean):
        if len(line) + 1 + len(word) > _FOLD and line is not start:
            written.append(line)
            line = ""
        line = f"{line} {word}"
    return "\r\n".join((*written, line)) + "\r\n"


def phrase(text: str, longest: int = _WORD) -> str:
    """Words for a header in ASCII: as they are, or as encoded words of at most so many characters."""
    clean = single_line(text)
    return clean if clean.isascii() and "=?" not in clean else " ".join(_encoded(clean, longest))


def mailbox(address: Address) -> str:
    """`Name <local@domain>`; whatever the value holds, it stays one address."""
    return written_mailbox(address.value, address.name)


def written_mailbox(value: str, name: str) -> str:
    """The same of an address and the name beside it."""
    spec = f"<{addr_spec(value)}>"
    name = single_line(name)
    if not name:
        return spec
    if not name.isascii() or "=?" in name:
        return f"{phrase(name, _NAME_WORD)} {spec}"
    if _ATOM.fullmatch(name):
        return f"{name} {spec}"
    return f"{_quoted(name)} {spec}"


def addr_spec(value: str) -> str:
    """A bare address that is exactly one: odd local parts quoted, no angle brackets, domains in ASCII by IDNA."""
    local, _, domain = re.sub(r"[\s<>]", "", single_line(value)).rpartition("@")
    domain = _ascii_domain(_NOT_DOMAIN.sub("", domain))
    if not local:
        return domain
    if _DOT_ATOM.fullmatch(local) or re.fullmatch(r'"[^"\\]*"', local):
        return f"{local}@{domain}"
    return f"{_quoted(local)}@{domain}"


def with_detail(value: str, detail: str) -> str:
    """`local+detail@domain` (RFC 5233)."""
    local, _, domain = value.rpartition("@")
    return f"{local}+{detail}@{domain}"


def message_ids(ids: Iterable[str]) -> str:
    """Message-IDs in their angle brackets; what cannot be one is left out, long threads are cut in the middle."""
    clean = [bare for bare in (_NOT_ID.sub("", value) for value in ids) if bare and len(bare) < _LONGEST]
    kept = clean if len(clean) <= _MOST_REFERENCES else [clean[0], *clean[1 - _MOST_REFERENCES :]]
    return " ".join(f"<{bare}>" for bare in dict.fromkeys(kept))


def _words(value: str) -> Iterator[str]:
    """Words that fit a line; a word that no line could hold is cut."""
    for word in value.split(" "):
        for start in range(0, len(word), _LONGEST) if word else ():
            yield word[start : start + _LONGEST]


def _quoted(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def _ascii_domain(domain: str) -> str:
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain


def _encoded(text: str, longest: int) -> Iterator[str]:
    """RFC 2047 words that never split a character; Q where most is ASCII, B otherwise."""
    return (_q_words if 4 * len(text.encode()) < 5 * len(text) else _b_words)(text, longest - _FRAME)


def _q_words(text: str, room: int) -> Iterator[str]:
    held, left = list[str](), room
    for written in map(_q_character, text):
        if len(written) > left:
            yield f"=?utf-8?q?{''.join(held)}?="
            held, left = [], room
        held.append(written)
        left -= len(written)
    yield f"=?utf-8?q?{''.join(held)}?="


@lru_cache(maxsize=1024)
def _q_character(character: str) -> str:
    octets = character.encode("utf-8")
    if character == " ":
        return "_"
    return character if octets[0] in _Q_SAFE else "".join(f"={octet:02X}" for octet in octets)


def _b_words(text: str, room: int) -> Iterator[str]:
    octets, start = text.encode("utf-8"), 0
    while start < len(octets):
        end = start + room // 4 * 3
        # A character's further octets begin with the bits 10 (RFC 3629, 3): it is never cut.
        while end < len(octets) and octets[end] & 0xC0 == 0x80:
            end -= 1
        yield f"=?utf-8?b?{base64.b64encode(octets[start:end]).decode('ascii')}?="
        start = end


def _ended(text: str) -> str:
    """The text with CRLF after every line (RFC 2045, 6.7 and 6.8: of text that is the canonical form)."""
    single = text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
    content = single.replace("\n", "\r\n")
    return content if content.endswith("\r\n") else content + "\r\n"


def _base64(octets: bytes) -> str:
    whole = binascii.b2a_base64(octets, newline=False).decode("ascii")
    return "\r\n".join([whole[at : at + 76] for at in range(0, len(whole), 76)])
