"""What kind of message is it: complaint, concern, question, praise, follow_up or other?"""

from __future__ import annotations

from classifiers.reading import Reading, best
from register.records import Verdict

NAME = "kind"

#: cue groups that speak for a kind, as evidence where the meaning of the sentences was not needed
SPEAKS_FOR = {
    "complaint": ("investigate", "dissatisfied"),
    "concern": ("worry",),
    "question": ("question", "request"),
    "praise": ("praise",),
    "follow_up": ("earlier", "status"),
    "other": ("automatic", "advert", "phishing", "application"),
}


def answer(reading: Reading) -> Verdict:
    """The likeliest kind, with the sentences that speak for it."""
    label, score = best(reading.scores[NAME])
    because = reading.strongest(NAME, label, SPEAKS_FOR.get(label, ()))
    return Verdict(label=label, score=score, because=because, by=reading.by(NAME))
