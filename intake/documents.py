"""Documents without what the office program wrote into them: author, company, printer, who changed what.

`intake.untrusted` calls what is here, behind its wall.
"""

from __future__ import annotations

import io
import logging
import re
import zipfile
import zlib
from typing import Any

from intake import pictures

#: what is unpacked of one document at most, in bytes, and how many files of it are looked at
MAX_UNPACKED = 100_000_000
MAX_ENTRIES = 5_000
#: larger PDFs are kept as they are
MAX_PDF = 25_000_000

_CORE = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><cp:coreProperties xmlns:cp='
    b'"http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>'
)
_APP = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Properties xmlns='
    b'"http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"/>'
)
_CUSTOM = _APP.replace(b"extended-properties", b"custom-properties")
_ODF_META = (
    b'<?xml version="1.0" encoding="UTF-8"?><office:document-meta xmlns:office='
    b'"urn:oasis:names:tc:opendocument:xmlns:office:1.0" office:version="1.2"><office:meta/></office:document-meta>'
)
#: files of a document that are nothing but properties
_PROPERTIES = {
    "docProps/core.xml": _CORE,
    "docProps/app.xml": _APP,
    "docProps/custom.xml": _CUSTOM,
    "meta.xml": _ODF_META,
}
#: attributes and elements in which office programs name people, machines and folders
_ATTRIBUTES = re.compile(
    rb"(\s(?:\w+:)?(?:author|initials|userId|lastModifiedBy|userName|providerId)\s*=\s*)(?:\"[^\"]*\"|'[^']*')"
)
_PERSONS = re.compile(rb"(\s(?:displayName|name)\s*=\s*)(?:\"[^\"]*\"|'[^']*')")
_ELEMENTS = re.compile(
    rb"(<((?:author|dc:creator|meta:creator-initials|loext:sender-initials))(?:\s[^>]*)?>)[^<]*(</\2>)"
)
_PRINTER = re.compile(rb'(config:name="Printer(?:Name|Setup)"[^>]*>)[^<]*(<)')
_FOLDER = re.compile(rb"<(?:\w+:)?absPath\s[^>]*/>")
_PERSON_FILES = ("persons/", "commentAuthors.xml", "authors.xml")
_FAULTS = (zipfile.BadZipFile, zlib.error, ValueError, KeyError, OSError, NotImplementedError, RuntimeError, EOFError)

# pypdf tells of oddities in a stranger's file; that it cannot be cleansed is told by the result.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)


def office(data: bytes) -> bytes | None:
    """A docx, xlsx, pptx, odt, ods or odp without its properties; None where it cannot be read as one."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as source:
            return _rewritten(source)
    except _FAULTS:
        return None


def pdf(data: bytes) -> bytes | None:
    """A PDF without Info, XMP and the names of who commented; None where it is locked, too large or cannot be read."""
    if len(data) > MAX_PDF:
        return None
    try:
        return _pdf(data)
    # pypdf meets a stranger's bytes with many kinds of error; whichever it is, the file is kept and noted.
    except Exception:  # noqa: BLE001
        return None


def _rewritten(source: zipfile.ZipFile) -> bytes | None:
    entries = source.infolist()
    names = {entry.filename for entry in entries}
    if not names & {"[Content_Types].xml", "mimetype"} or len(entries) > MAX_ENTRIES:
        return None
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        return None
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for entry in entries:
            # A new ZipInfo has the year 1980, no comment, no extra fields: nothing of the machine that packed it.
            fresh = zipfile.ZipInfo(entry.filename)
            fresh.compress_type = entry.compress_type
            target.writestr(fresh, _part(entry.filename, source.read(entry)))
    return out.getvalue()


def _part(name: str, data: bytes) -> bytes:
    if name in _PROPERTIES:
        return _PROPERTIES[name]
    if pictures.is_picture(data):
        return pictures.without_metadata(data) or data
    if not name.endswith((".xml", ".rels")):
        return data
    data = _ATTRIBUTES.sub(rb'\1""', data)
    if any(one in name for one in _PERSON_FILES):
        data = _PERSONS.sub(rb'\1""', data)
    data = _FOLDER.sub(b"", _ELEMENTS.sub(rb"\1\3", data))
    return _PRINTER.sub(rb"\1\2", data)


def _pdf(data: bytes) -> bytes | None:
    from pypdf import PdfReader, PdfWriter

    reader = PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted:
        return None
    writer = PdfWriter(clone_from=reader)
    for held in writer._objects:
        _strip(held)
    # Copied once more from the root: what nothing leads to any more is left behind.
    return _written(PdfWriter(clone_from=PdfReader(io.BytesIO(_written(writer)), strict=False)))


def _written(writer: Any) -> bytes:
    out = io.BytesIO()
    writer.metadata = None
    writer.write(out)
    return out.getvalue()


def _strip(held: Any) -> None:
    """Takes out of one object of a PDF what names people, times and programs (ISO 32000-1, 14.3 and 12.5.6.2)."""
    if not isinstance(held, dict):
        return
    for key in ("/Metadata", "/PieceInfo", "/LastModified"):
        held.pop(key, None)
    if held.get("/Type") == "/Annot" or "/Subj" in held:
        for key in ("/T", "/NM", "/M", "/CreationDate", "/Subj"):
            # `/T` of a form field is its name, without which it cannot be filled in.
            if key != "/T" or "/FT" not in held:
                held.pop(key, None)
    picture = getattr(held, "_data", None)
    if held.get("/Filter") == "/DCTDecode" and isinstance(picture, bytes):
        held._data = pictures.without_metadata(picture) or picture  # type: ignore[attr-defined]  # a StreamObject


#: the worker's task that cleanses each media type; those that hold nothing but what the sender wrote need none
TASKS: dict[str, str] = {
    "application/pdf": "strip_pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "strip_office",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "strip_office",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "strip_office",
    "application/vnd.oasis.opendocument.text": "strip_office",
    "application/vnd.oasis.opendocument.spreadsheet": "strip_office",
    "application/vnd.oasis.opendocument.presentation": "strip_office",
}
