"""Header fields as bytes: where they end, which lines are junk, and the parameters of MIME fields (RFC 2231)."""

from __future__ import annotations

import re
import urllib.parse

from intake import charset
from intake.words import decode_words

Field = tuple[bytes, bytes]
Parameters = dict[str, str]

#: header fields beyond this many bytes are not looked at
MAX_HEADER = 1_000_000
#: fields beyond this number are not looked at
MAX_FIELDS = 2_000
#: lines of junk among the fields beyond this number end them
MAX_JUNK = 20
#: parameters beyond this number are not looked at
MAX_PARAMETERS = 100

#: a field with its continuation lines
_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*+:([^\n]*+(?:\n[ \t]++[^\s][^\n]*+)*+)(?:\n|\Z)")
#: fields by which a line of junk is told from the beginning of the body
_KNOWN = re.compile(
    rb"\n(?:from|to|cc|subject|date|message-id|reply-to|mime-version|content-[a-z-]+|received|return-path|x-[a-z-]+)"
    rb"[ \t]*:",
    re.I,
)
#: what follows a line of blanks that is none between header and body
_GOES_ON = re.compile(rb"[ \t]+[^\s]|" + _KNOWN.pattern[2:], re.I)
_BLANK_LINES = re.compile(rb"(?:[ \t]*+\r?\n)*+")
_SEPARATOR = re.compile(rb">?From (?![ \t]*:).*\n?")
#: the value before its parameters; some programs leave out the semicolon behind it
_MAIN = re.compile(rb"\s*+([^\s;]*+(?:\s*/\s*[^\s;]++)?)[\s;]*+")
_BETWEEN = re.compile(rb"[;\s]*+")
_PARAMETER = re.compile(rb"""([^\s=;"]{1,200})\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)("|\\?\Z)|([^;]*+))""", re.S)
_CONTINUED = re.compile(r"(.+?)\*(\d{1,3})?(\*)?")


def header_block(data: bytes, start: int, end: int, defects: list[str], *, top: bool) -> tuple[list[Field], int]:
    """The fields (names in lower case, values folded as they came) that begin at `start`, and where the body begins."""
    position = _skip_preface(data, start, end) if top else start
    found: list[Field] = []
    limit = min(end, position + MAX_HEADER)
    junk = 0
    while position < limit:
        field = _FIELD.match(data, position, end)
        if field is not None and len(found) < MAX_FIELDS:
            found.append((field[1].lower(), field[2]))
            position = field.end()
            continue
        stop = data.find(b"\n", position, end) + 1 or end
        line = data[position:stop]
        if not line.strip():
            if line[:1] in b"\r\n" or not found or stop >= end or not _GOES_ON.match(data, stop):
                return found, stop
            # A line of blanks within a folded field is none of its end (RFC 5322, 4.2).
        elif line[0] in b" \t" and found:
            stop = _folded(data, position, end)
            found[-1] = (found[-1][0], found[-1][1] + data[position:stop])
        elif junk >= MAX_JUNK or not _is_junk(data, position, end):
            defects.append("the header ends without an empty line")
            return found, position
        else:
            junk += 1
            defects.append("a line among the header fields is none")
        position = stop
    return found, position


def _skip_preface(data: bytes, start: int, end: int) -> int:
    """Behind a byte order mark, empty lines, and the separator line of an mbox."""
    position = start + 3 if data.startswith(b"\xef\xbb\xbf", start) else start
    blank = _BLANK_LINES.match(data, position, end)
    position = blank.end() if blank else position
    separator = _SEPARATOR.match(data, position, end)
    return separator.end() if separator else position


def _folded(data: bytes, position: int, end: int) -> int:
    """Where the continuation lines that begin at `position` end: all at once, so that a long field costs no more."""
    while position < end and data[position] in b" \t":
        stop = data.find(b"\n", position, end) + 1 or end
        if not data[position:stop].strip():
            break
        position = stop
    return position


def _is_junk(data: bytes, position: int, end: int) -> bool:
    """Do known header fields follow before the next empty line? Then this line is junk among them."""
    stop = min(
        (at for at in (data.find(b"\n\n", position, end), data.find(b"\n\r\n", position, end)) if at >= 0), default=end
    )
    return _KNOWN.search(data, position, min(stop, position + 20_000)) is not None


def parameters(value: bytes) -> tuple[str, Parameters]:
    """The main value of a MIME field and its parameters, names in lower case, values decoded; linear in its length."""
    whole = _MAIN.match(value)
    main, rest = (whole[1], value[whole.end() :]) if whole else (b"", value)
    plain: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, bool, bytes]]] = {}
    for name, raw in _raw_parameters(rest):
        continued = _CONTINUED.fullmatch(name) if "*" in name else None
        if continued is None:
            plain.setdefault(name, decode_words(raw))
        else:
            piece = (int(continued[2] or 0), bool(continued[3]) or continued[2] is None, raw)
            pieces.setdefault(continued[1], []).append(piece)
    # RFC 5987, 4.2 and RFC 2231: the extended form is meant where both are given.
    plain.update({name: _joined(found) for name, found in pieces.items()})
    return main.decode("ascii", "replace").strip(), plain


def _raw_parameters(rest: bytes) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    position = 0
    while len(found) < MAX_PARAMETERS:
        position = _behind(_BETWEEN, rest, position)
        if position >= len(rest):
            break
        match = _PARAMETER.match(rest, position)
        if match is None:
            position = rest.find(b";", position) + 1 or len(rest)
            continue
        quoted = match[2] is not None
        raw = re.sub(rb'\\(["\\])', rb"\1", match[2]) if quoted else match[4].strip()
        found.append((match[1].decode("ascii", "replace").lower(), raw))
        position = match.end()
    return found


def _behind(pattern: re.Pattern[bytes], value: bytes, position: int) -> int:
    match = pattern.match(value, position)
    return match.end() if match else position


def _joined(pieces: list[tuple[int, bool, bytes]]) -> str:
    """The value that continuations make up, percent-decoded where they say so (RFC 2231, 4.1)."""
    label, joined, extended = "", b"", False
    for place, (_, encoded, raw) in enumerate(sorted(pieces, key=lambda piece: piece[0])):
        if encoded:
            if place == 0 and raw.count(b"'") >= 2:
                language, _, raw = raw.split(b"'", 2)
                label = language.decode("ascii", "replace")
            raw, extended = urllib.parse.unquote_to_bytes(raw), True
        joined += raw
    return charset.single_line(charset.decode(joined, label)) if extended else decode_words(joined)
