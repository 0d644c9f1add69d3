"""The commands that announce a letter to an SMTP relay: MAIL with its options, and RCPT."""

from __future__ import annotations

import re

from register.errors import Permanent
from register.records import Letter

# What RFC 5321 4.1.2 calls a mailbox, read strictly: nothing that could end the command or begin a second one.
_MAILBOX = re.compile(r'[^\s<>"\\@\x00-\x1f\x7f-\x9f\ud800-\udfff]+@[^\s<>"\\@\x00-\x1f\x7f-\x9f\ud800-\udfff]+')
_HEADERS = re.compile(rb"\A.*?(?:\r\n\r\n|\n\n|\Z)", re.DOTALL)


def check(letter: Letter) -> None:
    """Raises Permanent where a letter cannot be a mail at all, whatever the relay."""
    if not letter.content:
        raise Permanent("The letter has no mail form.")
    recipient(letter)
    sender(letter)


def recipient(letter: Letter) -> str:
    """The envelope recipient; raises Permanent where it is no mail address."""
    return _speakable(letter.to.value)


def sender(letter: Letter) -> str:
    """The envelope sender, empty for the null path; raises Permanent where it is no mail address."""
    return _speakable(letter.envelope_from) if letter.envelope_from else ""


def commands(letter: Letter, *, offers: frozenset[str]) -> tuple[bytes, bytes]:
    """MAIL and RCPT, without their line ends, by what the relay offers (lower case); raises Permanent."""
    mail = " ".join((f"MAIL FROM:<{sender(letter)}>", *options(letter, offers=offers)))
    return mail.encode(), f"RCPT TO:<{recipient(letter)}>".encode()


def needs_smtputf8(letter: Letter) -> bool:
    """True where an address before its @, or a header field, is written in other than ASCII (RFC 6531)."""
    headers = _HEADERS.match(letter.content)
    return (
        not recipient(letter).isascii()
        or not sender(letter).isascii()
        or (headers is not None and not headers[0].isascii())
    )


def options(letter: Letter, *, offers: frozenset[str]) -> tuple[str, ...]:
    """The options of the MAIL command, by what the relay offers (lower case).

    Raises Permanent where the relay cannot carry this letter at all.
    """
    chosen = []
    if needs_smtputf8(letter):
        if "smtputf8" not in offers:
            raise Permanent("The mail relay does not carry addresses with letters beyond ASCII (SMTPUTF8).")
        chosen.append("SMTPUTF8")
    if "8bitmime" in offers and not letter.content.isascii():
        chosen.append("BODY=8BITMIME")
    if "size" in offers:
        chosen.append(f"SIZE={len(letter.content)}")
    return tuple(chosen)


def _speakable(address: str) -> str:
    if not _MAILBOX.fullmatch(address):
        raise Permanent("The address is no mail address.")
    local, _, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        # A domain has an ASCII form that every relay understands (RFC 5891).
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        raise Permanent("The address names no domain that can exist.") from None
