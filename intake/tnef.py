"""What Outlook wraps in a `winmail.dat` (MS-OXTNEF): its files and its text."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from intake.html import to_text
from intake.parts import Part

_TYPES = ("application/ms-tnef", "application/vnd.ms-tnef")

# tnefparse tells of oddities in a stranger's file; the defects of the Submission do that here.
logging.getLogger("tnef-decode").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """The contents of a TNEF stream."""

    #: name as it came, content
    files: tuple[tuple[str, bytes], ...]
    #: readable text; empty where it has only RTF or none
    text: str


def is_tnef(part: Part) -> bool:
    """Whether a part says that it is a TNEF stream."""
    return part.type in _TYPES or part.name.lower() == "winmail.dat"


def unwrapped(data: bytes) -> Unwrapped | None:
    """What a TNEF stream holds; None where it is none or is broken."""
    # Imported here: hardly any mail has one.
    from tnefparse import TNEF

    try:
        opened = TNEF(data, do_checksum=False)
        files = tuple(
            (str(file.long_filename() or file.name or ""), bytes(file.data or b"")) for file in opened.attachments
        )
        body, html = opened.body, opened.htmlbody
    # tnefparse reads by trial: a stranger's bytes make it raise anything (struct.error, UnboundLocalError ...).
    except Exception:  # noqa: BLE001 -- the file is kept as it came, and the Submission says so
        return None
    text = body.decode("cp1252", "replace") if isinstance(body, bytes) else str(body or "")
    return Unwrapped(files, text.strip() or to_text(str(html or "")))
