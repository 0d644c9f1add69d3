"""Cues: words and phrases of the data files, found in a text.

How a cue is written: in lower case; `*` at the end of a word stands for any ending (`anonym*`), `*` before it for any
beginning (`*mobbing`), ` … ` for a short gap within the sentence. Everything else is meant as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from classifiers.beginnings import beginning, lowered, matches_at, places
from classifiers.catalogue import categories, languages
from classifiers.expressions import side_by_side

#: a language's speakers also write the words of these
RELATED = {"nb": ("nn",), "nn": ("nb",), "uk": ("ru",), "ru": ("uk",)}


class Hit(NamedTuple):
    """A cue found in a text; one of many, so made in a fraction of the time that a dataclass takes."""

    #: a group of the language file, or `category:<id>`
    group: str
    start: int
    end: int
    text: str


@cache
def pattern(cues: tuple[str, ...]) -> re.Pattern[str] | None:
    """One expression for all cues of a group; None where there are none. Made once."""
    inner = alternatives(cues)
    return re.compile(_between(inner), re.IGNORECASE) if inner else None


def _between(inner: str) -> str:
    """What stands between words."""
    return rf"(?<!\w)(?:{inner})(?!\w)"


def alternatives(cues: Iterable[str]) -> str:
    """The inside of an expression for some cues, the longest first."""
    return side_by_side(sorted({_expression(cue) for cue in cues if cue.strip()}, key=lambda one: (-len(one), one)))


def _expression(cue: str) -> str:
    words = [_word(word) for word in cue.split()]
    joined = r"[\s,]+".join(words)
    return joined.replace(r"[\s,]+…[\s,]+", r"\b[^.!?\n]{0,45}?\b")


def _word(word: str) -> str:
    if word == "…":
        return word
    before = r"\w*" if word.startswith("*") else ""
    after = r"\w*" if word.endswith("*") else ""
    return before + re.escape(word.strip("*")) + after


@dataclass(frozen=True, kw_only=True)
class Groups:
    """The groups of cues of a language, and where in a text to look for which."""

    #: for text in lower case
    expressions: Mapping[str, re.Pattern[str]]
    #: the groups that have a cue whose first word begins like this
    beginnings: Mapping[str, tuple[str, ...]]
    #: the groups that are looked for everywhere, since the beginning of a cue is open or too short
    anywhere: frozenset[str]

    @classmethod
    def of(cls, cues: Mapping[str, Collection[str]]) -> Groups:
        """From the cues of every group, in lower case."""
        inner = {group: alternatives(some) for group, some in cues.items()}
        beginnings: dict[str, dict[str, None]] = {}
        for group, some in cues.items():
            for cue in filter(str.strip, some):
                beginnings.setdefault(beginning(cue), {})[group] = None
        return cls(
            # On lower-case text an expression that minds the case is more than twice as fast as one that does not.
            expressions={group: re.compile(_between(some)) for group, some in inner.items() if some},
            anywhere=frozenset(beginnings.pop("", ())),
            beginnings={start: tuple(groups) for start, groups in beginnings.items()},
        )

    def matches(self, text: str) -> Iterator[tuple[str, Iterable[re.Match[str]]]]:
        """The cues in a text, group by group, in order."""
        small, found = lowered(text), places(text)
        chosen: dict[str, list[int]] = {}
        for start in found.keys() & self.beginnings.keys():
            for group in self.beginnings[start]:
                chosen.setdefault(group, []).extend(found[start])
        for group, expression in self.expressions.items():
            if group in self.anywhere:
                yield group, expression.finditer(small)
            elif group in chosen:
                yield group, matches_at(expression, small, sorted(chosen[group]))


@cache
def groups_of(language: str) -> Groups:
    """Every group of cues of a language, categories included; related languages join in."""
    gathered: dict[str, list[str]] = {}
    for code in (language, *RELATED.get(language, ())):
        known = languages().get(code)
        for group, cues in (known.cues if known else {}).items():
            gathered.setdefault(group, []).extend(cues)
        for category in categories().values():
            gathered.setdefault(f"category:{category.id}", []).extend(category.cues.get(code, ()))
    return Groups.of({group: [cue.lower() for cue in cues] for group, cues in gathered.items()})


def find(text: str, language: str) -> tuple[Hit, ...]:
    """All cues of a language in a text, group by group."""
    return tuple(
        Hit(group=group, start=match.start(), end=match.end(), text=text[match.start() : match.end()])
        for group, matches in groups_of(language).matches(text)
        for match in matches
    )
