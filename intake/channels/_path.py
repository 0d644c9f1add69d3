"""The address in MAIL FROM and RCPT TO: a strict reading of the paths of RFC 5321 4.1.2."""

from __future__ import annotations

import re

# A source route before the mailbox is read and dropped (RFC 5321 appendix C).
_PATH = re.compile(
    r"""<(?:@[^:<>\s]+:)?          # <@relay,@relay:
        ( (?: "(?:[^"\\]|\\.)*"    # "anna maria"
            | [^\s<>"\\]           # or plain characters
          )* )>
        (?:\s+(.*))?\Z             # parameters
    """,
    re.VERBOSE | re.ASCII,
)
# Without angle brackets, as careless clients send it.
_BARE = re.compile(r"([^\s<>()\"\\@]+@[^\s<>()\"\\@]+)(?:\s+(.*))?\Z", re.ASCII)
# C0 controls, DEL, C1 controls, and the surrogates that stand for bytes that are no UTF-8.
_UNSPEAKABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def parse_path(text: str) -> tuple[str | None, str | None]:
    """A path and its parameters: address and rest; `<>` for the null path; (None, None) where it is malformed."""
    found = _PATH.match(text) or _BARE.match(text)
    if found is None or _UNSPEAKABLE.search(text):
        return None, None
    return found[1] or "<>", found[2] or ""
