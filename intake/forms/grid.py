"""The fields of a form that was laid out: beside their labels, below them, or in controls that carry their names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from intake.forms.labels import key_of, nearly
from intake.forms.values import completed, is_empty, keep

#: text and the column that it begins in
Cell = tuple[str, int]
Row = Sequence[Cell]

KEYS = (
    *("name", "full_name", "address", "postcode", "phone", "mail", "unit", "description"),
    *("place_date", "date", "signature", "answer_by"),
)
#: fewer labels make no form
FEWEST = 3
#: lines of a form, and cells of a line
MAX_ROWS, MAX_CELLS = 600, 20
#: what stands below a label may begin so much to its left
_SLACK = 3
#: and so much to its right, or as much as the label is long
_WIDTH = 12
_NOWHERE = 1_000_000

_LABEL = re.compile(r"([^:：\n]{2,80}?)\s?(?:[:：]\s?|\n)(.*)", re.S)


def fields_of(rows: Sequence[Row], controls: Iterable[tuple[str, str, str]] = ()) -> dict[str, str]:
    """The fields of a form by key, as `typed.fields` has them; nothing where it is no form of ours."""
    found: dict[str, str] = {}
    controlled: set[str] = set()
    for name, label, value in controls:
        key = name if name in KEYS else key_of(label) or key_of(name)
        controlled |= {key} if key else set()
        _keep(found, key, value)
    rows = [row[:MAX_CELLS] for row in rows[:MAX_ROWS]]
    labels = list(_labels(rows))
    if max(len(controlled), len({key for key, *_ in labels})) < FEWEST:
        return {}
    # A control says all that there is to say: what stands around an empty one is no answer.
    for key, value, row, cell in (label for label in labels if label[0] not in controlled):
        _keep(found, key, value or _elsewhere(rows, key, row, cell))
    return completed(found)


def _keep(found: dict[str, str], key: str, value: str) -> None:
    """A description keeps its lines, all others are one line."""
    if key != "description":
        keep(found, key, value)
    elif not is_empty(value):
        found.setdefault(key, value.strip("\n_ "))


def _labels(rows: Sequence[Row]) -> Iterator[tuple[str, str, int, int]]:
    """Every label: its key, what stands in its own cell behind it, and where it stands."""
    for number, row in enumerate(rows):
        for place, (text, _) in enumerate(row):
            key, rest = _split(text, alone=len(row) == 1)
            if key:
                yield key, rest, number, place


def _split(text: str, *, alone: bool) -> tuple[str, str]:
    """The key and the rest of a cell that begins with a label; in a line of its own a label needs its colon."""
    match = _LABEL.fullmatch(text)
    key = (key_of(match[1]) or nearly(match[1])) if match else ""
    if match and key:
        return key, match[2].strip()
    return ("" if alone else key_of(text)), ""


def _elsewhere(rows: Sequence[Row], key: str, number: int, place: int) -> str:
    """What stands to the right of a label, else below it."""
    row = rows[number]
    right = row[place + 1] if place + 1 < len(row) else ("", _NOWHERE)
    if right[0] and not _is_label(right[0], row):
        return _column(rows, number, right) if key == "description" else right[0]
    if key == "description":
        return "\n".join(_until_next(rows, number + 1)).strip()
    if place + 1 < len(row) and not right[0]:
        # The cell for the answer is there, and empty.
        return ""
    text, column = row[place]
    return _below(rows[number + 1 : number + 3], column - _SLACK, min(right[1], column + max(len(text), _WIDTH)))


def _below(rows: Sequence[Row], start: int, end: int) -> str:
    for row in rows:
        texts = [text for text, column in row if start <= column < end and text]
        if texts:
            return "" if _is_label(texts[0], row) else texts[0]
    return ""


def _column(rows: Sequence[Row], number: int, cell: Cell) -> str:
    """A text of several lines beside its label, which may stand in the middle of it."""
    above = _lone(reversed(rows[:number]), cell[1])
    return "\n".join((*reversed(list(above)), cell[0], *_lone(rows[number + 1 :], cell[1])))


def _lone(rows: Iterable[Row], column: int) -> Iterator[str]:
    """The texts that stand alone in a column, up to the first line that holds anything else."""
    for row in rows:
        filled = [cell for cell in row if cell[0]]
        if len(filled) > 1 or any(abs(start - column) > _SLACK or _is_label(text, row) for text, start in filled):
            return
        yield from (text for text, _ in filled)


def _until_next(rows: Sequence[Row], number: int) -> Iterator[str]:
    """The lines down to the next label."""
    for row in rows[number:]:
        if any(_is_label(text, row) for text, _ in row):
            return
        yield " ".join(text for text, _ in row)


def _is_label(text: str, row: Row) -> bool:
    return bool(_split(text, alone=len(row) == 1)[0])
