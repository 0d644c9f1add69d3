"""Mail that was made to hurt: what would take minutes if anything grew faster than the mail does."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest

from intake.guards import judge
from intake.mime import read
from tests.unit.intake.mails import raw, strings

HEAD = b"From: a@b.example\r\nTo: c@d.example\r\nSubject: x\r\n"


def typed(kind: bytes, body: bytes, encoding: bytes = b"8bit") -> bytes:
    """A mail of one part."""
    return HEAD + b"Content-Type: " + kind + b"\r\nContent-Transfer-Encoding: " + encoding + b"\r\n\r\n" + body


def nested(depth: int) -> bytes:
    """Multiparts in multiparts, and as many ends."""
    begin = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (i, i) for i in range(depth))
    end = b"".join(b"--b%d--\r\n" % i for i in reversed(range(depth)))
    return HEAD + begin + b"Content-Type: text/plain\r\n\r\nhej\r\n" + end


#: each by a size in bytes, roughly
HOSTILE: dict[str, Callable[[int], bytes]] = {
    "nested multiparts": lambda size: nested(size // 60),
    "nested mails": lambda size: HEAD + b"Content-Type: message/rfc822\r\n\r\n" * (size // 32) + b"hej",
    "one boundary within itself": lambda size: typed(
        b"multipart/mixed; boundary=b", b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" * (size // 53)
    ),
    "many parts": lambda size: typed(b"multipart/mixed; boundary=b", b"--b\r\n\r\nx\r\n" * (size // 10) + b"--b--"),
    "many equal names": lambda size: typed(
        b"multipart/mixed; boundary=b",
        b"--b\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nx\r\n" * (size // 62),
    ),
    "lines like boundaries": lambda size: typed(b"multipart/mixed; boundary=b", b"--bb\r\n" * (size // 6)),
    "a long field": lambda size: HEAD + b"X-A: " + b"a" * size + b"\r\n\r\nx",
    "many fields": lambda size: HEAD + b"X-A: a\r\n" * (size // 8) + b"\r\nx",
    "a folded field": lambda size: HEAD + b"X-A: a\r\n" + b" b\r\n" * (size // 4) + b"\r\nx",
    "junk fields": lambda size: HEAD + b"junk\r\n" * (size // 6) + b"From: x\r\n\r\nx",
    "many addresses": lambda size: HEAD + b"Cc: " + b"a@b.se, " * (size // 8) + b"\r\n\r\nx",
    "open comments": lambda size: HEAD + b"Cc: " + b"(" * size + b"\r\n\r\nx",
    "open quotes": lambda size: HEAD + b"Cc: " + b'"\\' * (size // 2) + b"\r\n\r\nx",
    "commas": lambda size: HEAD + b"Cc: " + b"a," * (size // 2) + b"\r\n\r\nx",
    "encoded words": lambda size: HEAD + b"X-A: " + b"=?utf-8?q?=C3=A5?= " * (size // 19) + b"\r\n\r\nx",
    "broken encoded words": lambda size: HEAD + b"X-A: " + b"=?utf-8?q?" * (size // 10) + b"\r\n\r\nx",
    "endless parameters": lambda size: typed(b"text/plain; " + b"a=b; " * (size // 5), b"x"),
    "empty parameters": lambda size: typed(b"text/plain" + b";" * size, b"x"),
    "continued parameters": lambda size: typed(b"text/plain; " + b"name*1*=''a; " * (size // 13), b"x"),
    "a parameter without a value": lambda size: typed(b"text/plain; " + b"a" * size, b"x"),
    "many references": lambda size: HEAD + b"References: " + b"<a@b> " * (size // 6) + b"\r\n\r\nx",
    "open references": lambda size: HEAD + b"References: " + b"<" * size + b"\r\n\r\nx",
    "short lines": lambda size: HEAD + b"\r\n" + b"a\r\n" * (size // 3),
    "one line": lambda size: HEAD + b"\r\n" + b"a" * size,
    "colons": lambda size: HEAD + b"\r\n" + b"a:" * (size // 2),
    "at signs": lambda size: HEAD + b"\r\n" + b"@" * size + b":",
    "attributions": lambda size: HEAD + b"\r\n" + b"On 1 2 2020 a@b.se wrote:\r\n" * (size // 27),
    "field lines": lambda size: HEAD + b"\r\n" + b"From: a@b.se\r\n" * (size // 14),
    "separators": lambda size: HEAD + b"\r\n" + b"-----Original Message-----\r\n" * (size // 28),
    "underlines": lambda size: HEAD + b"\r\n" + b"________\r\n" * (size // 10),
    "quotes": lambda size: HEAD + b"\r\n" + b"> a\r\n" * (size // 5),
    "digits": lambda size: HEAD + b"\r\n" + b"1" * size,
    "names": lambda size: HEAD + b"\r\n" + b"Anna " * (size // 5),
    "open tags": lambda size: typed(b"text/html", b"<div>" * (size // 5)),
    "attributes": lambda size: typed(b"text/html", b"<p " + b"a=1 " * (size // 4)),
    "formatting that never ends": lambda size: typed(
        b"text/html", b"".join(b"<font size=%d>" % i for i in range(700)) + b"<p>x" * (size // 4)
    ),
    "HTML quotes": lambda size: typed(b"text/html", b"<blockquote type=cite>a<br>" * (size // 27)),
    "HTML marks": lambda size: typed(b"text/html", b"<div id=appendonsend>x</div>" * (size // 28)),
    "uuencoded beginnings": lambda size: HEAD + b"\r\n" + b"begin 644 x\r\n" * (size // 13) + b"end\r\n",
    "padding": lambda size: typed(b"text/plain", b"=" * size, b"base64"),
    "joined base64": lambda size: typed(b"text/plain", b"YQ==\r\n" * (size // 6), b"base64"),
    "punycode": lambda size: typed(b"text/plain; charset=punycode", b"a-" * (size // 2)),
    "escape sequences": lambda size: HEAD + b"\r\n" + b"\x1b$B" * (size // 3),
    "lone surrogates": lambda size: typed(b"text/plain; charset=utf-7", b"+2AA-" * (size // 5)),
    "flowed lines": lambda size: typed(b"text/plain; format=flowed", b"a \r\n" * (size // 4)),
    "zero bytes": lambda size: b"\0" * size,
    "carriage returns": lambda size: b"\r" * size,
    "a broken winmail.dat": lambda size: typed(b"application/ms-tnef", b"\x78\x9f\x3e\x22\0\1" + b"\2" * size),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_is_read_and_judged(name: str) -> None:
    """200 kB of each: anything quadratic would not come to an end here."""
    found = read(raw(HOSTILE[name](200_000)))
    judge(found, own_addresses=frozenset(), is_own_message_id=lambda _: False)
    single, several = strings(found)
    assert not [text for text in single if "\n" in text or "\r" in text or "\0" in text]
    assert all(text.encode() is not None for text in (*single, *several))


@pytest.mark.parametrize(
    "name", ["nested multiparts", "a long field", "endless parameters", "one line", "quotes", "open tags"]
)
def test_a_hostile_mail_takes_little_memory(name: str) -> None:
    """At most five times the mail's size, besides what reading any mail takes."""
    read(raw(HEAD + b"\r\nx"))
    small, data = HOSTILE[name](10_000), HOSTILE[name](2_000_000)
    assert peak(data) - peak(small) < 5 * len(data)


def peak(data: bytes) -> int:
    """The most memory that reading a mail takes, in bytes."""
    spooled = raw(data)
    tracemalloc.start()
    try:
        read(spooled)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_five_thousand_nested_parts_keep_their_text() -> None:
    found = read(raw(nested(5_000)))
    assert "parts nested too deep were kept as a file" in found.defects
    assert any(b"hej" in file.content for file in found.attachments)
