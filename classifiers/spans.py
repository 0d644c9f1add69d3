"""Where somebody who is complained about begins and ends in a text, by what the encoder holds of pieces of words."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from classifiers.catalogue import ROOM

#: a word in any script, with what joins its parts
_WORD = re.compile(r"[^\W_](?:[\w’'\u200c\u064b-\u0652:.-]*[\w\u064b-\u0652])?")
#: what stands between the words of one person; a full stop only after a shortened word
_WITHIN = re.compile(r"(?: |(?<![\w-][^\W\d]{5})(?<!\d)\.[ ]?)")
#: from this likelihood on a word belongs to somebody
_BELONGS = 0.5
#: how many times as much as others the pieces of people counted in teaching; see `tuning.teaching`
_COUNTED = 3.0

#: a school is no part of whom it employs
_SCHOOL = re.compile(r"\w+skolan|\w+gatan\b|مدرس[هة]|المدرسة", re.IGNORECASE)
#: what stands before somebody and is not theirs: figures, signs, a name
_STRANGE_BEFORE = re.compile(r"[\d.!?:;\n]|(?<!^)\b(?-i:[A-ZÅÄÖØÆА-Я])\w+|^(?-i:[A-ZÅÄÖØÆА-Я])\w+\s+(?:the|a)\b")


@dataclass(frozen=True, kw_only=True)
class Span:
    """Some words of a text, and how likely they are somebody who is complained about."""

    start: int
    end: int
    score: float


def spans(text: str, pieces: Sequence[tuple[int, int, float]]) -> tuple[Span, ...]:
    """The people in a text by the likelihoods of its pieces, in order."""
    found: list[Span] = []
    for word in _words(text, pieces):
        last = found[-1] if found else None
        if last and _WITHIN.fullmatch(text, last.end, word.start):
            found[-1] = Span(start=last.start, end=word.end, score=max(last.score, word.score))
        else:
            found.append(word)
    whole = (trimmed(text, one) for one in found)
    return tuple(one for one in whole if one.end - one.start > 2)


def likelihood(score: float) -> float:
    """A likelihood that was taught with pieces of people counted several times, as it would be without."""
    return score / (score + _COUNTED * (1 - score))


def trimmed(text: str, span: Span) -> Span:
    """Without the words at both ends that only bind somebody to the rest of the sentence."""
    words = [
        (match.start() + span.start, match.end() + span.start)
        for match in re.finditer(r"\S+", text[span.start : span.end])
    ]
    while words and text[slice(*words[0])].lower() in _words_of("binding"):
        words.pop(0)
    while words and _only_ends(text[slice(*words[-1])].lower(), alone=len(words) == 1):
        words.pop()
    start, end = (words[0][0], words[-1][1]) if words else (span.start, span.start)
    return Span(start=start, end=end, score=span.score)


def joined(text: str, start: int, end: int, others: Sequence[Span], *, titled: bool, named: bool) -> tuple[int, int]:
    """Where somebody begins and ends whom both the rules and the encoder found.

    Who has a title and a name is whole. A title grows by the words beside it that the encoder adds, up to one that
    binds it to the rest of the sentence; a bare name grows by a title before it.
    """
    for other in others:
        if other.start < end and start < other.end and not (titled and named):
            start, end = _more_before(text, other.start, start), _more_after(text, end, other.end, named=named)
    span = trimmed(text, Span(start=start, end=end, score=0))
    return span.start, span.end


def _more_before(text: str, first: int, start: int) -> int:
    """Where the words before somebody begin that belong to them: no name, no number, no other sentence."""
    before = text[first:start]
    strange = _STRANGE_BEFORE.search(before) or before.strip().lower() in _words_of("pronouns")
    return start if strange else min(first, start)


def _more_after(text: str, end: int, last: int, *, named: bool) -> int:
    words = list(re.finditer(r"\S+", text[end:last]))
    if not words or (named and not words[0].group()[:1].isupper()):
        return end
    bound = (match.start() for match in words if match.group().lower() in _words_of("binding"))
    return end + len(text[end : end + next(bound, last - end)].rstrip())


def _only_ends(word: str, *, alone: bool) -> bool:
    bound = word in _words_of("binding") | _words_of("ending")
    return bound or (not alone and _SCHOOL.match(word) is not None)


def _words(text: str, pieces: Sequence[tuple[int, int, float]]) -> Iterator[Span]:
    """The words that belong to somebody: those whose pieces are likely on the average."""
    place = 0
    for match in _WORD.finditer(text):
        while place < len(pieces) and pieces[place][1] <= match.start():
            place += 1
        scores = []
        for start, _, score in pieces[place:]:
            if start >= match.end():
                break
            scores.append(score)
        if scores and sum(scores) / len(scores) >= _BELONGS:
            yield Span(start=match.start(), end=match.end(), score=max(scores))


@cache
def _words_of(name: str) -> frozenset[str]:
    """The small words of `staff.toml` that stand at the ends of people."""
    lists: dict[str, dict[str, list[str]]] = tomllib.loads((ROOM / "staff.toml").read_text("utf-8"))
    return frozenset(lists["ends"][name])
