"""The few signs of a letter file: what a template rendered becomes headings, paragraphs, lists, and plain text again.

A letter file says each thing once; the plain text, the HTML and the chat message are made from the same blocks.
Values stand between marks that no text can hold (`clean`), so a stranger's words never become a heading, a list or
HTML, whatever they look like.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from replies.clean import END, LINK, VALUE, single_line

_PIECES = re.compile(f"{VALUE}([^{END}]*){END}|(\\*\\*)|([^{VALUE}*]+|\\*)")
#: a row: what stands before the first colon outside a value, and the rest
_ROW = re.compile(f"((?:{VALUE}[^{END}]*{END}|[^:{VALUE}])*):(.*)")
#: the first two characters of a line -> the kind of block that it belongs to
_SIGNS = {"# ": "title", "##": "heading", "- ": "list", "| ": "rows", "> ": "quote", "! ": "callout"}
#: what is left of a line whose only value was empty
_SIGNS |= {sign.strip(): kind for sign, kind in _SIGNS.items()}
#: blocks that hold one line each, and never grow by the next line
_SINGLE = frozenset({"heading", "title", "rule"})
#: blocks that go on after an empty line, which loops and conditions leave behind
_LOOSE = frozenset({"list", "rows"})


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a line: its text, bold or not, with a link or without."""

    text: str
    strong: bool = False
    href: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a block; `label` is what stands before the colon of a row."""

    runs: tuple[Run, ...]
    label: str = ""

    @property
    def says_something(self) -> bool:
        """True where more is left than the dot behind a value that was empty."""
        return any(run.text.strip(" .") for run in self.runs)

    @property
    def text(self) -> str:
        """The line as plain text, the label included."""
        words = "".join(run.text for run in self.runs).strip()
        return f"{self.label}: {words}" if self.label else words


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together: a heading, paragraph, list, rows, quote, callout, or the rule above the foot."""

    kind: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A letter in one language."""

    subject: str
    title: str
    blocks: tuple[Block, ...]


def read(rendered: str) -> Page:
    """What a rendered letter file holds: the subject on its first line, then the blocks."""
    first, _, rest = rendered.lstrip().partition("\n")
    _, _, subject = first.partition(":")
    blocks = list(_blocks(rest.split("\n")))
    title = next((block.lines[0].text for block in blocks if block.kind == "title"), "")
    body = _without_empty_headings(block for block in blocks if block.kind != "title")
    return Page(single_line(Line(runs(subject)).text), title, tuple(body))


def plain(page: Page) -> str:
    """A page as plain text: blocks with an empty line between, a heading directly above what it heads."""
    title = f"{page.title}\n\n" if page.title else ""
    ends = {"heading": "\n", "rule": ""}
    return (
        title + "".join("\n".join(_plain_lines(block)) + ends.get(block.kind, "\n\n") for block in page.blocks)
    ).rstrip()


def _plain_lines(block: Block) -> Iterator[str]:
    sign = {"list": "- ", "quote": "> "}.get(block.kind, "")
    return ((sign + line.text).rstrip() for line in block.lines)


def _blocks(written: Iterable[str]) -> Iterator[Block]:
    kind, held = "", list[Line]()
    for raw in written:
        sort, words = _sort(raw.strip(" \t\r"))
        if not sort and kind in _LOOSE:
            continue
        if sort != kind or kind in _SINGLE:
            yield from _closed(kind, held)
            held = []
        kind = sort
        if sort:
            held.append(_row(words) if sort == "rows" else Line(runs(words)))
    yield from _closed(kind, held)


def _sort(line: str) -> tuple[str, str]:
    if not line:
        return "", ""
    if line == "---":
        return "rule", ""
    kind = _SIGNS.get(line[:2])
    return (kind, line[2:].lstrip()) if kind else ("paragraph", line)


def _closed(kind: str, held: list[Line]) -> Iterator[Block]:
    """The finished block without lines that no value filled; nothing at all where none is left."""
    kept = held if kind == "quote" else [line for line in held if line.says_something]
    if kind == "rule":
        yield Block(kind, ())
    elif not kept or (kind == "quote" and not any(line.runs for line in kept)):
        return
    elif kind in {"paragraph", "callout"} and len(kept) > 1:
        yield Block(kind, (Line(tuple(_joined(kept))),))
    else:
        yield Block(kind, tuple(kept))


def _joined(held: list[Line]) -> Iterator[Run]:
    for position, line in enumerate(held):
        if position:
            yield Run(" ")
        yield from line.runs


def _without_empty_headings(blocks: Iterable[Block]) -> Iterator[Block]:
    heading = None
    for block in blocks:
        if block.kind == "heading":
            heading = block
            continue
        if heading is not None and block.kind != "rule":
            yield heading
        heading = None
        yield block


def _row(words: str) -> Line:
    found = _ROW.fullmatch(words)
    label, value = found.groups() if found else ("", words)
    return Line(runs(value.strip()), Line(runs(label)).text)


def runs(words: str) -> tuple[Run, ...]:
    """The pieces of a line."""
    # A letter file's own words come again and again; values are personal and are not kept.
    return _parsed(words) if VALUE in words else _known(words)


def _parsed(words: str) -> tuple[Run, ...]:
    strong, runs = False, []
    for value, star, literal in _PIECES.findall(words):
        if star:
            strong = not strong
            continue
        text, _, href = value.partition(LINK) if value else (literal, "", "")
        if text:
            runs.append(Run(text, strong, href))
    return tuple(runs)


_known = lru_cache(maxsize=4096)(_parsed)
