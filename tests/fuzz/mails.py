"""Mutated mails: whatever is cut, doubled, spliced or overwritten, reading gives a clean Submission."""

from __future__ import annotations

from hypothesis import strategies as st

from intake import threads
from intake.authenticity import Trust, stated
from intake.forwards import of_the_writer
from intake.guards import judge
from intake.mime import read
from register.records import Submission
from tests.unit.intake.mails import MAILS, raw, strings

SEEDS = [path.read_bytes() for path in sorted(MAILS.glob("*.eml")) if path.stat().st_size < 20_000]
#: what a mail program, a gateway or an attacker puts where it does not belong
TOKENS = [
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b"\r\n\r\n",
        b"\0",
        b"\xff",
        b"\xed\xa0\x80",
        b"=?",
        b"?=",
        b"=?utf-8?q?",
        b"=?utf-7?b?+2AA-?=",
    ),
    *(
        b"--",
        b"--b\r\n",
        b"--b--\r\n",
        b'"',
        b"<",
        b">",
        b"(",
        b"\\",
        b";",
        b",",
        b":",
        b"@",
        b"\x1b$B",
        b"\xef\xbb\xbf",
    ),
    *(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n", b"Content-Type: message/rfc822\r\n\r\n", b"charset=utf-16"),
    *(
        b"Content-Transfer-Encoding: base64\r\n",
        b"Content-Transfer-Encoding: quoted-printable\r\n",
        b"name*0*=utf-8''%E5",
    ),
    *(b"begin 644 x\r\n", b"\r\nend\r\n", b"<div style=display:none>", b"<blockquote type=cite>", b"> ", b"-- \r\n"),
    b"Den tis 3 mars 2026 kl 14:05 skrev Anna <a@b.se>:\r\n",
]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A mail of tests/mail with a few wounds."""
    data = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 200))
        match draw(st.sampled_from(["cut", "double", "insert", "splice", "overwrite", "end"])):
            case "cut":
                data = data[:at] + data[at + length :]
            case "double":
                data = data[:at] + data[at : at + length] * 2 + data[at + length :]
            case "insert":
                data = data[:at] + draw(st.sampled_from(TOKENS)) + data[at:]
            case "splice":
                other = draw(st.sampled_from(SEEDS))
                data = data[:at] + other[draw(st.integers(0, len(other))) :]
            case "overwrite":
                data = data[:at] + draw(st.binary(max_size=20)) + data[at + length :]
            case "end":
                data = data[:at]
    return data


def check(data: bytes) -> None:
    """Reads a mail; whatever it is, a clean Submission comes out, and guards and threads take it."""
    found = read(raw(data))
    _is_taken(found)
    # As though staff had passed it on, whoever it is from.
    staff = frozenset({found.sender.value.lower()}) if found.sender else frozenset()
    _is_taken(of_the_writer(found, raw(data), staff=staff, authenticated=lambda _, submission: submission))


def _is_taken(found: Submission) -> None:
    is_clean(found)
    judge(found, own_addresses=frozenset({"hej@alexanderskolan.se"}), is_own_message_id=lambda _: False)
    stated(found, Trust(authserv_id="mx.alexanderskolan.se"))
    threads.likeness(found)
    threads.keys(found, open_token=lambda _: None, open_message_id=lambda _: None)


def is_clean(found: Submission) -> None:
    """No NUL, no lone surrogate, no line end where there is one line; attachments have names of their own."""
    single, several = strings(found)
    for text in (*single, *several):
        text.encode("utf-8")
        assert "\0" not in text
    assert not [text for text in single if "\n" in text or "\r" in text]
    assert found.date is None or found.date.tzinfo is not None
    assert len({file.name.lower() for file in found.attachments}) == len(found.attachments)


def worded(head: str, body: str) -> bytes:
    """A mail with any words in its header and its HTML."""
    text = f"From: {head}\nSubject: {head}\nContent-Type: text/html; charset=utf-8\n\n{body}"
    return text.encode("utf-8", "surrogatepass")
