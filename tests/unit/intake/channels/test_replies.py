"""Enhanced status codes (RFC 2034), and what of a stranger's words may be quoted."""

from __future__ import annotations

import pytest

from intake.channels._replies import enhanced, writable


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("250 OK", "250 2.0.0 OK"),
        ("503 Error: need RCPT command", "503 5.5.1 Error: need RCPT command"),
        ("553 5.1.3 Error: malformed address", "553 5.1.3 Error: malformed address"),
        ("421 4.7.0 NOOP sent too many times", "421 4.7.0 NOOP sent too many times"),
        ("451 Later", "451 4.0.0 Later"),
        ("220 mx.example ESMTP Lyhord", "220 mx.example ESMTP Lyhord"),
        ("354 End data", "354 End data"),
        ("250-mx.example\r\n250 HELP", "250-mx.example\r\n250 HELP"),
    ],
)
def test_a_reply_gets_its_enhanced_code_once(reply: str, said: str) -> None:
    assert enhanced(reply) == said


def test_a_quoted_command_steers_nothing() -> None:
    """Found by fuzzing: a bare CR (RFC 5321, 2.3.8), an escape sequence, a line without end."""
    assert writable('500 5.5.2 Error: command "\r.\x1b[2Jå" not recognized') == (
        '500 5.5.2 Error: command "?.?[2J?" not recognized'
    )
    assert writable("250-mx.example\r\n250 HELP") == "250-mx.example\r\n250 HELP"
    assert len(writable("500 " + "x" * 3000)) == 510
