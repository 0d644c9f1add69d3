"""Regular expressions of the data files, many made into one that is quick to search for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from classifiers.beginnings import folded

_AT_A_WORD = r"\b"
_GROUP = "(?:"
_BEGINS_WITH_A_LETTER = re.compile(r"[^\W\d_](?![?*+{])")
_ESCAPED_OR_NOT = re.compile(r"\\.|[^\\]+", re.DOTALL)
#: what an expression is made of, as far as it matters where its groups and choices are
_PART = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL)


def side_by_side(expressions: Sequence[str]) -> str:
    """The inside of an expression for several that each begin with a letter, the first that fits before the others.

    Put together by their first letters, most are never tried. Those that begin otherwise are left as they are. None may
    have a choice outside of its groups.
    """
    if len(expressions) == 1 or not all(_BEGINS_WITH_A_LETTER.match(one) for one in expressions):
        return "|".join(expressions)
    by_letter: dict[str, list[str]] = {}
    for one in expressions:
        by_letter.setdefault(one[0], []).append(one[1:])
    return "|".join(letter + _grouped(rests) for letter, rests in by_letter.items())


def _grouped(rests: Sequence[str]) -> str:
    return rests[0] if len(rests) == 1 else f"{_GROUP}{'|'.join(rests)})"


def unfolded(expression: str) -> list[str]:
    """The same as several that do not begin with a choice, in the order in which they are tried: (?:a|b)c is ac, bc."""
    choices = _choices(expression)
    if len(choices) > 1:
        return [one for choice in choices for one in unfolded(choice)]
    if not expression.startswith(_GROUP):
        return [expression]
    end = _closing(expression)
    inner, rest = _choices(expression[len(_GROUP) : end]), expression[end + 1 :]
    if rest[:1] == "?" and rest[1:2] not in ("?", "+"):
        inner, rest = [*inner, ""], rest[1:]
    if rest[:1] and rest[0] in "?*+{":
        return [expression]
    return [one for choice in inner for one in unfolded(choice + rest)]


def _choices(expression: str) -> list[str]:
    """What stands between the bars outside of all groups."""
    found, depth = [""], 0
    for part in _PART.findall(expression):
        depth += (part == "(") - (part == ")")
        if part == "|" and not depth:
            found.append("")
        else:
            found[-1] += part
    return found


def _closing(expression: str) -> int:
    """Where the group ends that an expression begins with."""
    depth = 0
    for match in _PART.finditer(expression):
        depth += (match[0] == "(") - (match[0] == ")")
        if not depth:
            return match.start()
    raise ValueError(f"a group of {expression} has no end")


class AnyOf:
    r"""Finds what any of some expressions finds, the first of them where several do, without regard to case.

    Those that begin with `\b`, at a word, are only tried where a word begins, the others only where one of their first
    letters is in the text, and all on text in lower case: thirty times as fast as the expressions side by side.
    """

    def __init__(self, expressions: Iterable[str]) -> None:
        listed = [_folded(one) for one in expressions]
        runs = groupby(listed, key=lambda one: one.startswith(_AT_A_WORD))
        self._all = re.compile("|".join(_run(list(run), at_a_word=at_a_word) for at_a_word, run in runs))
        others = [choice for one in listed if not one.startswith(_AT_A_WORD) for choice in unfolded(one)]
        # An expression that begins with no letter may be found in any text.
        self._letters = {one[:1] if _BEGINS_WITH_A_LETTER.match(one) else "" for one in others}
        self._at_words = re.compile(_run([one for one in listed if one.startswith(_AT_A_WORD)], at_a_word=True))

    def search(self, text: str) -> str:
        """What is found first, as it is written; empty where nothing is."""
        small = folded(text)
        anywhere = any(letter in small for letter in self._letters)
        found = (self._all if anywhere else self._at_words).search(small)
        return text[found.start() : found.end()] if found else ""


def _folded(expression: str) -> str:
    r"""An expression for folded text: what is escaped has to stay, `\W` is not `\w`."""
    return _ESCAPED_OR_NOT.sub(lambda part: part[0] if part[0].startswith("\\") else folded(part[0]), expression)


def _run(expressions: list[str], *, at_a_word: bool) -> str:
    start = len(_AT_A_WORD) if at_a_word else 0
    inner = side_by_side([choice for one in expressions for choice in unfolded(one[start:])])
    return rf"\b(?=\w)(?:{inner})" if at_a_word else inner
