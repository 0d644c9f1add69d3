"""A receipt that proves that a message was received: number, time and fingerprint, signed, without a word of it (G11).

The signature is Ed25519 (RFC 8032) over the lines between the two marks but for the last one, in UTF-8, each ended by a
line feed. The key is made from the house's key, so that one backup holds both; whoever checks needs the public half.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from register.errors import Permanent
from register.records import Case
from register.seals import Seals

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

BEGIN, END = "-----BEGIN LYHORD RECEIPT-----", "-----END LYHORD RECEIPT-----"
SIGNATURE = "signature: "
_WHOLE = re.compile(f"{BEGIN}\n(.*?){END}", re.DOTALL)
#: what each line begins with
_NAMES = ("number:", "school:", "received:", "signature:")
#: mail programs quote and indent
_QUOTED = re.compile(r"(?m)^[> \t]+|[ \t\r]+$")


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What a sound receipt says."""

    number: str
    organisation: str
    #: when each message arrived, and its fingerprint
    messages: tuple[tuple[datetime, str], ...]


class Signer:
    """Signs receipts with the key that belongs to the house's key."""

    def __init__(self, seals: Seals) -> None:
        self._seed = bytes.fromhex(seals.blind("receipt", "ed25519"))

    @property
    def public_key(self) -> str:
        """The key that anyone may check receipts with: 44 characters of base64."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        return base64.b64encode(self._key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()

    def issue(self, case: Case, messages: Sequence[Mapping[str, Any]]) -> str:
        """The receipt for messages of a case, rows of the register; those without a fingerprint are left out."""
        received = [
            f"received: {one['received_at'].astimezone(UTC).isoformat(timespec='seconds')} sha256:{one['fingerprint']}"
            for one in messages
            if one["fingerprint"]
        ]
        if not received:
            raise Permanent(f"{case.reference}: its messages came before the register kept fingerprints")
        signed = "".join(
            f"{line}\n" for line in (f"number: {case.reference}", f"school: {case.organisation}", *received)
        )
        signature = base64.b64encode(self._key().sign(signed.encode())).decode()
        return f"{BEGIN}\n{signed}{SIGNATURE}{signature}\n{END}\n"

    def _key(self) -> Ed25519PrivateKey:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self._seed)


def verify(text: str, public_key: str) -> Receipt:
    """What the first receipt in a text says; raises Permanent where there is none or this key did not sign it."""
    found = _WHOLE.search(_QUOTED.sub("", text.replace("\r\n", "\n")))
    if found is None:
        raise Permanent("there is no receipt in this text; it begins with the line BEGIN LYHORD RECEIPT")
    signed, _, signature = _unfolded(found[1]).rpartition(SIGNATURE)
    if not _is_signed(signed, signature, public_key):
        raise Permanent("the receipt is NOT sound: it was changed, or it was signed by another key")
    return _read(signed)


def _unfolded(body: str) -> str:
    """The lines as they were signed: mail programs break long ones, anywhere."""
    lines: list[str] = []
    for line in filter(None, body.split("\n")):
        if line.startswith(_NAMES) or not lines:
            lines.append(line)
        else:
            blank = " " if line.startswith("sha256:") or lines[-1].endswith(":") else ""
            lines[-1] += blank + line
    return "".join(f"{line}\n" for line in lines)


def key_id(public_key: str) -> str:
    """A short name of a key, to be compared by eye."""
    return hashlib.sha256(public_key.encode()).hexdigest()[:16]


def _is_signed(signed: str, signature: str, public_key: str) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key.strip(), validate=True))
    except (ValueError, binascii.Error):
        raise Permanent("this is no public key; `lyhord receipt key` prints one of 44 characters") from None
    try:
        key.verify(base64.b64decode(signature.strip(), validate=True), signed.encode())
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def _read(signed: str) -> Receipt:
    pairs = [line.partition(": ")[::2] for line in signed.splitlines()]
    received = [value.partition(" sha256:")[::2] for name, value in pairs if name == "received"]
    said = dict(pairs)
    return Receipt(
        number=said["number"],
        organisation=said["school"],
        messages=tuple((datetime.fromisoformat(at), fingerprint) for at, fingerprint in received),
    )
