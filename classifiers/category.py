"""What is a complaint or concern about?"""

from __future__ import annotations

from classifiers.reading import Reading, best
from register.records import Verdict

NAME = "category"

#: kinds whose messages have a category
HAVE_ONE = ("complaint", "concern")


def answer(reading: Reading) -> Verdict:
    """The likeliest category; None for messages of other kinds."""
    kind = reading.verdicts["kind"]
    if kind.label not in HAVE_ONE:
        return Verdict(label=None, score=kind.score, because=(f"kind: {kind.label}",), by=reading.by(NAME))
    label, score = best(reading.scores[NAME])
    because = reading.strongest(NAME, label, (f"category:{label}",))
    return Verdict(label=label, score=score, because=because, by=reading.by(NAME))
