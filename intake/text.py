"""What this sender newly wrote: a message's text without quotes and signature, never losing an answer below them."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Written:
    """What a sender newly wrote."""

    reply: str
    signature: str = ""


def written(text: str, html: str = "") -> Written:
    """The newly written part of a message."""
    return Written(trim(text, html))


_HEADER = re.compile(
    r"^(?:Den|On|Am|Le|Na|På) .{5,200}(?:skrev|wrote|schrieb|написа)[^\n]*:\s*$|^На .{5,200} написа:\s*$", re.M
)


def trim(text: str, html: str = "") -> str:
    """The newly written part of `text`; the whole text where nothing else would be left."""
    lines = [line for line in _HEADER.sub("", text).splitlines() if not line.startswith(">")]
    kept = "\n".join(lines).split("\n-- \n")[0].strip()
    return kept or text.strip()
