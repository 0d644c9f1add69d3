"""What does the sender of an earlier message want now: to know how the case stands, or to go on, dissatisfied?"""

from __future__ import annotations

from classifiers.reading import Reading
from register.records import Verdict

#: kinds in which an earlier answer can be rejected or asked about
_LATER = ("follow_up", "complaint", "concern", "question")


def dissatisfied(reading: Reading) -> Verdict:
    """True where the sender says that an answer or decision does not satisfy them and wants to go on (G8)."""
    found = reading.cues("dissatisfied")
    follows = reading.scores["kind"]["follow_up"]
    later = reading.verdicts["kind"].label in _LATER and (follows >= 0.3 or bool(reading.cues("earlier")))
    return _verdict(reading, "dissatisfied", found if later else (), follows)


def asks_status(reading: Reading) -> Verdict:
    """True where the sender asks how their case stands (D6)."""
    follows = reading.scores["kind"]["follow_up"]
    found = reading.cues("status") if follows >= 0.3 else ()
    return _verdict(reading, "asks_status", found, follows)


def _verdict(reading: Reading, question: str, found: tuple[str, ...], follows: float) -> Verdict:
    score = 0.6 + 0.3 * follows if found else 0.95 - 0.3 * follows
    return Verdict(label=bool(found), score=score, because=found, by=reading.by(question))
