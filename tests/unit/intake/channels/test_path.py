"""The address in MAIL FROM and RCPT TO."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.channels._path import parse_path


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<anna.berg@foralder.example>", ("anna.berg@foralder.example", "")),
        ("<anna.berg@foralder.example> SIZE=5 BODY=8BITMIME", ("anna.berg@foralder.example", "SIZE=5 BODY=8BITMIME")),
        ("anna.berg@foralder.example SIZE=5", ("anna.berg@foralder.example", "SIZE=5")),
        ("<>", ("<>", "")),
        ("<> SIZE=5", ("<>", "SIZE=5")),
        ("<@relay.example,@b.example:anna@foralder.example>", ("anna@foralder.example", "")),
        ('<"anna berg"@foralder.example>', ('"anna berg"@foralder.example', "")),
        ('<"a>b"@foralder.example>', ('"a>b"@foralder.example', "")),
        ("<åsa@föräldrar.example>", ("åsa@föräldrar.example", "")),
        ("<postmaster>", ("postmaster", "")),
    ],
)
def test_a_path_is_read(text: str, found: tuple[str, str]) -> None:
    assert parse_path(text) == found


@pytest.mark.parametrize(
    "text",
    ["", "anna", "<anna", "<a b@c.example>", "<a@b.example>x", "<a@b.example\x00>", "<a\udcff@b.example>",
     "<a@b.example><c@d.example>", "<a\x85@b.example>", '<"a@b.example>', "<a@b.example> X=\udcff"],
)  # fmt: skip
def test_what_is_no_path_is_refused(text: str) -> None:
    assert parse_path(text) == (None, None)


@given(st.text())
def test_no_address_ever_holds_what_could_end_a_line_or_no_utf8(text: str) -> None:
    address, _ = parse_path(f"<{text}>")
    if address is not None:
        assert not set(address) & set("\r\n\0")
        address.encode()
