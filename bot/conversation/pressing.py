"""What a button sends back, made and read: at most 64 bytes, and as hostile as everything from outside."""

from __future__ import annotations

from dataclasses import dataclass

#: unit, wish, spoken, summary, change, parts: of a conversation; matter: of a case; language
KINDS = ("unit", "wish", "summary", "change", "spoken", "parts", "matter", "language")
#: an answer that says nothing
UNKNOWN = "-"


@dataclass(frozen=True, kw_only=True)
class Press:
    """A button that was pressed."""

    kind: str
    #: what was chosen
    choice: str
    #: the conversation (its first message's number in the spool) or the case that the button belongs to
    of: str = ""
    #: for a case: its stage when the button was made, or the message that is another matter
    detail: str = ""


def data(kind: str, choice: str, of: str = "", detail: str = "") -> str:
    """What the button sends back."""
    return ":".join((kind, choice, of, detail)).rstrip(":")


def read(text: str) -> Press | None:
    """The press; None for what no button of ours sends."""
    parts = [*text.split(":"), "", ""][:4]
    if len(text) > 64 or text.count(":") > 3 or len(parts) < 4 or parts[0] not in KINDS:
        return None
    kind, choice, of, detail = parts
    return Press(kind=kind, choice=choice, of=of, detail=detail)
