"""What kind of message is it: complaint, concern, question, praise, follow_up or other?"""

from __future__ import annotations

from collections.abc import Mapping

from classifiers import complaining, hello
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


#: who says outright that they complain is believed unless another kind is as sure as this; robots quote subjects
SURE = {"praise": 0.95, "question": 0.9, "concern": 0.9, "other": 0.7}
#: how sure that is then
OUTRIGHT = 0.7
#: fewer words than this are too few to tell from their meaning that they say nothing
FEW_WORDS = 8
#: a message is no matter for the school only from this likelihood on; below it what is next likeliest counts
NO_MATTER = 0.6


def answer(reading: Reading) -> Verdict:
    """The likeliest kind, with the sentences that speak for it.

    A complaint that says so is never thanked for its kind words because of a doubtful guess.
    """
    label, score = _likeliest(reading.scores[NAME])
    if label == "other" and _says_something(reading):
        label, score = _next(reading.scores[NAME])
    words = complaining.said(reading.message.plain) if score < SURE.get(str(label), 0.0) else ""
    if words:
        return Verdict(label="complaint", score=OUTRIGHT, because=(words,), by=reading.by(NAME))
    because = reading.strongest(NAME, label, SPEAKS_FOR.get(label, ()))
    return Verdict(label=label, score=score, because=because, by=reading.by(NAME))


def _likeliest(scores: Mapping[str, float]) -> tuple[str, float]:
    label, score = best(scores)
    if label == "other" and score < NO_MATTER:
        return _next(scores)
    return label, score


def _next(scores: Mapping[str, float]) -> tuple[str, float]:
    return best({name: value for name, value in scores.items() if name != "other"})


def _says_something(reading: Reading) -> bool:
    """True for a few words of a person's: who writes "min son är borta" in a hurry is not set aside for being short.

    Robots and adverts of a few words speak as such, greetings and "ok" are known.
    """
    text = reading.message.plain
    if len(text.split()) >= FEW_WORDS or hello.nothing(text):
        return False
    return not any(hit.group in SPEAKS_FOR["other"] for hit in reading.hits)
