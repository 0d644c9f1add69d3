"""Certificates (RFC 5280, RFC 8550): whose they are, and does anybody whom we trust vouch for them?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from intake.ber import SEQUENCE, Value
from register.records import Signature

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

#: certificates of one signature that are looked at
_MOST = 20

EXPIRED = "the certificate was not valid when the mail came"
UNTRUSTED = "nobody whom we trust vouches for the certificate"


def certificates_in(held: Value | None) -> Iterator[Certificate]:
    """The certificates that came with a signature (RFC 5652, 10.2.3); raises ValueError."""
    from cryptography import x509

    for one in held.parts[:_MOST] if held else ():
        if one.tag == SEQUENCE:
            yield x509.load_der_x509_certificate(bytes(one.raw))


def in_order(own: Certificate, certificates: Iterable[Certificate]) -> tuple[bytes, ...]:
    """DER, the signer's own certificate first."""
    from cryptography.hazmat.primitives.serialization import Encoding

    others = (one for one in certificates if one != own)
    return tuple(one.public_bytes(Encoding.DER) for one in (own, *others))


def key_identifier(certificate: Certificate) -> bytes | None:
    """The identifier of its key, where it states one (RFC 5280, 4.2.1.2)."""
    from cryptography import x509

    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return None


def name_of(certificate: Certificate) -> str:
    """The mail address of a certificate (RFC 8550, 3), else the name of whom it is for."""
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        addresses = names.get_values_for_type(x509.RFC822Name)
    except x509.ExtensionNotFound:
        addresses = []
    for oid in (NameOID.EMAIL_ADDRESS, NameOID.COMMON_NAME):
        addresses += [str(one.value) for one in certificate.subject.get_attributes_for_oid(oid)]
    return " ".join(addresses[0].split()) if addresses else ""


def weighed(signature: Signature, roots: Sequence[bytes], at: datetime) -> Signature:
    """The same signature with whether one of the roots (DER) vouches for its certificate at that moment."""
    if not roots or signature.state != "valid":
        return signature
    fault = _distrusted(signature.certificates, roots, at)
    return replace(signature, trusted=not fault, because=fault or signature.because)


def _distrusted(chain: Sequence[bytes], roots: Sequence[bytes], at: datetime) -> str:
    from cryptography import x509
    from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store, VerificationError

    own, *others = (x509.load_der_x509_certificate(one) for one in chain)
    if not own.not_valid_before_utc <= at <= own.not_valid_after_utc:
        return EXPIRED
    issuers, anybody = ExtensionPolicy.webpki_defaults_ca(), ExtensionPolicy.permit_all()
    builder = PolicyBuilder().store(Store([x509.load_der_x509_certificate(one) for one in roots]))
    builder = builder.time(at.astimezone(UTC).replace(tzinfo=None))
    verifier = builder.extension_policies(ca_policy=issuers, ee_policy=anybody).build_client_verifier()
    try:
        verifier.verify(own, others)
    except VerificationError:
        return UNTRUSTED
    return ""
