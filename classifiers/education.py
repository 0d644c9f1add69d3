"""Is a complaint about teaching and learning, or about something else (fees, food, premises, transport)?"""

from __future__ import annotations

from classifiers.category import HAVE_ONE
from classifiers.reading import Reading
from register.records import Verdict

NAME = "about_education"


def answer(reading: Reading) -> Verdict:
    """True or False for a complaint or concern, None for messages of other kinds."""
    kind = reading.verdicts["kind"]
    if kind.label not in HAVE_ONE:
        return Verdict(label=None, score=kind.score, because=(f"kind: {kind.label}",), by=reading.by(NAME))
    yes = reading.scores[NAME]["yes"]
    category = reading.verdicts["category"]
    because = (f"category: {category.label}", *category.because[:1])
    return Verdict(label=yes >= 0.5, score=max(yes, 1 - yes), because=because, by=reading.by(NAME))
