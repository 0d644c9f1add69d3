"""The bytes of a mail become a tree of parts: one pass over the boundary lines, whatever is nested wrongly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from intake.fields import Field, Parameters, header_block, parameters

#: multiparts within multiparts beyond this are kept as one file
MAX_DEPTH = 60
#: parts beyond this stay together in the last one
MAX_PARTS = 500

#: a boundary that nobody declared: a dash line followed by a MIME field
_GUESS = re.compile(rb"(?:\A|\n)--([^\r\n]{1,200}?)[ \t]*\r?\nContent-(?:Type|Transfer-Encoding|Disposition):", re.I)


_TYPE = re.compile(r"[\w.+-]{1,80}/[\w.+-]{1,80}")


@dataclass(slots=True)
class Part:
    """One entity of a mail: its header fields and where its body stands in the bytes."""

    data: bytes = field(repr=False)
    fields: list[Field]
    #: offsets of the body in `data`
    start: int
    end: int
    #: offset of its header fields
    begin: int = 0
    type: str = "text/plain"
    parameters: Parameters = field(default_factory=dict)
    #: attachment, inline, ... in lower case; empty where it is not said
    disposition: str = ""
    #: the file name as the sender gave it, decoded, not safe
    name: str = ""
    depth: int = 0
    children: list[Part] = field(default_factory=list)

    @property
    def body(self) -> bytes:
        """The body's bytes, still transfer-encoded."""
        return self.data[self.start : self.end]

    def header(self, name: bytes) -> bytes:
        """The raw value of the first field of that lower-case name, or nothing."""
        return next((value for key, value in self.fields if key == name), b"")

    def walk(self) -> Iterator[Part]:
        """This part and all below it, in the order of the mail."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(slots=True)
class _Open:
    """A multipart whose parts are being collected."""

    part: Part
    boundary: bytes
    child: Part | None = None
    #: its last boundary was seen
    ended: bool = False


@dataclass(slots=True)
class _Reader:
    """The state of the one pass."""

    data: bytes
    end: int
    defects: list[str]
    stack: list[_Open] = field(default_factory=list)
    #: the boundaries of the open multiparts
    names: set[bytes] = field(default_factory=set)
    count: int = 0

    def read(self, start: int) -> Part:
        root, position = self.enter(start, "text/plain")
        while self.stack and 0 <= position < self.end:
            position = self.next_line(position)
        self.close(0, self.end)
        return root

    def enter(self, start: int, default: str) -> tuple[Part, int]:
        """The entity that begins at `start`, and where its body begins; a multipart stays open."""
        fields, body = header_block(self.data, start, self.end, self.defects, top=not self.count)
        self.count += 1
        part = _made(self.data, fields, (body, self.end), default, len(self.stack))
        part.begin = start
        second = _run_on(fields) if part.type.startswith("multipart/") else None
        if second is not None:
            self.defects.append("a part begins without its boundary")
        boundary = self.boundary(part, body)
        if boundary:
            self.stack.append(_Open(part, boundary))
            self.names.add(boundary)
            if second is not None:
                self.adopt(part, second, body)
        return part, body

    def adopt(self, part: Part, second: int, body: int) -> None:
        """The fields after a second Content-Type are those of a first part that lost its boundary line."""
        child = _made(self.data, part.fields[second:], (body, self.end), "text/plain", len(self.stack))
        del part.fields[second:]
        part.children.append(child)
        self.stack[-1].child = child
        self.count += 1

    def boundary(self, part: Part, body: int) -> bytes:
        """The boundary of a multipart, guessed where the declared one is missing or never occurs; empty: a leaf."""
        if not part.type.startswith("multipart/"):
            return self.undeclared(part, body)
        if len(self.stack) >= MAX_DEPTH:
            self.defects.append("parts nested too deep were kept as a file")
            part.type = "application/octet-stream"
            return b""
        declared = part.parameters.get("boundary", "").encode("utf-8", "surrogateescape").rstrip()
        if declared and self.data.find(b"--" + declared, body, self.end) >= 0:
            return declared
        self.defects.append("the boundary of a multipart is missing")
        found = _GUESS.search(self.data, max(body - 1, 0), self.end)
        if found is None or found[1] in self.names:
            part.type = "text/plain"
            return b""
        return found[1]

    def undeclared(self, part: Part, body: int) -> bytes:
        """The boundary of a mail that is a multipart without saying so."""
        if self.count > 1 or part.header(b"content-type") or not self.data.startswith(b"--", body):
            return b""
        found = _GUESS.match(self.data, body)
        if found is None:
            return b""
        self.defects.append("a multipart without a Content-Type")
        part.type = "multipart/mixed"
        return found[1]

    def next_line(self, position: int) -> int:
        """Looks at the next line that begins with two dashes; where to go on, or -1 at the end."""
        if self.data.startswith(b"--", position) and (position == 0 or self.data[position - 1] == 10):
            at = position
        else:
            at = self.data.find(b"\n--", max(position - 1, 0), self.end) + 1
            if at == 0:
                return -1
        stop = self.data.find(b"\n", at, self.end)
        stop = self.end if stop < 0 else stop
        line = self.data[at + 2 : min(stop, at + 1000)].rstrip(b" \t\r")
        level, last = self.find(line)
        if level is None or (self.count >= MAX_PARTS and not last):
            return stop
        self.close(level + 1, at)
        if last:
            self.finish(level, at)
            return stop
        return self.begin(level, at, min(stop + 1, self.end))

    def find(self, line: bytes) -> tuple[int | None, bool]:
        """Which open multipart a dash line belongs to, the innermost first, and whether it is the last boundary."""
        if line in self.names:
            return self.level(line), False
        if line.endswith(b"--") and (name := line[:-2].rstrip()) in self.names:
            return self.level(name), True
        return None, False

    def level(self, boundary: bytes) -> int:
        return next(level for level in range(len(self.stack) - 1, -1, -1) if self.stack[level].boundary == boundary)

    def begin(self, level: int, at: int, start: int) -> int:
        """The next part of an open multipart begins."""
        opened = self.stack[level]
        _end(self.data, opened.child, at)
        default = "message/rfc822" if opened.part.type == "multipart/digest" else "text/plain"
        opened.child, position = self.enter(start, default)
        opened.part.children.append(opened.child)
        return position

    def finish(self, level: int, at: int) -> None:
        """The last boundary of a multipart; parts that come after it all the same are taken in too."""
        opened = self.stack[level]
        _end(self.data, opened.child, at)
        opened.child, opened.ended = None, True
        if any(other.boundary == opened.boundary for other in self.stack[:level]):
            opened.part.end = at
            self.forget(level)

    def close(self, level: int, at: int) -> None:
        """Ends every open multipart from `level` inwards."""
        for opened in self.stack[level:]:
            if not opened.ended:
                self.defects.append("a multipart has no last boundary")
            _end(self.data, opened.child, at)
            opened.part.end = min(opened.part.end, at)
        self.forget(level)

    def forget(self, level: int) -> None:
        if level < len(self.stack):
            del self.stack[level:]
            self.names = {opened.boundary for opened in self.stack}


def parse(data: bytes, defects: list[str]) -> Part:
    """The tree of parts of a mail; what was wrong is added to `defects`."""
    return _Reader(data, len(data), defects).read(0)


def _end(data: bytes, part: Part | None, at: int) -> None:
    """A part ends before the line break that belongs to the boundary line at `at`."""
    if part is None:
        return
    at -= 1 if at > part.start and data[at - 1] == 10 else 0
    at -= 1 if at > part.start and data[at - 1] == 13 else 0
    part.end = max(part.start, min(part.end, at))


def _made(data: bytes, fields: list[Field], body: tuple[int, int], default: str, depth: int) -> Part:
    """A part with what its MIME fields say of it."""
    part = Part(data, fields, *body, depth=depth)
    part.type, part.parameters = _content_type(part.header(b"content-type"), default)
    disposition = part.header(b"content-disposition")
    names: Parameters = {}
    if disposition:
        value, names = parameters(disposition)
        part.disposition = value.strip().lower()
    part.name = names.get("filename") or names.get("name") or part.parameters.get("name", "")
    return part


def _content_type(value: bytes, default: str) -> tuple[str, Parameters]:
    """The media type in lower case, and its parameters."""
    if not value:
        return default, {}
    main, found = parameters(value)
    main = main.replace(" ", "").lower()
    if main.startswith("multipart") or ("boundary" in found and main.startswith("text")):
        main = main if _TYPE.fullmatch(main) and main.startswith("multipart") else "multipart/mixed"
    return (main if _TYPE.fullmatch(main) else "text/plain"), found


def _run_on(fields: list[Field]) -> int | None:
    """Where a second Content-Type stands among the fields, if there is one."""
    places = [place for place, (name, _) in enumerate(fields) if name == b"content-type"]
    return places[1] if len(places) > 1 else None
