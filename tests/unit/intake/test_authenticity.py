"""Is a mail from whom it says? Our own server's word, nobody else's, and our own look where it says nothing."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from intake.authenticity import NAMELESS, Trust, stated
from intake.verification import verified
from register.records import Authenticity
from tests.unit.intake.mails import raw, reading

OURS = Trust(authserv_id="mx.skola.example")
RECEIVED = "Received: from mail.familjen.example (mail.familjen.example [203.0.113.9]) by mx.skola.example; x\n"


def said(fields: str, trust: Trust = OURS) -> Authenticity:
    return stated(reading(f"{fields}From: Anna <anna@familjen.example>\nSubject: x\n\nx\n"), trust)


# --- what our own server says ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "trust", "expected"),
    [
        (
            (
                "mx.skola.example;\n spf=pass smtp.mailfrom=familjen.example;\n dkim=pass header.d=familjen.example;"
                "\n dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=familjen.example"
            ),
            OURS,
            ("pass", "pass", "pass", "none"),
        ),
        (
            (
                'mx.skola.example 1; dkim=fail reason="bad; (signature)" header.d=x.example; dkim=pass;'
                " dmarc=fail (p=quarantine; dis=none) header.from=familjen.example"
            ),
            OURS,
            ("", "pass", "fail", "quarantine"),
        ),
        (
            "mx.skola.example; dmarc=fail policy.dmarc=reject header.from=familjen.example",
            OURS,
            ("", "", "fail", "reject"),
        ),
        (
            (
                "spf=fail (sender IP is 203.0.113.9) smtp.mailfrom=familjen.example; dkim=none (message not signed)"
                " header.d=none;dmarc=fail action=oreject header.from=familjen.example;compauth=fail reason=000"
            ),
            Trust(authserv_id=NAMELESS),
            ("fail", "none", "fail", "reject"),
        ),
        ("mx.skola.example; none", OURS, ("", "", "", "")),
        ("mx.skola.example; spf=bestguesspass; dmarc=bestguesspass", OURS, ("none", "", "none", "")),
    ],
    ids=["passes", "quoted and twice", "OpenDMARC", "Microsoft 365", "nothing", "a guess"],
)
def test_our_servers_findings_are_read(field: str, trust: Trust, expected: tuple[str, ...]) -> None:
    """RFC 8601, 2.2: methods, results, properties, comments, quoted strings; as real servers write them."""
    found = said(f"Authentication-Results: {field}\n", trust)
    assert (found.spf, found.dkim, found.dmarc, found.policy) == expected


@pytest.mark.parametrize(
    "fields",
    [
        "Authentication-Results: mx.other.example; dmarc=pass header.from=familjen.example\n",
        f"{RECEIVED}{RECEIVED}Authentication-Results: mx.skola.example; dmarc=pass header.from=familjen.example\n",
        "Authentication-Results: mx.skola.example; dmarc=pass header.from=rektor.example\n",
        "Authentication-Results: mx.skola.example.evil.example; dmarc=pass\n",
        "Authentication-Results:\n",
        "Authentication-Results: ;;;=;(((\n",
    ],
    ids=["another server's", "from the outside", "about another sender", "a longer name", "empty", "rubbish"],
)
def test_what_others_say_proves_nothing(fields: str) -> None:
    """RFC 8601, 5: a field with our id that came from outside is ignored, and so is every other one's."""
    assert said(fields).dmarc == ""
    assert not said(fields).proven


def test_without_an_id_in_the_settings_no_field_is_believed() -> None:
    assert said("Authentication-Results: mx.skola.example; dmarc=pass\n", Trust()) == Authenticity()


def test_of_two_findings_the_uppermost_is_our_servers() -> None:
    """A forged field that our server forgot to take away stands below its own."""
    forged = "Authentication-Results: mx.skola.example; dmarc=pass\n"
    found = said(f"{RECEIVED}Authentication-Results: mx.skola.example; dmarc=fail (p=reject)\n{forged}")
    assert (found.dmarc, found.policy, found.unwanted) == ("fail", "reject", True)


@pytest.mark.parametrize(
    ("known", "failed", "unwanted", "proven"),
    [
        (Authenticity(), False, False, False),
        (Authenticity(dmarc="pass", spf="fail"), False, False, True),
        (Authenticity(dmarc="fail", policy="none", dkim="pass"), True, False, False),
        (Authenticity(dmarc="fail", policy="reject"), True, True, False),
        (Authenticity(dmarc="none", spf="fail"), True, False, False),
        (Authenticity(dmarc="none", spf="fail", dkim="pass"), False, False, False),
        (Authenticity(dmarc="temperror", spf="softfail"), False, False, False),
    ],
)
def test_what_the_results_mean(known: Authenticity, failed: bool, unwanted: bool, proven: bool) -> None:
    assert (known.failed, known.unwanted, known.proven) == (failed, unwanted, proven)


# --- our own look ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def signer() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


class Zone:
    """A DNS of its own; what is not in it is not there, and no other is ever asked."""

    def __init__(self, records: dict[str, str]) -> None:
        self.records = records
        self.asked: list[tuple[str, str]] = []

    def __call__(self, name: str, kind: str) -> Sequence[str]:
        self.asked.append((name, kind))
        return [self.records[name]] if kind == "TXT" and name in self.records else []


def zone(signer: rsa.RSAPrivateKey, policy: str = "p=reject") -> Zone:
    public = signer.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return Zone(
        {
            "s._domainkey.min-skola.example": f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}",
            "_dmarc.min-skola.example": f"v=DMARC1; {policy}",
            "min-skola.example": "v=spf1 ip4:198.51.100.0/24 ip4:8.8.8.8 -all",
        }
    )


MAIL = b"From: Anna <anna@post.min-skola.example>\r\nTo: hej@skola.example\r\nSubject: Maten\r\n\r\nKall.\r\n"


def signed(signer: rsa.RSAPrivateKey, domain: bytes = b"min-skola.example") -> bytes:
    import dkim

    pem = signer.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return bytes(dkim.sign(MAIL, b"s", domain, pem, include_headers=[b"from", b"to", b"subject"])) + MAIL


def looked_up(content: bytes, dns: Zone, *, came_from: str = "8.8.8.8", envelope: str = "") -> Authenticity:
    received = f"Received: from a.example (a.example [{came_from}]) by mx.skola.example; x\r\n".encode()
    whole = received + content
    sender = envelope or "anna@min-skola.example"
    return verified(reading(whole, envelope_from=sender), raw(whole, envelope_from=sender), own_received=1, lookup=dns)


def test_a_sound_signature_of_the_senders_organisation_proves_the_sender(signer: rsa.RSAPrivateKey) -> None:
    """RFC 6376, RFC 7489, 3.1: aligned by the organisation's domain, hyphens and subdomains included."""
    found = looked_up(signed(signer), zone(signer), came_from="1.1.1.1")
    assert (found.spf, found.dkim, found.dmarc, found.proven) == ("fail", "pass", "pass", True)
    strict = looked_up(signed(signer), zone(signer, "p=reject; adkim=s; aspf=s"), came_from="1.1.1.1")
    assert (strict.dmarc, strict.policy) == ("fail", "reject")


def test_the_right_machine_proves_the_sender(signer: rsa.RSAPrivateKey) -> None:
    """RFC 7208: without a signature SPF is enough."""
    found = looked_up(MAIL, zone(signer))
    assert (found.spf, found.dkim, found.dmarc) == ("pass", "none", "pass")


def test_a_changed_mail_from_a_strange_machine_fails(signer: rsa.RSAPrivateKey) -> None:
    changed = signed(signer).replace(b"Kall.", b"Varm.")
    found = looked_up(changed, zone(signer, "p=none; sp=quarantine"), came_from="1.1.1.1")
    assert (found.dkim, found.dmarc, found.policy, found.unwanted) == ("fail", "fail", "quarantine", True)


def test_anothers_signature_proves_nothing(signer: rsa.RSAPrivateKey) -> None:
    dns = zone(signer)
    dns.records["s._domainkey.evil.example"] = dns.records["s._domainkey.min-skola.example"]
    found = looked_up(signed(signer, b"evil.example"), dns, came_from="1.1.1.1", envelope="x@evil.example")
    assert (found.dkim, found.dmarc) == ("pass", "fail")


def test_where_the_sending_machine_is_not_known_nothing_fails(signer: rsa.RSAPrivateKey) -> None:
    """SPF might have passed: a mail is called false only where both could be looked at."""
    found = looked_up(MAIL, zone(signer), came_from="10.0.0.7")
    assert (found.spf, found.dmarc, found.failed) == ("", "", False)


def test_a_dns_that_does_not_answer_fails_nobody(signer: rsa.RSAPrivateKey) -> None:
    def silent(name: str, kind: str) -> Sequence[str]:
        raise TimeoutError

    found = verified(reading(signed(signer)), raw(signed(signer)), own_received=1, lookup=silent)
    assert (found.dkim, found.dmarc, found.failed) == ("temperror", "temperror", False)


def test_a_hostile_mail_asks_the_dns_a_bounded_number_of_times(signer: rsa.RSAPrivateKey) -> None:
    """Hundreds of signatures and a record that includes itself end soon."""
    dns = zone(signer)
    dns.records["min-skola.example"] = "v=spf1 include:min-skola.example -all"
    head = signed(signer).split(b"From:")[0]
    found = looked_up(head * 300 + MAIL, dns)
    assert found.spf == "permerror"
    assert len(dns.asked) <= 45


def test_two_senders_are_looked_up_for_neither(signer: rsa.RSAPrivateKey) -> None:
    dns = zone(signer)
    assert looked_up(b"From: x@y.example\r\n" + MAIL, dns) == Authenticity()
    assert dns.asked == []
