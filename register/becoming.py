"""What a message makes of a case: a new one, or the one that it joins, moved on. Pure; no input, no output."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from register import anonymity
from register.records import Case, Deadline, Entry, Label
from register.seals import new_id


def opened(entry: Entry, reference: str, now: datetime) -> Case:
    """The case that a message opens, under a number."""
    decision, understanding = entry.decision, entry.understanding
    case = Case(
        id=new_id(),
        reference=reference,
        organisation=decision.organisation,
        unit=decision.unit,
        channel=entry.raw.channel,
        opened_at=now,
        kind=_word(understanding.kind.label),
        category=_word(understanding.category.label),
        urgent=understanding.urgent.label is True,
        anonymous=understanding.anonymous.label is True,
        language=_word(understanding.language.label) or "",
        stage=decision.stage,
        status="open",
        owner=decision.owner,
        recipients=decision.recipients,
        excluded=decision.excluded,
        deadlines=_by_date(decision.deadlines),
        messages=1,
        not_acknowledged_because=decision.not_acknowledged_because or None,
        subject=entry.submission.subject,
        gist=understanding.gist,
    )
    return replace(case, parties=_parties(entry, case))


def joined_by(entry: Entry, case: Case) -> Case:
    """The case after this message, as the decision has it; what the decision leaves empty stays."""
    decision = entry.decision
    excluded = _union(case.excluded, decision.excluded)
    begins = decision.stage not in ("", case.stage)
    # Whoever is complained about sees nothing more of the case, also when it only turns out later (E2, G2).
    recipients = tuple(role for role in decision.recipients or case.recipients if role not in excluded)
    return replace(
        case,
        unit=decision.unit or case.unit,
        urgent=case.urgent or entry.understanding.urgent.label is True,
        stage=decision.stage or case.stage,
        status="open" if begins or decision.reopens else case.status,
        owner=_owner(entry, case, excluded),
        recipients=recipients,
        excluded=excluded,
        parties=_parties(entry, case),
        deadlines=_by_date(decision.deadlines) if begins else case.deadlines,
        messages=case.messages + 1,
    )


def _owner(entry: Entry, case: Case, excluded: tuple[str, ...]) -> str:
    """Who owns the case now: as decided, unless somebody else has it since the decision saw the case, or must not."""
    wanted, seen = entry.decision.owner, entry.case
    overtaken = seen is not None and wanted == seen.owner
    return case.owner if not wanted or overtaken or wanted in excluded else wanted


def _parties(entry: Entry, case: Case) -> tuple[str, ...]:
    """Who belongs to the case now: nobody of an anonymous one; no robot belongs, and no address of another's."""
    sender = entry.submission.sender
    untrue = entry.ruling.automatic is not None or entry.submission.authenticity.failed
    if anonymity.is_asked_for(entry, case) or sender is None or untrue:
        return case.parties
    return _union(case.parties, (sender.value.lower(),))


def _by_date(deadlines: Iterable[Deadline]) -> tuple[Deadline, ...]:
    return tuple(sorted(deadlines, key=lambda deadline: deadline.due_at))


def _union(some: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*some, *more)))


def _word(label: Label) -> str | None:
    return label if isinstance(label, str) else None
