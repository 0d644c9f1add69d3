"""What a scanned page or a photo of one says: read by tesseract, where it is installed."""

from __future__ import annotations

import csv
import io
import itertools
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from intake.forms.grid import fields_of
from intake.untrusted.found import Found, Refused, Row

#: pages of one file that are read
MAX_PAGES = 3
#: larger pictures are made smaller, smaller ones are no page; the longer side in pixels
LONGEST, SHORTEST = 3_500, 700
#: pixels that a picture may have
MAX_PIXELS = 60_000_000
#: words that tesseract is less sure of, in percent, are none
SURE = 40

NOT_INSTALLED = "a scanned document was not read: the program tesseract is not installed"
SMALL = "an attached picture is too small to be read"


class _Word(NamedTuple):
    """A word and where it stands, in pixels."""

    text: str
    left: int
    top: int
    width: int
    height: int

    @property
    def middle(self) -> float:
        return self.top + self.height / 2


def read(pictures: Sequence[bytes], found: Found, languages: Sequence[str]) -> None:
    """Adds what is written on pages, in the first of the `languages` (as tesseract names them) that makes a form of it.

    Raises Refused where tesseract is not there.
    """
    wanted = list(_installed(languages))
    pages = [_page(one) for one in pictures[:MAX_PAGES]]
    if len(pictures) > MAX_PAGES:
        found.defects.append(f"of a scanned document only the first {MAX_PAGES} pages were read")
    first: list[Row] = []
    for language in wanted:
        rows = [row for page in pages for row in _rows(_words(page, language))]
        first = first or rows
        if fields_of(rows):
            first = rows
            break
    found.rows += first


def _page(picture: bytes) -> bytes:
    """A picture in grey, upright, of a size that tesseract reads well."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    with Image.open(io.BytesIO(picture)) as held:
        if held.width * held.height > MAX_PIXELS:
            raise Refused("an attached picture has too many pixels to be read")
        if max(held.size) < SHORTEST:
            raise Refused(SMALL)
        held.draft("L", (LONGEST, LONGEST))
        page = ImageOps.exif_transpose(held).convert("L")
    page.thumbnail((LONGEST, LONGEST))
    out = io.BytesIO()
    page.save(out, "PNG", compress_level=1)
    return out.getvalue()


def _installed(languages: Sequence[str]) -> Iterator[str]:
    """The languages that tesseract has data for; English where it has none of them."""
    there = set(_tesseract(b"", "--list-langs").split("\n"))
    kept = ["+".join(one for one in wanted.split("+") if one in there) for wanted in languages]
    yield from dict.fromkeys(filter(None, kept)) or ["eng"]


def _tesseract(page: bytes, *order: str) -> str:
    """What tesseract says; it works within our own limits."""
    program = shutil.which("tesseract")
    if program is None:
        raise Refused(NOT_INSTALLED)
    done = subprocess.run([program, *order], input=page, capture_output=True, check=False)  # noqa: S603 - no shell
    return done.stdout.decode("utf-8", "replace")


def _words(page: bytes, language: str) -> list[_Word]:
    said = _tesseract(page, "-", "-", "-l", language, "--psm", "4", "tsv")
    table = csv.DictReader(io.StringIO(said), delimiter="\t", quoting=csv.QUOTE_NONE)
    return [
        _Word(row["text"], *(int(row[name]) for name in ("left", "top", "width", "height")))
        for row in table
        if row.get("text", "").strip(" |_—-") and float(row["conf"]) >= SURE
    ]


def _rows(words: Sequence[_Word]) -> Iterator[Row]:
    """Words in lines from top to bottom, each line in cells where a gap is wider than two letters are high."""
    letter = max(sorted(word.height for word in words)[len(words) // 2], 8) if words else 8
    lines: list[list[_Word]] = []
    for word in sorted(words, key=lambda word: word.middle):
        if lines and abs(lines[-1][-1].middle - word.middle) < 0.6 * max(lines[-1][-1].height, word.height):
            lines[-1].append(word)
        else:
            lines.append([word])
    for line in lines:
        yield _cells(sorted(line, key=lambda word: word.left), letter)


def _cells(line: list[_Word], letter: int) -> Row:
    cells: list[list[_Word]] = [[line[0]]]
    for before, word in itertools.pairwise(line):
        if word.left - before.left - before.width > 2 * letter:
            cells.append([])
        cells[-1].append(word)
    # A letter is about half as wide as it is high.
    return [(" ".join(word.text for word in cell), round(2 * cell[0].left / letter)) for cell in cells]
