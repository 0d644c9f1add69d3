"""The order in which a message is asked: one tuple, top to bottom. Later questions see the earlier answers."""

from __future__ import annotations

from collections.abc import Callable

from classifiers import anonymity, category, education, investigation, kind, persons, status, unit, urgency
from classifiers.reading import Reading
from register.records import Verdict

#: field of `Understanding` and who answers it; language comes before all of these, the gist after them
QUESTIONS: tuple[tuple[str, Callable[[Reading], Verdict]], ...] = (
    ("kind", kind.answer),
    ("category", category.answer),
    ("urgent", urgency.answer),
    ("anonymous", anonymity.answer),
    ("wants_investigation", investigation.answer),
    ("about_education", education.answer),
    ("unit", unit.answer),
    ("persons", persons.answer),
    ("accused_roles", persons.accused),
    ("dissatisfied", status.dissatisfied),
    ("asks_status", status.asks_status),
)

#: questions that a trained head answers, in both stages
LEARNT = ("kind", "category", "urgent", "anonymous", "wants_investigation", "about_education")
#: of these, the ones that a single sentence decides: the bare cues are told to their heads on the words too
POINTED = ("urgent", "anonymous", "wants_investigation")
#: the head that tells who is complained about
PEOPLE = "persons"
