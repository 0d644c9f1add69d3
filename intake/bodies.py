"""Which text does a mail say? Its text and HTML parts, decoded and chosen among; the others are files."""

from __future__ import annotations

import binascii
import quopri
import re
from dataclasses import dataclass, field

from intake import charset
from intake.html import to_text
from intake.parts import Part
from intake.words import base64_forgiving, base64_groups

_META = re.compile(rb"<meta[^>]{0,200}?charset=[\"'\s]*([-\w]{3,40})", re.I)
_ENRICHED = re.compile(r"<(/?)(<|[A-Za-z0-9-]{1,60}>)")
_STUB = re.compile(
    r"html[- ]?(?:e-?mail|mail|capable|format|version|compatible|enabled|message|content|viewer)|"
    r"(?:support|view|display|read)[^.]{0,40}\bhtml\b|multi-?part message in mime|"
    r"view (?:this|it) in (?:your|a) browser",
    re.I,
)
_UU_BEGIN = re.compile(r"^begin(?:-base64)? ([0-7]{3,4}) (\S[^\n]*)\n", re.M)
_UU_LINE = re.compile(r"[ -`]{1,90}")
#: lines that are no base64, behind an empty one
_FOOTER = re.compile(rb"(?<=\n)\r?\n[^\n]*[^A-Za-z0-9+/=\s][\s\S]*")
#: a text of more lines is not unfolded
_MAX_FLOWED = 20_000
#: uuencoded files of one text beyond this number are left in it
_MAX_UU = 50


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of the message's text, in one or two forms."""

    plain: str | None = None
    html: str | None = None


@dataclass(slots=True)
class Content:
    """What a mail says and which parts of it are files, both in order."""

    blocks: list[Block] = field(default_factory=list)
    files: list[Part] = field(default_factory=list)


def content(part: Part, hint: str = "") -> Content:
    """The text blocks and the file parts of a tree of parts."""
    if not part.children:
        return _leaf(part, hint)
    below = [content(child, hint) for child in part.children]
    files = [file for each in below for file in each.files]
    if part.type == "multipart/alternative":
        return Content(_alternatives(below), files)
    return Content([block for each in below for block in each.blocks], files)


def text_and_html(blocks: list[Block]) -> tuple[str, str]:
    """The readable text of all blocks, and the HTML of those that have any."""
    texts = [text for block in blocks if (text := _readable(block))]
    return "\n\n".join(texts), "\n".join(block.html for block in blocks if block.html)


def _leaf(part: Part, hint: str) -> Content:
    if part.type not in ("text/plain", "text/html", "text/enriched", "text/richtext") or _is_a_file(part):
        return Content(files=[part] if part.end > part.start or part.type != "text/plain" else [])
    text = _decoded(part, hint)
    if part.type == "text/html":
        return Content([Block(html=text)])
    if part.type != "text/plain":
        text = _ENRICHED.sub(lambda match: "<" if match[2] == "<" else "", text)
    elif part.parameters.get("format", "").lower() == "flowed":
        text = _unflowed(text, part.parameters.get("delsp", "").lower() == "yes")
    return Content([Block(plain=text)])


def _is_a_file(part: Part) -> bool:
    if part.disposition == "attachment":
        return True
    return bool(part.name) and part.depth > 0


def _alternatives(below: list[Content]) -> list[Block]:
    """One message in several forms: its plain text beside its HTML."""
    plain, html = _form(below, "plain"), _form(below, "html")
    return [Block(plain=plain, html=html)] if plain is not None or html is not None else []


def _form(below: list[Content], kind: str) -> str | None:
    """All text of one form; what is said twice, once."""
    texts = [text for each in below for block in each.blocks if (text := getattr(block, kind)) is not None]
    return "\n".join({text.strip(): text for text in texts}.values()) if texts else None


def _readable(block: Block) -> str:
    """The plain form; the HTML's text behind it where the plain one only says that there is HTML."""
    plain = (block.plain or "").strip("\n")
    if block.html is None:
        return plain
    if plain.strip() and not (len(plain) < 600 and _STUB.search(plain)):
        return plain
    return "\n\n".join(text for text in (plain.strip(), to_text(block.html)) if text)


def _decoded(part: Part, hint: str) -> str:
    data = transfer_decoded(part)
    label = part.parameters.get("charset", "")
    if part.type == "text/html" and (not label or label.lower() == "us-ascii"):
        found = _META.search(data[:5_000])
        label = found[1].decode("ascii") if found else label
    return charset.readable(charset.decode(data, label, hint))


def transfer_decoded(part: Part) -> bytes:
    """A part's bytes without their Content-Transfer-Encoding; what is no such encoding stays as it is."""
    encoding = part.header(b"content-transfer-encoding").strip().strip(b"\"';").lower()
    body = part.body
    if encoding.startswith(b"base64"):
        return _base64_text(body) if part.type.startswith("text/") else _base64(body)
    if encoding.startswith((b"quoted-printable", b"quoted_printable", b"qp")):
        return quopri.decodestring(body)
    if encoding in (b"x-uuencode", b"uuencode", b"x-uue", b"uue"):
        found = uuencoded(body.decode("latin-1").replace("\r\n", "\n"))[1]
        return found[0][1] if found else body
    return body


def _base64(body: bytes) -> bytes:
    """Base64 with anything foreign in it, in joined groups, or cut short."""
    padding = body.find(b"=")
    if padding >= 0 and body[padding:].strip(b"=\r\n \t"):
        return base64_groups(body)
    try:
        return binascii.a2b_base64(body)
    except binascii.Error:
        return base64_forgiving(body[:padding] if padding >= 0 else body)


def _base64_text(body: bytes) -> bytes:
    """Base64 of a text, with the plain footer that a list has put behind it."""
    footer = _FOOTER.search(body)
    return _base64(body[: footer.start()]) + b"\n" + footer[0] if footer else _base64(body)


def _unflowed(text: str, joined: bool) -> str:
    """Soft line breaks of `format=flowed` (RFC 3676) are blanks within a paragraph."""
    if text.count("\n") > _MAX_FLOWED:
        return text
    lines: list[str] = []
    soft = False
    quote = ""
    for line in text.split("\n"):
        depth = line[: len(line) - len(line.lstrip(">"))]
        content = line[len(depth) :].removeprefix(" ")
        if soft and depth == quote and content != "-- ":
            lines[-1] = (lines[-1][:-1] if joined else lines[-1]) + content
        else:
            lines.append(f"{depth} {content}" if depth else content)
        quote, soft = depth, content.endswith(" ") and content != "-- "
    return "\n".join(lines)


def uuencoded(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text without the files that are uuencoded in it, and those files by name."""
    found: list[tuple[str, bytes]] = []
    kept, position = [], 0
    attempts = 0
    while (match := _UU_BEGIN.search(text, position)) and attempts < _MAX_UU:
        attempts += 1
        stop = text.find("\nend", match.end() - 1)
        data = _uudecoded(text[match.end() : stop]) if stop >= 0 else None
        if data is None:
            kept.append(text[position : match.end()])
            position = match.end()
            continue
        kept.append(text[position : match.start()])
        found.append((match[2].strip(), data))
        position = stop + len("\nend")
    kept.append(text[position:])
    return ("".join(kept) if found else text), found


def _uudecoded(lines: str) -> bytes | None:
    data = bytearray()
    for line in lines.split("\n"):
        if not line.strip() or line == "`":
            continue
        if not _UU_LINE.fullmatch(line):
            return None
        length = (ord(line[0]) - 32) & 63
        needed = (length + 2) // 3 * 4
        try:
            data += binascii.a2b_uu((line[: needed + 1].ljust(needed + 1)).encode("ascii"))
        except binascii.Error:
            return None
    return bytes(data)
