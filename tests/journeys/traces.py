"""Looking for somebody in every byte of a folder, however it may be written there."""

from __future__ import annotations

import base64
import io
import quopri
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote


def forms(words: str) -> Iterator[bytes]:
    """A text as programs write it: in several charsets and cases, in base64 at each offset, quoted and escaped."""
    for cased in {words, words.lower(), words.upper()}:
        for charset in ("utf-8", "latin-1", "utf-16-le", "utf-16-be"):
            plain = cased.encode(charset)
            yield plain
            for offset in range(3):
                # The characters at both ends depend on the neighbours.
                yield base64.b64encode(b"x" * offset + plain)[2 * (offset > 0) + 2 * (offset > 1) : -4].lstrip(b"=")
        yield quopri.encodestring(cased.encode()).strip()
        yield quopri.encodestring(cased.encode(), quotetabs=True, header=True).strip()
        yield quote(cased).encode()
        yield quote(cased, safe="").encode()
        yield cased.encode("unicode_escape")
        yield cased.encode("idna") if cased.isascii() and "@" not in cased and " " not in cased else cased.encode()
        yield cased.encode().hex().encode()


def found(folder: Path, *secrets: str) -> list[tuple[str, str]]:
    """Every file of the folder in which one of these texts stands in some form, with the text."""
    wanted = {secret: set(forms(secret)) for secret in secrets}
    hits: list[tuple[str, str]] = []
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        data = file.read_bytes()
        hits += [(file.name, secret) for secret, ways in wanted.items() if any(way in data for way in ways)]
    return hits


def jpeg(*words: str) -> bytes:
    """A picture with these words in its Exif, XMP, comment and behind its end; enough of one to be cleansed."""
    said = " ".join(words).encode()
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0" + said
    segments = [(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"), (0xE1, exif)]
    segments += [(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + said), (0xED, b"Photoshop 3.0\0" + said), (0xFE, said)]
    segments += [(0xDB, bytes(65)), (0xC0, b"\x08\0\x01\0\x01\x01\x01\x11\0"), (0xDA, b"\x01\x01\0\0\x3f\0")]
    head = b"".join(b"\xff" + bytes([kind]) + struct.pack(">H", len(body) + 2) + body for kind, body in segments)
    return b"\xff\xd8" + head + b"\x12\xff\x00\x34\xff\xd0\x56" + b"\xff\xd9" + b"trailer " + said


def png(*words: str) -> bytes:
    """A picture with these words in its text chunks."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    said = " ".join(words).encode()
    shown = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)), chunk(b"IDAT", zlib.compress(b"\0\0"))
    about = chunk(b"tEXt", b"Author\0" + said), chunk(b"eXIf", said)
    return b"\x89PNG\r\n\x1a\n" + shown[0] + b"".join(about) + shown[1] + chunk(b"IEND", b"")


def docx(text: str, author: str) -> bytes:
    """A document of Word's with an author, a comment by them and a picture taken by them."""
    core = f"<cp:coreProperties><dc:creator>{author}</dc:creator><cp:lastModifiedBy>{author}</cp:lastModifiedBy>"
    body = f'<w:document><w:ins w:author="{author}" w:initials="HH"><w:t>{text}</w:t></w:ins></w:document>'
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": "<Types/>",
        "docProps/core.xml": f"{core}</cp:coreProperties>",
        "docProps/app.xml": f"<Properties><Company>{author}</Company></Properties>",
        "word/document.xml": body,
        "word/comments.xml": f'<w:comments><w:comment w:id="0" w:author="{author}"/></w:comments>',
        "word/media/image1.jpeg": jpeg(author),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
        made.comment = author.encode()
    return out.getvalue()


def unpacked(document: bytes) -> bytes:
    """Every file of a zip, one behind the other, with what stands around them."""
    with zipfile.ZipFile(io.BytesIO(document)) as held:
        return b"\n".join(held.read(name) for name in held.namelist()) + held.comment + document


def pdf(author: str) -> bytes:
    """A PDF of one empty page with an author in Info and XMP."""
    from pypdf import PdfWriter
    from pypdf.generic import DecodedStreamObject, NameObject

    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.add_metadata({"/Author": author, "/Creator": author})
    xmp = DecodedStreamObject()
    xmp.set_data(f"<x:xmpmeta><dc:creator>{author}</dc:creator></x:xmpmeta>".encode())
    writer.root_object[NameObject("/Metadata")] = writer._add_object(xmp)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
