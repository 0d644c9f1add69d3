"""A lenient view of somebody else's JSON: asking for what is not there gives nothing, and never raises."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

#: chat and message ids fit into 52 bits, update ids into 31; anything longer is no id of Telegram's
_LARGEST = 2**63
#: single-line values (names, file names, language codes) are cut here
_LONGEST_LINE = 200
#: control characters, line and paragraph separators, and the marks that turn the direction of writing round
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Node:
    """One value inside a JSON document."""

    value: object = None

    def at(self, *path: str) -> Node:
        """The value below these keys; an empty node where one of them is missing."""
        value = self.value
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return Node(value)

    def __bool__(self) -> bool:
        return self.value is not None

    def __iter__(self) -> Iterator[Node]:
        return (Node(value) for value in (self.value if isinstance(self.value, list) else ()))

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of an object's members, in order."""
        return tuple(self.value) if isinstance(self.value, dict) else ()

    @property
    def text(self) -> str:
        """A string without lone surrogates and NUL; empty where it is no string."""
        return clean(self.value) if isinstance(self.value, str) else ""

    @property
    def line(self) -> str:
        """A string on one line, without control characters, at most 200 characters."""
        return " ".join(_UNSEEN.sub(" ", self.text).split())[:_LONGEST_LINE].rstrip()

    @property
    def number(self) -> int | None:
        """A whole number below 2**63; None where it is none."""
        if isinstance(self.value, int) and not isinstance(self.value, bool) and abs(self.value) < _LARGEST:
            return self.value
        return None

    @property
    def decimal(self) -> float | None:
        """A number, whole or not; None where it is none or not finite."""
        if isinstance(self.value, float):
            return self.value if abs(self.value) < _LARGEST else None
        return self.number


def clean(text: str) -> str:
    """The text with surrogate pairs joined, lone ones replaced, NUL left out and line ends as LF."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")


def parse(content: bytes) -> Node | None:
    """The document in these bytes; None where they are no JSON that can be read."""
    try:
        return Node(json.loads(content))
    # ValueError covers bad UTF-8, bad JSON and numbers too long to convert; RecursionError is a nesting bomb.
    except (ValueError, RecursionError):
        return None
