"""Does the sender ask to stay anonymous, or say that they are?"""

from __future__ import annotations

from classifiers.reading import Reading
from register.records import Verdict

NAME = "anonymous"


def answer(reading: Reading) -> Verdict:
    """True or False, with the words in which it is asked."""
    yes = reading.scores[NAME]["yes"]
    anonymous = yes >= reading.numbers.get("anonymous_threshold", 0.5)
    because = reading.cues("anonymous") or reading.strongest(NAME, "yes", most=1) if anonymous else ()
    return Verdict(label=anonymous, score=yes if anonymous else 1 - yes, because=because, by=reading.by(NAME))
