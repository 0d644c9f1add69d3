"""What a PDF says: the fields that can be filled in, and its text with the columns that it is set in."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator

from pypdf import PageObject, PdfReader

from intake.untrusted.found import Found, Refused, Row

#: pages that are read
MAX_PAGES = 20

_GAP = re.compile(r"(?:(?! {3}).)+")

logging.getLogger("pypdf").setLevel(logging.CRITICAL)


def read(content: bytes, found: Found) -> None:
    """Adds what a PDF says; raises Refused where it is locked."""
    reader = PdfReader(io.BytesIO(content), strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise Refused("an attached document is locked with a password and was not opened")
    for name, field in (reader.get_fields() or {}).items():
        found.controls.append((name, str(field.get("/TU") or ""), _value(field.get("/V"))))
    count = len(reader.pages)
    if count > MAX_PAGES:
        found.defects.append(f"of an attached document only the first {MAX_PAGES} pages were read")
    for page in reader.pages[: min(count, MAX_PAGES)]:
        rows = _rows(page.extract_text(extraction_mode="layout"))
        found.rows += rows
        if not any(rows):
            found.pictures += _scan(page)


def _scan(page: PageObject) -> Iterator[bytes]:
    """The largest picture of a page that has no text."""
    largest = max((image.data for image in page.images), key=len, default=b"")
    if largest:
        yield largest


def _value(value: object) -> str:
    """What stands in a field; a box that was not ticked and a picture say nothing."""
    text = value if isinstance(value, str) else ""
    return "" if text in ("/Off", "Off") else text.lstrip("/").replace("\r\n", "\n").replace("\r", "\n")


def _rows(text: str) -> list[Row]:
    """Lines in cells: three blanks stand between columns."""
    return [
        [(cell[0].strip(), cell.start()) for cell in _GAP.finditer(line) if cell[0].strip()]
        for line in text.splitlines()
    ]
