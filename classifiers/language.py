"""Which language is the message written in? Script first, then the letters and words of the corpus."""

from __future__ import annotations

import re
from collections.abc import Mapping

from classifiers.catalogue import languages
from classifiers.message import Message
from classifiers.reading import best
from register.records import OrganisationFacts, Verdict

NAME = "language"

#: scripts that only some of the languages are written in, and letters that decide among them
_ARABIC = re.compile(r"[\u0600-\u06ff]")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_BY_SCRIPT = {"arabic": ("ar", "fa"), "cyrillic": ("bg", "ru", "uk")}
#: a text with fewer words than this leans on the organisation's own languages
_SHORT = 8
_LEAN = 3.0


def script(text: str) -> str:
    """`arabic`, `cyrillic` or `latin`, whichever most letters are."""
    arabic, cyrillic = len(_ARABIC.findall(text)), len(_CYRILLIC.findall(text))
    latin = sum(char.isalpha() for char in text) - arabic - cyrillic
    return max((("latin", latin), ("arabic", arabic), ("cyrillic", cyrillic)), key=lambda pair: pair[1])[0]


def weigh(message: Message, scores: Mapping[str, float], organisation: OrganisationFacts | None) -> dict[str, float]:
    """The model's scores, limited to the script, with marks counted and the organisation's languages preferred if short."""
    written = "cyrillic" if message.is_latin_bulgarian else script(message.text)
    others = {code for codes in _BY_SCRIPT.values() for code in codes}
    allowed = _BY_SCRIPT.get(written) or tuple(code for code in scores if code not in others)
    weighed = {code: scores.get(code, 0.0) + 1e-6 for code in allowed}
    words = re.findall(r"\w+", message.plain.lower())
    for code in weighed:
        known = languages().get(code)
        marks = sum(word in known.marks for word in words) if known else 0
        weighed[code] *= 2.0 ** min(marks, 12)
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
    if not any(char.isalpha() for char in message.text):
        own = organisation.languages[0] if organisation and organisation.languages else "en"
        return Verdict(label=own, score=0.0, by=f"{NAME}/{stage}")
    label, score = best(weigh(message, scores, organisation))
    because = (f"{script(message.text)} script", message.text[:60])
    return Verdict(label=label, score=score, because=because, by=f"{NAME}/{stage}")
