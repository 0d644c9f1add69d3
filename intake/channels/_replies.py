"""What the SMTP and LMTP listener says: its own replies, and the enhanced status codes of RFC 2034."""

from __future__ import annotations

import re

TAKEN = "250 2.0.0 Taken in"
NOT_NOW = "451 4.3.0 Not taken in just now, please try again later"
TOO_BIG = "552 5.3.4 Message too big"
TOO_MANY = "421 4.3.2 Too many connections, please try again later"
TIMEOUT = "421 4.4.2 Nothing heard for too long"
CLOSING = "421 4.3.2 Closing, please come back later"
GO_ON = "354 End data with <CR><LF>.<CR><LF>"
TOO_MANY_RECIPIENTS = "452 4.5.3 Too many recipients"
NOBODY = "550 5.1.1 No such recipient here"
KNOWN = "250 2.1.5 OK"
NOT_TOLD = "252 2.5.2 Send some mail, we will try"
HELP = "214 2.0.0 See RFC 5321 and RFC 2033"
TLS_FIRST = "530 5.7.0 Must issue a STARTTLS command first"

#: enhanced codes by reply code (RFC 3463); what is not here gets the class with `0.0`
_ENHANCED = {
    "500": "5.5.2", "501": "5.5.4", "502": "5.5.1", "503": "5.5.1", "530": "5.7.0", "552": "5.3.4", "553": "5.1.3",
    "554": "5.7.0", "555": "5.5.4", "454": "4.7.0",
}  # fmt: skip
# The greeting, 220, has none.
_BARE = re.compile(r"(?!220)([245]\d\d)[ ](?!\d\.\d+\.\d+ )")


# What a stranger wrote may be quoted in a reply: no bare CR (RFC 5321, 2.3.8), nothing that steers a terminal.
_UNWRITABLE = re.compile(r"[^\x20-\x7e]")
#: the longest line of a reply (RFC 5321, 4.5.3.1.5), without its line end
_LONGEST = 510


def offers(hostname: str, size_limit: int, *, tls: bool) -> str:
    """The reply to EHLO and LHLO: what we can do. AUTH and CHUNKING are not offered."""
    lines = [hostname, "PIPELINING", f"SIZE {size_limit}", "8BITMIME", "SMTPUTF8", *(["STARTTLS"] if tls else [])]
    return "".join(f"250-{line}\r\n" for line in lines) + "250 ENHANCEDSTATUSCODES"


def writable(reply: str) -> str:
    """A reply whose lines are printable ASCII and short enough for any mail server."""
    return "\r\n".join(_UNWRITABLE.sub("?", line)[:_LONGEST] for line in reply.split("\r\n"))


def enhanced(reply: str) -> str:
    """The reply with an enhanced status code after its number; as it is where it has one or needs none."""
    bare = _BARE.match(reply)
    if bare is None:
        return reply
    code = bare[1]
    return f"{code} {_ENHANCED.get(code, f'{code[0]}.0.0')} {reply[4:]}"
