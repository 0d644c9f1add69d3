"""S/MIME (RFC 8551, RFC 5652): what a sealed mail is, and whether a signature is that of its certificate."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from intake.ber import INTEGER, SEQUENCE, SET, Malformed, Value, read
from intake.certificates import certificates_in, in_order, key_identifier, name_of
from intake.words import base64_forgiving
from register.records import Signature

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.hashes import HashAlgorithm
    from cryptography.x509 import Certificate

_SIGNED = bytes.fromhex("2a864886f70d010702")
_ENCRYPTED = (bytes.fromhex("2a864886f70d010703"), bytes.fromhex("2a864886f70d0109100117"))
_PEM = re.compile(rb"-----[A-Z0-9 ]{1,40}-----")
_MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010904")
_PSS = bytes.fromhex("2a864886f70d01010a")
_DIGESTS = {
    bytes.fromhex("608648016503040201"): "SHA256",
    bytes.fromhex("608648016503040202"): "SHA384",
    bytes.fromhex("608648016503040203"): "SHA512",
    bytes.fromhex("608648016503040204"): "SHA224",
}

UNREADABLE = "the signature cannot be read"
CHANGED = "the mail was changed after it was signed"
FORGED = "the signature is not that of its certificate"
NO_CERTIFICATE = "the signature does not carry its certificate"
UNKNOWN_WAY = "the signature is made in a way that is not checked (such as SHA-1)"


@dataclass(frozen=True, kw_only=True)
class Message:
    """A CMS message: encrypted, or signed with what it signs."""

    encrypted: bool = False
    #: what was signed, where it is within; None where it stands beside
    content: bytes | None = None
    signed: Value | None = None


def opened(data: bytes) -> Message | None:
    """What an `application/pkcs7-mime` or a `.p7s` file is; None where it cannot be read."""
    if not data.startswith(b"\x30"):
        # Some programs forget to say that it is base64, or keep the lines of PEM around it.
        data = base64_forgiving(_PEM.sub(b"", data))
    try:
        kind, within = read(data).parts[:2]
        oid = bytes(kind.content)
        if oid in _ENCRYPTED:
            return Message(encrypted=True)
        if oid != _SIGNED:
            return None
        signed = within.parts[0]
        wrapped = signed.parts[2].parts
        return Message(content=wrapped[1].octets if len(wrapped) > 1 else None, signed=signed)
    except (Malformed, ValueError, IndexError):
        return None


def checked(signature: Message | None, content: bytes) -> Signature:
    """Whether a signature is that of its certificate over this content, and of whom."""
    if signature is None or signature.signed is None:
        return Signature(kind="smime", state="invalid", because=UNREADABLE)
    try:
        return _checked(signature.signed, content)
    except (Malformed, ValueError, IndexError):
        return Signature(kind="smime", state="invalid", because=UNREADABLE)


def _checked(signed: Value, content: bytes) -> Signature:
    parts = signed.parts
    certificates = list(certificates_in(next((part for part in parts if part.tag == 0xA0), None)))
    signers = parts[-1].parts
    if not signers:
        # A file of certificates alone signs nothing (RFC 8551, 3.8).
        return Signature(kind="smime", state="not_checked", because=NO_CERTIFICATE)
    signer = _Signer.of(signers[0])
    own = next((one for one in certificates if signer.is_by(one)), None)
    if own is None:
        return Signature(kind="smime", state="not_checked", because=NO_CERTIFICATE)
    because = signer.fault(own, content)
    state = {"": "valid", UNKNOWN_WAY: "not_checked"}.get(because, "invalid")
    chain = in_order(own, certificates)
    return Signature(kind="smime", state=state, signer=name_of(own), because=because, certificates=chain)


@dataclass(frozen=True, slots=True)
class _Signer:
    """A SignerInfo (RFC 5652, 5.3)."""

    sid: Value
    digest: bytes
    attributes: Value | None
    way: bytes
    signature: bytes

    @classmethod
    def of(cls, value: Value) -> _Signer:
        parts = list(value.parts)
        attributes = parts.pop(3) if parts[3].tag == 0xA0 else None
        _, sid, digest, way, signature = parts[:5]
        return cls(sid, bytes(digest.parts[0].content), attributes, bytes(way.parts[0].content), signature.octets)

    def is_by(self, certificate: Certificate) -> bool:
        if self.sid.tag != SEQUENCE:
            return bytes(self.sid.content) == key_identifier(certificate)
        issuer, serial = self.sid.parts
        number = int.from_bytes(serial.content, "big", signed=True)
        same = serial.tag == INTEGER and number == certificate.serial_number
        return same and bytes(issuer.raw) == certificate.issuer.public_bytes()

    def fault(self, certificate: Certificate, content: bytes) -> str:
        """Why the signature over this content is not sound; empty where it is."""
        from cryptography.hazmat.primitives import hashes

        if self.digest not in _DIGESTS:
            return UNKNOWN_WAY
        algorithm: HashAlgorithm = getattr(hashes, _DIGESTS[self.digest])()
        signed = content
        if self.attributes is not None:
            digest = hashes.Hash(algorithm)
            digest.update(content)
            if not hmac.compare_digest(self.stated_digest(), digest.finalize()):
                return CHANGED
            # What is signed is the set as if it stood by itself (RFC 5652, 5.4).
            signed = bytes([SET]) + bytes(self.attributes.raw[1:])
        fault = _fault(certificate, self.signature, signed, algorithm, pss=self.way == _PSS)
        return CHANGED if fault == FORGED and self.attributes is None else fault

    def stated_digest(self) -> bytes:
        for attribute in self.attributes.parts if self.attributes else ():
            name, values = attribute.parts
            if bytes(name.content) == _MESSAGE_DIGEST:
                return values.parts[0].octets
        return b""


def _fault(certificate: Certificate, signature: bytes, signed: bytes, algorithm: HashAlgorithm, *, pss: bool) -> str:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

    try:
        key = certificate.public_key()
        if isinstance(key, rsa.RSAPublicKey):
            way = padding.PSS(padding.MGF1(algorithm), padding.PSS.AUTO) if pss else padding.PKCS1v15()
            key.verify(signature, signed, way, algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(algorithm))
        elif isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, signed)
        else:
            return UNKNOWN_WAY
    except InvalidSignature:
        return FORGED
    except UnsupportedAlgorithm:
        return UNKNOWN_WAY
    return ""
