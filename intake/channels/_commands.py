"""What MAIL and RCPT say: the address, or why it is refused (RFC 5321 4.1.1.2 and 4.1.1.3, RFC 1870, 6152, 6531)."""

from __future__ import annotations

from intake.channels._path import parse_path

MALFORMED = "553 5.1.3 The address is malformed"
WRONG_MAIL = "501 5.5.4 Syntax: MAIL FROM:<address> [parameters]"
WRONG_RCPT = "501 5.5.4 Syntax: RCPT TO:<address>"
_WRONG_BODY = "501 5.5.4 BODY is 7BIT or 8BITMIME"
_WRONG_UTF8 = "501 5.5.4 SMTPUTF8 has no value"
_TOO_BIG = "552 5.3.4 Announced too big"
_UNKNOWN = "555 5.5.4 There is no such parameter here"


class RefusedError(Exception):
    """A command that is wrong; its text is the reply."""


def sender_of(said: str, size_limit: int) -> str:
    """The address in what follows `MAIL`, `<>` for the null path; raises RefusedError."""
    address, parameters = _split(said, "FROM:", WRONG_MAIL)
    body, utf8, size = (parameters.pop(name, None) for name in ("BODY", "SMTPUTF8", "SIZE"))
    if body not in (None, "7BIT", "8BITMIME"):
        raise RefusedError(_WRONG_BODY)
    if utf8:
        raise RefusedError(_WRONG_UTF8)
    if size is not None and not (size.isascii() and size.isdigit()):
        raise RefusedError(WRONG_MAIL)
    if size is not None and int(size) > size_limit:
        raise RefusedError(_TOO_BIG)
    if parameters:
        raise RefusedError(_UNKNOWN)
    return address


def recipient_of(said: str) -> str:
    """The address in what follows `RCPT`; raises RefusedError."""
    address, parameters = _split(said, "TO:", WRONG_RCPT)
    if parameters:
        raise RefusedError(_UNKNOWN)
    return address


def _split(said: str, keyword: str, wrong: str) -> tuple[str, dict[str, str]]:
    """The address and the parameters by name; a parameter without a value has the empty one."""
    if said[: len(keyword)].upper() != keyword:
        raise RefusedError(wrong)
    address, rest = parse_path(said[len(keyword) :].strip())
    if address is None or rest is None:
        raise RefusedError(MALFORMED)
    return address, dict(_parameter(word, wrong) for word in rest.upper().split()) if rest else {}


def _parameter(word: str, wrong: str) -> tuple[str, str]:
    name, given, value = word.partition("=")
    if not name.isalnum() or (given and not value):
        raise RefusedError(wrong)
    return name, value
