"""What does the sender of an earlier message want now: how does the case stand, or to go on because they are dissatisfied?"""

from __future__ import annotations

from classifiers.reading import Reading
from register.records import Verdict

#: kinds in which an earlier answer can be rejected or asked about
_LATER = ("follow_up", "complaint", "concern", "question")


def dissatisfied(reading: Reading) -> Verdict:
    """True where the sender says that an answer or decision does not satisfy them and wants to go on (G8)."""
    found = reading.cues("dissatisfied")
    about_an_answer = reading.verdicts["kind"].label == "follow_up" or (found and reading.cues("earlier"))
    label = bool(found and about_an_answer and reading.verdicts["kind"].label in _LATER)
    return Verdict(
        label=label, score=0.9 if label else 0.8, because=found if label else (), by=reading.by("dissatisfied")
    )


def asks_status(reading: Reading) -> Verdict:
    """True where the sender asks how their case stands (D6)."""
    found = reading.cues("status")
    label = bool(found and reading.verdicts["kind"].label == "follow_up")
    return Verdict(
        label=label, score=0.9 if label else 0.8, because=found if label else (), by=reading.by("asks_status")
    )
