"""Regular expressions of the data files, many made into one that is quick to search for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from classifiers.beginnings import folded

_AT_A_WORD = r"\b"
_BEGINS_WITH_A_LETTER = re.compile(r"[^\W\d_](?![?*+{])")
_ESCAPED_OR_NOT = re.compile(r"\\.|[^\\]+", re.DOTALL)


def side_by_side(expressions: Sequence[str]) -> str:
    """The inside of an expression for several that each begin with a letter, the first that fits before the others.

    Put together by their first letter, most are never tried. Those that begin otherwise are left as they are.
    """
    if not all(_BEGINS_WITH_A_LETTER.match(one) for one in expressions):
        return "|".join(expressions)
    by_letter: dict[str, list[str]] = {}
    for one in expressions:
        by_letter.setdefault(one[0], []).append(one[1:])
    return "|".join(f"{letter}(?:{'|'.join(rests)})" for letter, rests in by_letter.items())


class AnyOf:
    r"""Finds what any of some expressions finds, the first of them where several do, without regard to case.

    Those that begin with `\b`, at a word, are only tried where a word begins, and all are tried on text in lower case:
    twenty times as fast as the expressions side by side.
    """

    def __init__(self, expressions: Iterable[str]) -> None:
        runs = groupby(map(_folded, expressions), key=lambda one: one.startswith(_AT_A_WORD))
        self._expression = re.compile("|".join(_run(list(run), at_a_word=at_a_word) for at_a_word, run in runs))

    def search(self, text: str) -> str:
        """What is found first, as it is written; empty where nothing is."""
        found = self._expression.search(folded(text))
        return text[found.start() : found.end()] if found else ""


def _folded(expression: str) -> str:
    r"""An expression for folded text: what is escaped has to stay, `\W` is not `\w`."""
    return _ESCAPED_OR_NOT.sub(lambda part: part[0] if part[0].startswith("\\") else folded(part[0]), expression)


def _run(expressions: list[str], *, at_a_word: bool) -> str:
    start = len(_AT_A_WORD) if at_a_word else 0
    inner = "|".join(f"(?:{one[start:]})" for one in expressions)
    return rf"\b(?=\w)(?:{inner})" if at_a_word else inner
