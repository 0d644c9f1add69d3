"""Ranks everybody who is named in a message by how likely they are staff who is complained about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from classifiers import cyrillic, spans, staff
from classifiers.heads import Head, probabilities
from classifiers.meaning import Sense
from classifiers.message import Message
from classifiers.reading import best
from classifiers.spans import Span

#: how much the words around somebody count beside what the encoder says of them
_WORDS = 0.6
#: somebody whom the encoder alone found is believed so much
_ALONE = 0.6
#: of somebody who is named again and again so many places are looked at
_PLACES = 8
#: two words are the same in other endings where they begin with so many letters and their ends are no longer than this
_SHARED, _ENDING = 4, 3

Ranked = tuple[tuple[str, float], ...]


@dataclass(frozen=True, kw_only=True)
class People:
    """The head that tells who is complained about, ready for the few signs that somebody has."""

    #: by class, what each sign adds
    adds: Mapping[str, Sequence[float]]
    bias: Mapping[str, float]
    temperature: float

    @classmethod
    def of(cls, head: Head) -> People:
        """From the head as it was trained."""
        adds = (head.weights * staff.WEIGHTS[:, None]).T.tolist()
        return cls(
            adds=dict(zip(head.classes, adds, strict=True)),
            bias=dict(zip(head.classes, head.bias.tolist(), strict=True)),
            temperature=head.temperature,
        )

    def likely(self, signs: Iterable[int]) -> float:
        """How likely somebody with these signs is complained about."""
        some = list(signs)
        sums = [sum(map(adds.__getitem__, some), self.bias[name]) for name, adds in self.adds.items()]
        return probabilities(sums, self.temperature)[list(self.adds).index("yes")]


def ranked(
    doc: Any, message: Message, people: People, scores: Mapping[str, Mapping[str, float]], sense: Sense | None
) -> Ranked:
    """Everybody as written in the message, the likeliest first, with the likelihood."""
    everybody: tuple[staff.Candidate, ...] = doc._.staff()
    kind, category = best(scores["kind"])[0], best(scores["category"])[0]
    signs = staff.signs(everybody, message.plain, len(message.subject), kind, category)
    likely = list(map(people.likely, signs))
    found: Iterable[tuple[str, float]]
    if sense is None:
        found = ((message.plain[one.start : one.end], score) for one, score in zip(everybody, likely, strict=True))
    else:
        found = _with_meaning(list(zip(everybody, likely, strict=True)), message.meaning_text, sense.pieces)
    written = ((_as_written(name, message), score) for name, score in found)
    return tuple(sorted(written, key=lambda pair: -pair[1]))


def one_each(people: Iterable[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    """Everybody once, by the fullest of their names and the highest of their likelihoods, in the order given."""
    found: list[tuple[str, float]] = []
    for name, score in people:
        words = _words(name)
        place = next((at for at, (other, _) in enumerate(found) if _part_of(words, _words(other))), None)
        fuller = next((at for at, (other, _) in enumerate(found) if _part_of(_words(other), words)), None)
        if place is None and fuller is not None:
            found[fuller] = (name, found[fuller][1])
        elif place is None:
            found.append((name, score))
    return tuple(found)


def _words(name: str) -> tuple[str, ...]:
    return tuple(name.casefold().split())


def _part_of(words: Sequence[str], others: Sequence[str]) -> bool:
    """True where each word is among the others in any of its endings: `läraren` and `lärare Ulla`."""
    return all(any(_same(word, other) for other in others) for word in words)


def _same(word: str, other: str) -> bool:
    shared = max(_SHARED, min(len(word), len(other)) - _ENDING)
    return word == other or (abs(len(word) - len(other)) <= _ENDING and word[:shared] == other[:shared])


def _with_meaning(
    everybody: Sequence[tuple[staff.Candidate, float]], text: str, pieces: Sequence[tuple[int, int, float]]
) -> Iterator[tuple[str, float]]:
    """Everybody by words and encoder together, then those whom the encoder alone found, by name."""
    felt = spans.spans(text, pieces)
    known: set[Span] = set()
    for one, likely in everybody:
        places = [match.span() for match in re.finditer(re.escape(one.text), text)][:_PLACES]
        score, (start, end) = max(((_by_pieces(place, pieces), place) for place in places), default=(0.0, (0, 0)))
        near = [span for span in felt if any(span.start < last and first < span.end for first, last in places)]
        known.update(near, (span for span in felt if one.title and one.introduced <= span.start < one.end))
        begin, stop = spans.joined(
            text, start, end, near, titled=bool(one.title or one.honorific), named=bool(one.name)
        )
        yield text[begin:stop] or one.text, _WORDS * likely + (1 - _WORDS) * spans.likelihood(score)
    yield from ((text[one.start : one.end], _ALONE * spans.likelihood(one.score)) for one in felt if one not in known)


def _by_pieces(place: tuple[int, int], pieces: Sequence[tuple[int, int, float]]) -> float:
    """How likely the encoder holds any piece of somebody who stands somewhere."""
    return max((score for first, last, score in pieces if first < place[1] and place[0] < last), default=0.0)


def _as_written(name: str, message: Message) -> str:
    """The same words in the message itself, where it was turned into Cyrillic for reading."""
    start = message.plain.find(name) if message.is_latin_bulgarian else -1
    if start < 0:
        return name
    start, end = cyrillic.original_span(message.text, start, start + len(name))
    return message.text[start:end]
