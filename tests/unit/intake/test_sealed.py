"""Mail that is signed or encrypted; the certificates and keys were made for these files and are nobody's."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from intake import smime
from intake.certificates import EXPIRED, UNTRUSTED, weighed
from intake.channels import read
from intake.sealed import NO_KEY, OTHER_ADDRESS
from register.records import Signature
from tests.unit.intake.mails import MAILS, mail, raw, reading

AUTHORITY = Path(MAILS / "smime-authority.pem").read_bytes()
ROOT = x509.load_pem_x509_certificate(AUTHORITY).public_bytes(Encoding.DER)
IN_TIME = datetime(2027, 1, 1, tzinfo=UTC)
SAID = "Hej!\n\nMaten är kall på Gärdet varje dag.\n\nAnna Åberg"
SOUND = ["smime-signed", "smime-signed-ecdsa", "smime-signed-pss", "smime-opaque", "smime-opaque-ber"]


def only(name: str) -> Signature:
    (signature,) = reading(mail(name)).signatures
    return signature


@pytest.mark.parametrize("name", SOUND)
@pytest.mark.parametrize("ends", [b"\r\n", b"\n"])
def test_a_signed_mail_is_read_and_its_signature_checked(name: str, ends: bytes) -> None:
    """Whatever line ends it arrives with: RSA, PSS and elliptic curves, beside the text or around it."""
    found = reading(mail(name).replace(b"\r\n", ends))
    assert found.text == SAID
    assert [(one.state, one.signer, one.trusted) for one in found.signatures] == [
        ("valid", "anna@familjen.example", None)
    ]
    assert found.enclosures == ()
    assert found.encrypted == ""


def test_a_mail_that_was_changed_is_read_and_said_to_be() -> None:
    found = reading(mail("smime-signed-changed"))
    assert "Maten är varm" in found.text
    assert [(one.state, one.because) for one in found.signatures] == [("invalid", smime.CHANGED)]


def test_a_signature_of_somebody_else_is_said_to_be_one() -> None:
    """RFC 8550, 3: the certificate's address is compared with From."""
    found = reading(mail("smime-signed").replace(b"<anna@familjen.example>", b"<rektor@skolan.example>", 1))
    assert [(one.state, one.because) for one in found.signatures] == [("valid", OTHER_ADDRESS)]
    assert only("smime-signed").because == ""


def test_a_weak_way_of_signing_is_not_checked() -> None:
    assert (only("smime-signed-sha1").state, only("smime-signed-sha1").because) == ("not_checked", smime.UNKNOWN_WAY)


def test_a_signature_is_weighed_by_whom_we_trust() -> None:
    """The certificate begins in November 2026."""
    signature, foreign = only("smime-signed"), only("smime-signed-ecdsa").certificates[0]
    assert weighed(signature, (), IN_TIME).trusted is None
    assert weighed(signature, (ROOT,), IN_TIME).trusted is True
    assert weighed(signature, (foreign,), IN_TIME).because == UNTRUSTED
    assert weighed(signature, (ROOT,), datetime(2020, 1, 1, tzinfo=UTC)).because == EXPIRED
    weighed_at_the_door = read(raw(mail("smime-signed")), roots=(ROOT,)).signatures
    assert [one.trusted for one in weighed_at_the_door] == [False]


@pytest.mark.parametrize("name", ["pgp-signed", "pgp-clearsigned"])
def test_what_pgp_has_signed_is_read_without_its_armour(name: str) -> None:
    found = reading(mail(name))
    assert "Maten är kall på Gärdet varje dag." in found.reply
    assert "PGP" not in found.text
    assert [(one.kind, one.state, one.because) for one in found.signatures] == [("pgp", "not_checked", NO_KEY)]
    assert found.enclosures == ()


@pytest.mark.parametrize(
    ("name", "way", "file"),
    [
        ("smime-encrypted", "smime", "smime.p7m"),
        ("smime-encrypted-gcm", "smime", "smime.p7m"),
        ("pgp-encrypted", "pgp", "encrypted.asc"),
        ("pgp-inline-encrypted", "pgp", "encrypted.asc"),
    ],
)
def test_what_is_encrypted_is_kept_and_never_taken_for_words(name: str, way: str, file: str) -> None:
    found = reading(mail(name))
    assert (found.encrypted, found.text, found.reply, found.subject) == (way, "", "", "Maten")
    assert [one.name for one in found.enclosures] == [file]


def test_an_encrypted_file_beside_words_leaves_the_mail_readable() -> None:
    text = (
        "From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nMaten är kall.\n--b\n"
        "Content-Type: application/pkcs7-mime\nContent-Disposition: attachment; filename=x.p7m\n\nMIIB\n--b--\n"
    )
    found = reading(text)
    assert (found.encrypted, found.text) == ("", "Maten är kall.")
    assert [one.name for one in found.attachments] == ["x.p7m"]


@pytest.mark.parametrize("name", SOUND)
def test_a_damaged_signature_raises_nothing(name: str) -> None:
    """Every twentieth byte of the mail turned, one after the other."""
    whole = mail(name)
    states = set()
    for place in range(0, len(whole), 20):
        damaged = whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :]
        states |= {one.state for one in reading(damaged).signatures}
    assert states <= {"valid", "invalid", "not_checked"}
    assert "invalid" in states


def test_an_endless_signature_comes_to_an_end() -> None:
    for data in (b"\x30\x80" * 5_000, b"\x30\x84\xff\xff\xff\xff", b"\x30", b"\xff" * 100, b""):
        assert smime.opened(data) is None
