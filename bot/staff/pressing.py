"""What a button of staff sends back, made and read; it begins so that no button of a parent's is taken for one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

MARK = "s:"
VERBS = ("take", "show", "pass", "to", "about", "mine", "write", "longer", "send", "stop", "parent")


@dataclass(frozen=True, kw_only=True)
class Press:
    """A button that was pressed."""

    verb: str
    #: the case; for `parent` the number of the message that was written
    of: str = ""
    #: the role to pass on to, or the text that was shown, each as `short` has it
    detail: str = ""


def data(verb: str, of: str = "", detail: str = "") -> str:
    """What the button sends back: at most 64 bytes."""
    return f"{MARK}{verb}:{of}:{detail}".rstrip(":")


def read(text: str) -> Press | None:
    """The press; None for what no button of ours sends."""
    if not text.startswith(MARK) or len(text) > 64 or text.count(":") > 3:
        return None
    verb, of, detail = [*text.removeprefix(MARK).split(":"), "", ""][:3]
    return Press(verb=verb, of=of, detail=detail) if verb in VERBS else None


def short(text: str) -> str:
    """Ten signs that stand for a text of any length."""
    return hashlib.sha256(text.encode()).hexdigest()[:10]
