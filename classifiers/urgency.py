"""Must somebody act today: danger to life, health or a child's safety, direct or indirect?

A model of its own, asked of every message whatever else is said of it: a missed child in danger is the worst failure
there is, a false alarm costs a phone call.
"""

from __future__ import annotations

from classifiers import danger
from classifiers.reading import Reading
from register.records import Verdict

NAME = "urgent"

#: cue groups that speak of danger
DANGER = ("danger", "medical", "missing", "self_harm", "sexual", "violence", "weapon")


#: how sure unmistakable words are
CERTAIN = 0.97


def answer(reading: Reading) -> Verdict:
    """True from the trained threshold on, where nearly no danger is missed; always for unmistakable words."""
    if certain := danger.unmistakable(reading.message.sentences or (reading.message.plain,)):
        return Verdict(label=True, score=CERTAIN, because=certain[:3], by=reading.by(NAME))
    yes, threshold = reading.scores[NAME]["yes"], reading.numbers[f"urgent_threshold_{reading.stage}"]
    urgent = yes >= threshold
    because = reading.strongest(NAME, "yes", DANGER) if urgent else ()
    return Verdict(label=urgent, score=yes if urgent else 1 - yes, because=because, by=reading.by(NAME))
