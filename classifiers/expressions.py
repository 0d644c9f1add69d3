"""Regular expressions of the data files, many made into one that is quick to search for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby

_AT_A_WORD = r"\b"


def any_of(expressions: Iterable[str]) -> re.Pattern[str]:
    r"""Finds what any of the expressions finds, the first of them where several do, without regard to case.

    Those that begin with `\b`, at a word, are only tried where a word begins: a dozen times as fast.
    """
    runs = groupby(expressions, key=lambda one: one.startswith(_AT_A_WORD))
    return re.compile("|".join(_run(list(run), at_a_word=at_a_word) for at_a_word, run in runs), re.IGNORECASE)


def _run(expressions: list[str], *, at_a_word: bool) -> str:
    start = len(_AT_A_WORD) if at_a_word else 0
    inner = "|".join(f"(?:{one[start:]})" for one in expressions)
    return rf"\b(?=\w)(?:{inner})" if at_a_word else inner
