"""Does the sender ask for an investigation, say that they want none, or not say?"""

from __future__ import annotations

from classifiers.reading import Reading, best
from register.records import Verdict

NAME = "wants_investigation"

_LABELS = {"yes": True, "no": False, "unsaid": None}
_GROUPS = {"yes": ("investigate",), "no": ("no_investigation",), "unsaid": ()}


def answer(reading: Reading) -> Verdict:
    """True, False, or None where it is not said."""
    label, score = best(reading.scores[NAME])
    because = reading.cues(*_GROUPS[label]) or reading.strongest(NAME, label, most=1) if label != "unsaid" else ()
    return Verdict(label=_LABELS[label], score=score, because=because, by=reading.by(NAME))
