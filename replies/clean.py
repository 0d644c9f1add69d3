"""Values that strangers wrote, made harmless: no controls, no lone surrogates, nothing that turns text around."""

from __future__ import annotations

import re

#: marks with which letter files and values are told apart (see `blocks`); private use, so no text needs them
VALUE, LINK, END = "\ue000", "\ue001", "\ue002"
#: around what is filled in later (see `slots`); a value is never searched for them
OPEN, CLOSE = "\ue003", "\ue004"

#: what ends a line, for Python and for mail programs
_LINE_ENDS = re.compile("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
#: controls, directional overrides and isolates, zero-width joints that split words unseen, surrogates, our marks
_HARMFUL = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x9f\u200b\u2060\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ue000-\ue002]"
)
_BLANKS = re.compile(r"\s+")


def lines(value: str) -> list[str]:
    """The lines of a text, each without anything harmful; tabs become blanks."""
    return [line if line.isprintable() else _cleaned(line) for line in _LINE_ENDS.split(value)]


def single_line(value: str) -> str:
    """A text as one line, without anything harmful, blanks run together."""
    # Nothing that is printable is harmful: this is most values, and cheap to know.
    if value.isprintable() and "  " not in value:
        return value.strip()
    return _BLANKS.sub(" ", " ".join(lines(value))).strip()


def _cleaned(line: str) -> str:
    return _HARMFUL.sub("", line).replace("\t", "    ").rstrip()
