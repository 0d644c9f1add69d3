"""Does the sender ask for an investigation, say that they want none, or not say?"""

from __future__ import annotations

from classifiers.reading import Reading, best
from register.records import Verdict

NAME = "wants_investigation"

_LABELS = {"yes": True, "no": False, "unsaid": None}
_GROUPS = {"yes": ("investigate",), "no": ("no_investigation",), "unsaid": ()}


#: how sure the model must be that none is wanted where nobody says so
UNSPOKEN = 0.9


def answer(reading: Reading) -> Verdict:
    """True, False, or None where it is not said."""
    label, score = _chosen(reading)
    because = reading.cues(*_GROUPS[label]) or reading.strongest(NAME, label, most=1) if label != "unsaid" else ()
    return Verdict(label=_LABELS[label], score=score, because=because, by=reading.by(NAME))


def _chosen(reading: Reading) -> tuple[str, float]:
    """The likeliest answer; that none is wanted only where it is said: that nobody looked into it is no such wish."""
    scores = reading.scores[NAME]
    label, score = best(scores)
    if label == "no" and score < UNSPOKEN and not reading.cues("no_investigation"):
        return best({name: value for name, value in scores.items() if name != "no"})
    return label, score
