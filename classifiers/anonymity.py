"""Does the sender ask to stay anonymous, or say that they are?"""

from __future__ import annotations

from classifiers.reading import Reading
from register.records import Verdict

NAME = "anonymous"
#: where the word for it stands, so much likelihood suffices: of 218 messages with such a word 197 ask for it, and to
#: name somebody who asked not to be named cannot be taken back
SAID, SURE = 0.1, 0.9
#: how much is needed where it does not
LIKELY = 0.5


def answer(reading: Reading) -> Verdict:
    """True or False, with the words in which it is asked."""
    yes = reading.scores[NAME]["yes"]
    said = reading.cues("anonymous")
    if said and yes >= SAID:
        return Verdict(label=True, score=max(yes, SURE), because=said, by=reading.by(NAME))
    anonymous = yes >= LIKELY
    because = reading.strongest(NAME, "yes", most=1) if anonymous else ()
    return Verdict(label=anonymous, score=yes if anonymous else 1 - yes, because=because, by=reading.by(NAME))
