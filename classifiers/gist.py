"""The one or two sentences of a message that say best what it is about and what is asked for."""

from __future__ import annotations

import re

from classifiers import cyrillic
from classifiers.catalogue import languages
from classifiers.cues import pattern
from classifiers.reading import Reading

LONGEST = 300

#: cue groups that mark what is asked for
_ASKING = ("investigate", "no_investigation", "request", "question", "status", "dissatisfied")
_BARE = re.compile(r"^\W*(?:\d[\d\s/+.:-]*|[\w.+-]+@\S+|(?:tel|tfn|tlf|тел)\W.*)\W*$", re.IGNORECASE)
_SALUTATION_WORDS = 6


def answer(reading: Reading) -> str:
    """As written, at most 300 characters, without greeting and signature; the subject where there are no sentences."""
    candidates = [sentence for sentence in reading.message.spoken if not _is_frame(sentence, reading.language)]
    if not candidates:
        return reading.message.subject[:LONGEST]
    about = max(candidates, key=lambda sentence: _weight(sentence, candidates, reading))
    asking = [sentence for sentence in candidates if sentence != about and _asks(sentence, reading)]
    chosen = [about, *asking[-1:]]
    if sum(map(len, chosen)) + 1 > LONGEST:
        chosen = [about]
    ordered = sorted(chosen, key=candidates.index)
    return shorten(" ".join(" ".join(sentence.split()) for sentence in ordered))


def shorten(text: str) -> str:
    """At most 300 characters, cut between words with an ellipsis."""
    if len(text) <= LONGEST:
        return text
    cut = text[: LONGEST - 1]
    return f"{cut.rsplit(' ', 1)[0] if ' ' in cut[LONGEST // 2 :] else cut}…"


def _weight(sentence: str, candidates: list[str], reading: Reading) -> float:
    """How much a sentence speaks for the category (or the kind), leaning to the beginning and to middle length."""
    label = reading.verdicts["category"].label or reading.verdicts["kind"].label
    question = "category" if reading.verdicts["category"].label else "kind"
    early = 0.3 * (1 - candidates.index(sentence) / len(candidates))
    length = 0.2 * min(len(sentence) / 60, 1.0)
    return _vote(sentence, question, str(label), reading) + early + length + 0.2 * _asks(sentence, reading)


def _vote(sentence: str, question: str, label: str, reading: Reading) -> float:
    read = cyrillic.from_latin(sentence) if reading.message.is_latin_bulgarian else sentence
    votes = reading.votes.get(question, {}).get(label)
    if votes is not None:
        return max((float(v) for s, v in zip(reading.message.sentences, votes, strict=False) if read in s), default=0.0)
    group = f"category:{label}"
    return 0.3 * len({hit.text for hit in reading.hits if hit.group == group and hit.text in read})


def _asks(sentence: str, reading: Reading) -> bool:
    read = cyrillic.from_latin(sentence) if reading.message.is_latin_bulgarian else sentence
    return any(hit.text in read for hit in reading.hits if hit.group in _ASKING) or sentence.rstrip().endswith(
        ("?", "؟")
    )


def _is_frame(sentence: str, language: str) -> bool:
    """True for a greeting, a closing, a name or a bare number."""
    words = sentence.split()
    if len(words) < 3 or _BARE.match(sentence):
        return True
    known = languages().get(language)
    greeting = pattern(known.greetings) if known else None
    return bool(greeting and greeting.match(sentence.lstrip(" -/")) and len(words) <= _SALUTATION_WORDS)
