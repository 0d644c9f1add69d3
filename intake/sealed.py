"""Mail that is signed or encrypted, by S/MIME or PGP: what is within, and what is to be said of it.

Read `unsealed`. A mail that cannot be opened without its key is kept as it came and has no text: nothing is ever
understood from what only looks like words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from intake import smime
from intake.bodies import transfer_decoded
from intake.parts import Part, parse
from register.records import Signature

#: sealed mails within sealed mails
MAX_LAYERS = 3
#: signatures of one mail that are checked
MAX_SIGNATURES = 10

OTHER_ADDRESS = "the certificate is for another address than the sender's"
NO_KEY = "no key is set up to check it with"

_PKCS7 = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_ARMOUR = "-----BEGIN PGP "
_MESSAGE = f"{_ARMOUR}MESSAGE-----"
_CLEAR = f"{_ARMOUR}SIGNED MESSAGE-----"
_SIGNATURE = f"{_ARMOUR}SIGNATURE-----"
_DASHED = re.compile(r"(?m)^- ")
_HEAD = re.compile(r"(?:[A-Za-z-]{1,30}: [^\n]{0,200}\n){0,20}[ \t]*\n")


@dataclass
class Seals:
    """What was found out while a mail was opened."""

    signatures: list[Signature] = field(default_factory=list)
    #: smime or pgp where something of it cannot be opened; empty where all can
    encrypted: str = ""


def unsealed(root: Part, seals: Seals) -> Part:
    """The tree of parts with what was signed in the place of the signature around it; adds to `seals`."""
    return _opened(root, seals, 0)


def _opened(part: Part, seals: Seals, layers: int) -> Part:
    if part.type in _PKCS7:
        return _pkcs7(part, seals, layers)
    if part.type == "multipart/encrypted":
        seals.encrypted = "pgp"
    elif part.type == "multipart/signed" and len(seals.signatures) < MAX_SIGNATURES:
        seals.signatures += _beside(part)
    part.children = [_opened(child, seals, layers) for child in part.children]
    return part


def _pkcs7(part: Part, seals: Seals, layers: int) -> Part:
    """What is in an S/MIME message: the mail that was signed, or the file as it is."""
    message = smime.opened(transfer_decoded(part))
    if message is None or message.content is None or layers >= MAX_LAYERS:
        # Whoever attaches an encrypted file to a mail has written the mail so that it can be read.
        if part.disposition != "attachment" or not part.depth:
            seals.encrypted = "smime" if message is None or message.encrypted else seals.encrypted
        return part
    seals.signatures.append(smime.checked(message, message.content))
    inner = parse(message.content, [])
    for one in inner.walk():
        one.depth += part.depth
    return _opened(inner, seals, layers + 1)


def _beside(part: Part) -> Iterator[Signature]:
    """The signature of a `multipart/signed` (RFC 1847, 2.1; RFC 3156, 5)."""
    if len(part.children) < 2:
        return
    signed, signature = part.children[0], part.children[-1]
    if "pgp" in signature.type or "pgp" in part.parameters.get("protocol", "").lower():
        yield Signature(kind="pgp", state="not_checked", because=NO_KEY)
    elif "pkcs7" in signature.type or "pkcs7" in part.parameters.get("protocol", "").lower():
        content = _with_crlf(part.data[signed.begin : signed.end])
        yield smime.checked(smime.opened(transfer_decoded(signature)), content)


def by_whom(signatures: Iterable[Signature], sender: str) -> tuple[Signature, ...]:
    """The signatures, with it said where one is sound but another's than the sender's (RFC 8550, 3)."""
    return tuple(
        replace(one, because=OTHER_ADDRESS)
        if one.state == "valid" and "@" in one.signer and one.signer.lower() != sender.lower()
        else one
        for one in signatures
    )


def _with_crlf(data: bytes) -> bytes:
    """Lines as they were signed (RFC 8551, 3.1.1)."""
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def without_armour(text: str, seals: Seals) -> tuple[str, list[tuple[str, bytes]]]:
    """The text without PGP's lines around and below what was signed in it, and its encrypted blocks as files."""
    if _ARMOUR not in text:
        return text, []
    kept, files, at = [], list[tuple[str, bytes]](), 0
    while (begin := _next(text, at)) >= 0 and len(files) < MAX_SIGNATURES:
        kept.append(text[at:begin])
        if text.startswith(_CLEAR, begin):
            said, at = _clear(text, begin)
            kept.append(said)
            seals.signatures.append(Signature(kind="pgp", state="not_checked", because=NO_KEY))
        else:
            at = _end(text, begin, "MESSAGE")
            files.append(("encrypted.asc", text[begin:at].encode("utf-8", "replace")))
            seals.encrypted = "pgp"
    return "".join((*kept, text[at:])), files


def _next(text: str, at: int) -> int:
    """Where the next block begins, at the start of a line."""
    places = [text.find(mark, at) for mark in (_MESSAGE, _CLEAR)]
    found = [place for place in places if place >= 0 and (place == 0 or text[place - 1] == "\n")]
    return min(found, default=-1)


def _clear(text: str, begin: int) -> tuple[str, int]:
    """What was signed in the text (RFC 9580, 7), and where its signature ends."""
    head = _HEAD.match(text, text.find("\n", begin) + 1)
    start = head.end() if head else begin + len(_CLEAR)
    stop = text.find(_SIGNATURE, start)
    if stop < 0:
        return _DASHED.sub("", text[start:]), len(text)
    return _DASHED.sub("", text[start:stop]), _end(text, stop, "SIGNATURE")


def _end(text: str, begin: int, kind: str) -> int:
    mark = f"-----END PGP {kind}-----"
    place = text.find(mark, begin)
    return len(text) if place < 0 else place + len(mark)
