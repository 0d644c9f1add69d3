"""Which language is the message written in? Script first, then the letters and words of the corpus."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import cache

from classifiers.catalogue import languages
from classifiers.message import Message
from classifiers.reading import best
from register.records import OrganisationFacts, Verdict

NAME = "language"

_WORD = re.compile(r"\w+")
_ARABIC = frozenset(map(chr, range(0x600, 0x700)))
_CYRILLIC = frozenset(map(chr, range(0x400, 0x500)))
#: a text with fewer words than this leans on the organisation's own languages
_SHORT = 8
_LEAN = 3.0


def script(message: Message) -> str:
    """`arabic`, `cyrillic` or `latin`, whichever most letters are."""
    arabic, cyrillic = (message.count(one.__contains__) for one in (_ARABIC, _CYRILLIC))
    latin = message.letters - arabic - cyrillic
    return max((("latin", latin), ("arabic", arabic), ("cyrillic", cyrillic)), key=lambda pair: pair[1])[0]


@cache
def _marks() -> Mapping[str, tuple[str, ...]]:
    """The languages of every frequent word."""
    found: dict[str, tuple[str, ...]] = {}
    for code, known in languages().items():
        for word in dict.fromkeys(known.marks):
            found[word] = (*found.get(word, ()), code)
    return found


def weigh(
    message: Message, written: str, scores: Mapping[str, float], organisation: OrganisationFacts | None
) -> dict[str, float]:
    """The model's scores, limited to the script, with marks counted; short texts lean on the organisation's own."""
    allowed = {code: known for code, known in languages().items() if known.script == written}
    weighed = {code: scores.get(code, 0.0) + 1e-6 for code in allowed}
    words, marks, letters = _WORD.findall(message.plain.lower()), _marks(), set(message.plain)
    marked = Counter(code for word in words if word in marks for code in marks[word])
    for code, known in allowed.items():
        weighed[code] *= 2.0 ** min(marked[code], 12)
        weighed[code] *= 4.0 ** min(sum(map(message.plain.count, letters.intersection(known.letters))), 8)
    if organisation and len(words) < _SHORT:
        for code in organisation.languages:
            if code in weighed:
                weighed[code] *= _LEAN
    total = sum(weighed.values())
    return {code: value / total for code, value in weighed.items()}


def answer(
    message: Message, scores: Mapping[str, float], organisation: OrganisationFacts | None, stage: str
) -> Verdict:
    """The likeliest language. An empty message: the organisation's own, with score 0."""
    if not message.letters:
        own = organisation.languages[0] if organisation and organisation.languages else "en"
        return Verdict(label=own, score=0.0, by=f"{NAME}/{stage}")
    letters = script(message)
    label, score = best(weigh(message, "cyrillic" if message.is_latin_bulgarian else letters, scores, organisation))
    because = (f"{letters} script", message.text[:60])
    return Verdict(label=label, score=score, because=because, by=f"{NAME}/{stage}")
