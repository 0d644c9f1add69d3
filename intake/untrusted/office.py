"""What a Word or LibreOffice document says: rows of cells, and the fields that can be filled in."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from intake.untrusted.found import Found, Refused, Row

#: what a file in the document may unpack to, in bytes
MAX_UNPACKED = 30_000_000
#: elements within elements
MAX_DEPTH = 400
#: a table's cells are this far apart, as columns of text are
COLUMN = 1_000

_DOCX, _ODT = "word/document.xml", "content.xml"
_EXTERNAL = re.compile(rb"<[^<>]*\bTargetMode\s*=\s*[\"']External[\"'][^<>]*>")
_LINK = re.compile(rb"/relationships/hyperlink[\"']")
_LINES = re.compile(r"\s*\n\s*")


def read(content: bytes, found: Found) -> None:
    """Adds what a docx or odt says; raises Refused for anything that is more than a document."""
    try:
        package = zipfile.ZipFile(io.BytesIO(content))
    except zipfile.BadZipFile:
        raise Refused("an attached document is damaged and could not be read") from None
    names = package.namelist()
    if any(name.endswith(("vbaProject.bin", "vbaData.xml")) or name.startswith("Basic/") for name in names):
        raise Refused("an attached document holds macros and was not opened")
    if _DOCX in names:
        _docx(_tree(_unpacked(package, _DOCX)), found)
        if _points_outside(package):
            found.defects.append("an attached document refers to files elsewhere; they were not fetched")
    elif _ODT in names:
        if b"encryption-data" in _unpacked(package, "META-INF/manifest.xml"):
            raise Refused("an attached document is locked with a password and was not opened")
        _odt(_tree(_unpacked(package, _ODT)), found)
    else:
        raise Refused("an attached document is of a kind that is not read")


def _unpacked(package: zipfile.ZipFile, name: str) -> bytes:
    """A file of the document; what it says of its own size is not believed."""
    with package.open(name) as packed:
        data = packed.read(MAX_UNPACKED + 1)
    if len(data) > MAX_UNPACKED:
        raise Refused("an attached document unpacks to more than any letter and was not opened")
    return data


def _points_outside(package: zipfile.ZipFile) -> bool:
    """Templates, pictures and objects that a word processor would fetch; links that somebody may click are none."""
    names = [name for name in package.namelist() if name.startswith("word/_rels/") and name.endswith(".rels")][:50]
    return any(
        not _LINK.search(relation)
        for name in names
        for relation in _EXTERNAL.findall(_unpacked(package, name)[:1_000_000])
    )


def _tree(data: bytes) -> Element:
    """XML without a document type: neither format has one, and entities only come in by it (XML 1.0, 4.2)."""
    builder = TreeBuilder()
    parser = expat.ParserCreate(namespace_separator="}")
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise Refused("an attached document is nested too deep and was not opened")
        builder.start(_local(name), {_local(key): value for key, value in attributes.items()})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_local(name))

    def refuse(*_: object) -> None:
        raise Refused("an attached document defines entities and was not opened")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(data, True)
    return builder.close()


def _local(name: str) -> str:
    return name.rpartition("}")[2]


# --- Word (ECMA-376, part 1, 17) ---


def _docx(root: Element, found: Found) -> None:
    for control in root.iter("sdt"):
        _control(control, found)
    body = root.find("body")
    _blocks(root if body is None else body, found.rows)


def _control(control: Element, found: Found) -> None:
    """A content control: its tag, its title, and what stands in it unless that is only a hint."""
    facts, content = control.find("sdtPr"), control.find("sdtContent")
    if facts is None or content is None:
        return
    names = [one.get("val", "") if one is not None else "" for one in (facts.find("tag"), facts.find("alias"))]
    if any(names):
        found.controls.append((names[0], names[1], _filled(control)))


def _filled(control: Element) -> str:
    """What was filled in; nothing where the control still shows its hint, or holds further controls."""
    facts, content = control.find("sdtPr"), control.find("sdtContent")
    hint = facts.find("showingPlcHdr") if facts is not None else None
    if content is None or (hint is not None and hint.get("val", "1") not in ("0", "false")):
        return ""
    return "\n".join(_word_lines(content)).strip()


def _blocks(element: Element, rows: list[Row]) -> None:
    """Paragraphs and tables in their order, whatever they are wrapped in."""
    for child in element:
        if child.tag == "p":
            rows += _tabbed("".join(_words(child)))
        elif child.tag == "tbl":
            for row in child.iter("tr"):
                cells = [_LINES.sub("\n", "\n".join(_word_lines(cell))).strip() for cell in row.iter("tc")]
                rows.append([(text, number * COLUMN) for number, text in enumerate(cells)])
        elif child.tag not in ("sectPr", "sdtPr", "Fallback"):
            _blocks(child, rows)


def _word_lines(element: Element) -> Iterator[str]:
    for child in element:
        if child.tag == "p":
            yield "".join(_words(child))
        elif child.tag in ("r", "t"):
            # A control within a line holds no paragraph.
            yield "".join(_words(element))
            return
        elif child.tag == "sdt":
            yield _filled(child)
        elif child.tag not in ("sdtPr", "tcPr", "Fallback"):
            yield from _word_lines(child)


def _words(element: Element) -> Iterator[str]:
    """What a paragraph says; `mc:Fallback` says once more what stands beside it."""
    for child in element:
        if child.tag == "t":
            yield child.text or ""
        elif child.tag in ("tab", "br", "cr"):
            yield "\t" if child.tag == "tab" else "\n"
        elif child.tag == "sdt":
            yield _filled(child)
        elif child.tag == "p":
            yield "\n" + "".join(_words(child)) + "\n"
        elif child.tag not in ("pPr", "rPr", "Fallback", "del"):
            yield from _words(child)


# --- OpenDocument (ISO/IEC 26300-1) ---


def _odt(root: Element, found: Found) -> None:
    for control in root.iter("text"):
        if "current-value" in control.attrib:
            found.controls.append((control.get("name", ""), control.get("title", ""), control.get("current-value", "")))
    body = next(root.iter("body"), root)
    _odt_blocks(body, found.rows)


def _odt_blocks(element: Element, rows: list[Row]) -> None:
    for child in element:
        if child.tag in ("p", "h"):
            rows += _tabbed(_said(child))
        elif child.tag == "table":
            for row in child.iter("table-row"):
                texts = [[_said(line) for line in cell.iter("p")] for cell in row if cell.tag == "table-cell"]
                cells = [_LINES.sub("\n", "\n".join(lines)).strip() for lines in texts]
                rows.append([(text, number * COLUMN) for number, text in enumerate(cells)])
        elif child.tag not in ("tracked-changes", "forms"):
            _odt_blocks(child, rows)


def _said(element: Element) -> str:
    """What a paragraph says; a placeholder says nothing."""
    if element.tag in ("placeholder", "annotation", "note") or element.get("showing-place-holder") == "true":
        return element.tail or ""
    marks = {"tab": "\t", "line-break": "\n", "s": " " * min(int(element.get("c", "1") or 1), 80)}
    inner = marks.get(element.tag) or (element.text or "") + "".join(_said(child) for child in element)
    tail = "" if element.tag in ("p", "h") else element.tail or ""
    return inner + tail


def _tabbed(text: str) -> list[Row]:
    """The lines of a paragraph, each in the cells that tabs make."""
    lines = text.split("\n")
    return [[(cell.strip(), number * COLUMN) for number, cell in enumerate(line.split("\t"))] for line in lines]
