"""Has the sender spoken with the person concerned (A2, E1)? Asked where the procedure says so, never an obstacle."""

from __future__ import annotations

import re
from collections.abc import Mapping

from procedures import advice
from procedures.model import Procedure
from register.records import Submission, Understanding

#: the question, and the answer of a conversation that holds what was chosen
ASKED = "spoken_with"
CHOICES = (advice.YES, advice.NOT_YET, advice.UNWILLING)
#: whoever tells of a talk need not be asked whether there was one
_TOLD = re.compile(
    r"\b(?:pratat|talat|samtalat|snakket|snakka|prata(?:de)? vi|tala(?:de)? vi)\s+(?:\w+\s+){0,2}?med\b"
    r"|\b(?:spoke|spoken|talked|speaking|talking)\s+(?:\w+\s+){0,2}?(?:to|with)\b"
    r"|\b(?:говорих|говорихме|говорил[аи]?|разговарях|разговаряхме|разговарял[аи]?)\s+(?:\w+\s+){0,2}?(?:с|със)\b",
    re.IGNORECASE,
)


def is_asked(procedure: Procedure, understanding: Understanding, whole: Submission, answers: Mapping[str, str]) -> bool:
    """Whether this question is open: nobody who stays unknown is asked, nor who has told of it."""
    if ASKED in answers or understanding.anonymous.label is True or _TOLD.search(whole.text):
        return False
    return advice.to_ask(procedure, understanding) is not None


def contact(procedure: Procedure, understanding: Understanding, language: str) -> str:
    """How to reach the person concerned, in the procedure's own words; empty where it has none."""
    found = advice.to_ask(procedure, understanding)
    return procedure.in_language(found.text, language) if found else ""
