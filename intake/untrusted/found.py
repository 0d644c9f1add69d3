"""What is found in a stranger's file, behind the wall."""

from __future__ import annotations

from dataclasses import dataclass, field

#: cells of a line: text, and the column that it begins in
Row = list[tuple[str, int]]


@dataclass
class Found:
    """What is in a file; filled in while it is read."""

    rows: list[Row] = field(default_factory=list)
    controls: list[tuple[str, str, str]] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    content: bytes = b""
    #: what the pages of a scanned document show
    pictures: list[bytes] = field(default_factory=list)


class Refused(Exception):  # noqa: N818 - a file is refused
    """A file is not opened; the text says in plain words why."""
