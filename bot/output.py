"""What the commands print: JSON lines for scripts, rich tables for people, one clear line for an error."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.shapes import dumps

#: rich respects NO_COLOR and a missing terminal by itself
console = Console(highlight=False, soft_wrap=False)
errors = Console(stderr=True, highlight=False)


def emit(shape: Mapping[str, Any]) -> None:
    """Prints one JSON object as a line of UTF-8, whatever the terminal's own encoding is."""
    sys.stdout.flush()
    sys.stdout.buffer.write(dumps(shape).encode("utf-8", "replace") + b"\n")
    sys.stdout.buffer.flush()


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, lines: bool = False) -> Table:
    """A table for people; cells are plain text, never markup, since they may hold what strangers wrote."""
    made = Table(title=title or None, title_justify="left", header_style="bold", show_lines=lines)
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text("" if cell is None else str(cell)) for cell in row))
    return made


def show(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Prints a table."""
    console.print(table(title, columns, rows))


def say(text: str, style: str = "") -> None:
    """Prints a line for people."""
    console.print(Text(text, style=style), soft_wrap=True)


def complain(text: str) -> None:
    """Prints one line on stderr."""
    errors.print(Text(text.replace("\n", " ")), soft_wrap=True)
