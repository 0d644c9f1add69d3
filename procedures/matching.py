"""The message as the rules see it, and whether a rule matches it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from procedures.model import Procedure
from procedures.sections import Rule, When
from register.records import Submission, Understanding

# From this score on, what the text says of the unit counts for more than the mailbox that it came to.
UNIT_FROM = 0.5
# How sure it must be that somebody is not satisfied before that leads to the next stage.
DISSATISFIED_FROM = 0.5


@dataclass(frozen=True, kw_only=True)
class Matter:
    """What rules ask about: the verdicts, with unsure ones as None."""

    kind: str | None = None
    kind_score: float = 0.0
    category: str | None = None
    categories: Mapping[str, float]
    unit: str | None = None
    urgent: bool = False
    anonymous: bool = False
    about_education: bool | None = None
    wants_investigation: bool | None = None
    dissatisfied: bool = False

    def may_be(self, categories: Iterable[str], suspected_from: float) -> bool:
        """True where one of the categories is the first, or has at least that score (above 0)."""
        wanted = set(categories)
        suspected = (name for name in wanted if 0 < suspected_from <= self.categories.get(name, 0.0))
        return self.category in wanted or next(suspected, None) is not None


def matter_of(procedure: Procedure, submission: Submission, understanding: Understanding) -> Matter:
    """The message as this school's rules see it."""
    anonymous, dissatisfied = understanding.anonymous, understanding.dissatisfied
    return Matter(
        kind=_text(understanding.kind.label),
        kind_score=understanding.kind.score,
        category=_text(understanding.category.label),
        categories=understanding.categories,
        unit=unit_of(procedure, submission, understanding),
        urgent=understanding.urgent.label is True,
        anonymous=anonymous.label is True and anonymous.score >= procedure.anonymous.minimum_score,
        about_education=_truth(understanding.about_education.label),
        wants_investigation=_truth(understanding.wants_investigation.label),
        dissatisfied=dissatisfied.label is True and dissatisfied.score >= DISSATISFIED_FROM,
    )


def unit_of(procedure: Procedure, submission: Submission, understanding: Understanding) -> str | None:
    """The unit: as the text says, else as the form says, else the mailbox's; None where nothing tells."""
    said = _text(understanding.unit.label)
    if procedure.unit(said) and understanding.unit.score >= UNIT_FROM:
        return said
    return _unit_named(procedure, submission.form.get("unit", "")) or _unit_of_mailbox(procedure, submission)


def _unit_named(procedure: Procedure, written: str) -> str | None:
    wanted = " ".join(written.casefold().split())
    if not wanted:
        return None
    for unit in procedure.facts().units:
        if any(alias.casefold() == wanted for alias in unit.aliases):
            return unit.id
    return None


def _unit_of_mailbox(procedure: Procedure, submission: Submission) -> str | None:
    written = [address.value for address in (*submission.to, *submission.cc)]
    for addresses in (submission.delivered_to, written):
        units = {box.unit for box in map(procedure.mailbox_at, addresses) if box}
        # A mail to the kindergarten and the school at once belongs to neither alone.
        if units:
            return units.pop() if len(units) == 1 else None
    return None


def first_rule(procedure: Procedure, matter: Matter) -> Rule:
    """The first rule that matches; the last one asks nothing, so there always is one."""
    return next((rule for rule in procedure.rules if matches(rule.when, matter)), procedure.rules[-1])


def matches(when: When, matter: Matter) -> bool:
    """True where the message is all that the rule asks; an unsure verdict is never what a rule asks."""
    if when.kinds and (matter.kind not in when.kinds or matter.kind_score < when.minimum_score):
        return False
    if when.units and matter.unit not in when.units:
        return False
    if when.categories and not matter.may_be(when.categories, when.suspected_from):
        return False
    return all(wanted is None or wanted is is_so for wanted, is_so in _yes_or_no(when, matter))


def _yes_or_no(when: When, matter: Matter) -> tuple[tuple[bool | None, bool | None], ...]:
    return (
        (when.urgent, matter.urgent),
        (when.anonymous, matter.anonymous),
        (when.about_education, matter.about_education),
        (when.wants_investigation, matter.wants_investigation),
        (when.dissatisfied, matter.dissatisfied),
    )


def _text(label: object) -> str | None:
    return label if isinstance(label, str) and label else None


def _truth(label: object) -> bool | None:
    return label if isinstance(label, bool) else None
