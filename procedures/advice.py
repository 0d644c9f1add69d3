"""Which kind encouragement fits a message (A2, E1): never where it would be no kindness."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from procedures.model import Procedure
from procedures.policies import Advice
from register.records import Submission, Understanding

#: the field of a message that says whether its sender has spoken with the person concerned, and its values
SPOKEN = "spoken"
YES, NOT_YET, UNWILLING = "yes", "not_yet", "unwilling"
#: categories that are about what somebody on the staff does
_OF_PERSONS = ("staff_conduct", "teaching", "special_support")


def fitting(procedure: Procedure, understanding: Understanding) -> Iterator[Advice]:
    """The advice for a message of this kind and category."""
    for advice in procedure.advice:
        scores, category = understanding.categories, understanding.category.label
        suspected = any(scores.get(name, 0.0) >= advice.suspected_from for name in advice.except_categories)
        if understanding.kind.label in advice.kinds and not suspected and category not in advice.except_categories:
            yield advice


def to_ask(procedure: Procedure, understanding: Understanding) -> Advice | None:
    """The advice that the sender is asked about first: have you spoken with the person concerned?

    Only where the procedure says so, where somebody is concerned, and where no child may be in danger.
    """
    if understanding.urgent.label is True or not _concerns_somebody(understanding):
        return None
    return next((one for one in fitting(procedure, understanding) if one.ask), None)


def said(submission: Submission, texts: Mapping[str, str]) -> str:
    """What the sender has said about it, in the words of `texts` by `spoken_<answer>`; empty where nothing."""
    return texts.get(f"spoken_{submission.form.get(SPOKEN, '')}", "")


def _concerns_somebody(understanding: Understanding) -> bool:
    named = bool(understanding.persons.label) or bool(understanding.accused_roles.label)
    return named or understanding.about_education.label is True or understanding.category.label in _OF_PERSONS
