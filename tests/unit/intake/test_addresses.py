"""Addresses as the standard has them, and as people and programs write them."""

from __future__ import annotations

import pytest

from intake.addresses import MAX_ADDRESSES, addresses


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (b"a@b.example", [("", "a@b.example")]),
        (b"Anna <a@b.example>", [("Anna", "a@b.example")]),
        (b'"Berg, Anna" <a@b.example>, c@d.example (Per)', [("Berg, Anna", "a@b.example"), ("Per", "c@d.example")]),
        (b"Berg, Anna <a@b.example>", [("Berg, Anna", "a@b.example")]),
        (b"undisclosed-recipients:;", []),
        (b"unlisted-recipients:; (no To-header on input)", []),
        (
            b"Klassen: a@b.example, c@d.example;, e@f.example",
            [("", "a@b.example"), ("", "c@d.example"), ("", "e@f.example")],
        ),
        (b"MAILER-DAEMON", [("", "MAILER-DAEMON")]),
        (b"Moderator <moderator>", [("Moderator", "moderator")]),
        (b"<a@b.example", [("", "a@b.example")]),
        (b"Anna a@b.example", [("Anna", "a@b.example")]),
        (b"<<a@b.example>>", [("", "a@b.example")]),
        (b"mailto:a@b.example", [("", "a@b.example")]),
        (b"<@relay.example:a@b.example>", [("", "a@b.example")]),
        (b"John Doe <jdoe@machine(comment).  example>", [("John Doe", "jdoe@machine.example")]),
        (b'"a\\"b" <a@b.example>', [('a"b', "a@b.example")]),
        (b'"odd local"@b.example', [("", '"odd local"@b.example')]),
        ("Åsa <asa@b.example>".encode(), [("Åsa", "asa@b.example")]),
        (b"=?utf-8?Q?=C3=96berg,_Anna?= <a@b.example>", [("Öberg, Anna", "a@b.example")]),
        (b'"=?utf-8?Q?=C3=96berg?=" <a@b.example>', [("Öberg", "a@b.example")]),
        (b"a@b.example; c@d.example", [("", "a@b.example"), ("", "c@d.example")]),
        (b"user at b.example", []),
        (b"", []),
        (b"<>", []),
        (b" , ,", []),
    ],
)
def test_addresses_are_found(field: bytes, expected: list[tuple[str, str]]) -> None:
    assert [(address.name, address.value) for address in addresses(field)] == expected


def test_no_address_carries_a_line_break() -> None:
    found = addresses(b"=?utf-8?q?a=0D=0Ab?= <a@b.example\r\n .example>")
    assert all("\n" not in text and "\r" not in text for each in found for text in (each.name, each.value))


def test_a_flood_of_addresses_is_cut() -> None:
    assert len(addresses(b"a@b.example, " * 20_000)) == MAX_ADDRESSES
