"""A confusion matrix as a picture: SVG, so that the same figures give the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

_CELL, _MARGIN = 46, 170


def confusion(counts: Mapping[tuple[str, str, str], int], question: str) -> str:
    """The picture of one question: a row for each true answer, a column for each given one, shares of the row."""
    pairs = {(truth, answer): count for (asked, truth, answer), count in counts.items() if asked == question}
    names = sorted({name for pair in pairs for name in pair})
    size = _MARGIN + _CELL * len(names) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" font-family="sans-serif">',
        f"<title>{escape(question)}: rows are the truth, columns the answers</title>",
        "<style>text{font-size:12px}</style>",
        f'<rect width="{size}" height="{size}" fill="#ffffff"/>',
    ]
    for place, name in enumerate(names):
        parts += _labels(name, _MARGIN + _CELL * place + _CELL // 2)
    for row, truth in enumerate(names):
        total = sum(pairs.get((truth, answer), 0) for answer in names)
        for column, answer in enumerate(names):
            parts.append(_cell(row, column, pairs.get((truth, answer), 0), total))
    return "\n".join([*parts, "</svg>", ""])


def _labels(name: str, middle: int) -> list[str]:
    words = escape(name.replace("_", " "))
    edge = _MARGIN - 8
    return [
        f'<text x="{edge}" y="{middle + 4}" text-anchor="end">{words}</text>',
        f'<text transform="translate({middle + 4},{edge}) rotate(-60)">{words}</text>',
    ]


def _cell(row: int, column: int, count: int, total: int) -> str:
    share = count / total if total else 0.0
    left, top = _MARGIN + _CELL * column, _MARGIN + _CELL * row
    colour = "#2a6f97" if row == column else "#c1440e"
    ink = "#ffffff" if share > 0.5 else "#222222"
    drawn = (
        f'<rect x="{left}" y="{top}" width="{_CELL}" height="{_CELL}" fill="{colour}" fill-opacity="{share:.2f}" '
        f'stroke="#dddddd"/>'
    )
    if not count:
        return drawn
    return f'{drawn}<text x="{left + _CELL // 2}" y="{top + 27}" text-anchor="middle" fill="{ink}">{count}</text>'
