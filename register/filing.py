"""How the nouns become rows and come back: cases, messages, letters, decisions and verdicts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from register import anonymity
from register.columns import Row
from register.numbers import search_key
from register.records import Address, AddressKind, Case, Deadline, Decision, Entry, Letter, Understanding, Verdict

if TYPE_CHECKING:
    from pydantic import TypeAdapter

#: fields of a case that stand in tables of their own
_ELSEWHERE = ("parties", "deadlines")
#: fields of a case that a joined message may change
CHANGEABLE = ("unit", "stage", "status", "owner", "recipients", "excluded", "urgent", "messages")


@cache
def _decisions() -> TypeAdapter[Decision]:
    from pydantic import TypeAdapter

    return TypeAdapter(Decision)


@cache
def _verdicts() -> TypeAdapter[dict[str, Verdict]]:
    from pydantic import TypeAdapter

    return TypeAdapter(dict[str, Verdict])


def decision_text(decision: Decision) -> str:
    """A decision as JSON."""
    return _decisions().dump_json(decision).decode()


def read_decision(text: str) -> Decision:
    """A decision from its JSON; fields that came later have their defaults."""
    return _decisions().validate_json(text)


def verdicts_text(understanding: Understanding) -> str:
    """Every verdict by its question, as JSON."""
    return _verdicts().dump_json(understanding.questions()).decode()


def read_verdicts(text: str) -> dict[str, Verdict]:
    """Verdicts by question from their JSON."""
    return _verdicts().validate_json(text)


def case_row(case: Case, *, series: str, year: int, number: int) -> dict[str, Any]:
    """A new case's row."""
    row = {name: value for name, value in vars(case).items() if name not in _ELSEWHERE}
    row |= {"reference_key": search_key(case.reference), "series": series, "year": year, "number": number}
    return row | {"recipients": list(case.recipients), "excluded": list(case.excluded)}


def changed_row(case: Case) -> dict[str, Any]:
    """What a joined message may have changed, with the id as `of_case`."""
    row = {name: getattr(case, name) for name in CHANGEABLE}
    return row | {"of_case": case.id, "recipients": list(case.recipients), "excluded": list(case.excluded)}


def read_case(row: Row, parties: tuple[str, ...], deadlines: tuple[Deadline, ...]) -> Case:
    """A case from its row and from the two tables beside it."""
    names = [name for name in Case.__dataclass_fields__ if name not in _ELSEWHERE]
    case = Case(**{name: row[name] for name in names}, parties=parties, deadlines=deadlines)
    return replace(case, recipients=tuple(case.recipients), excluded=tuple(case.excluded))


def message_row(entry: Entry, now: datetime, *, case: Case | None, **fate: str) -> dict[str, Any]:
    """A message's row; `fate` is its disposition, reason and joined_by."""
    said, ruling = entry.submission, entry.ruling
    return {
        "spool_id": entry.raw.spool_id,
        "case_id": case.id if case else None,
        "organisation": entry.decision.organisation,
        **fate,
        "may_belong_to": list(entry.may_belong_to),
        "channel": entry.raw.channel,
        "received_at": entry.raw.received_at,
        "entered_at": now,
        **anonymity.sender_columns(entry, case),
        "subject": said.subject,
        "written_at": said.date,
        "text": said.text,
        "reply": said.reply,
        "attachments": [{"name": one.name, "type": one.type, "size": one.size} for one in said.attachments],
        "defects": list(said.defects),
        "automatic": ruling.automatic.value if ruling.automatic else "",
        "answerable": ruling.answerable,
        "unanswered_because": ruling.reason,
        "duplicate_key": entry.duplicate_key or None,
        "fingerprint": entry.fingerprint,
        "likeness": "" if anonymity.is_asked_for(entry, case) else entry.likeness,
        "decision": decision_text(entry.decision),
        "verdicts": verdicts_text(entry.understanding),
    }


def letter_row(letter: Letter, now: datetime, *, anonymous: bool = False) -> dict[str, Any]:
    """A letter's row in the outbox."""
    return {
        "id": letter.id,
        "case_id": letter.case_id,
        "role": letter.role,
        "to_kind": letter.to.kind.value,
        "to_value": letter.to.value,
        "to_key": letter.to.value.lower(),
        "to_name": anonymity.recipient_name(letter, anonymous=anonymous),
        "template": letter.template,
        "language": letter.language,
        "subject": letter.subject,
        "message_id": letter.message_id,
        "envelope_from": letter.envelope_from,
        "organisation": letter.organisation,
        "urgent": letter.urgent,
        "send_at": letter.send_at,
        "created_at": now,
        "ready_at": letter.send_at or now,
        "state": "waiting",
        "body": letter.body,
        "buttons": letter.buttons or None,
        "content": letter.content,
    }


def read_letter(row: Row) -> Letter:
    """A letter from its row."""
    same = ("id", "case_id", "role", "template", "language", "subject", "body", "content", "message_id")
    return Letter(
        **{name: row[name] for name in (*same, "envelope_from", "organisation", "urgent", "send_at")},
        to=Address(kind=AddressKind(row["to_kind"]), value=row["to_value"], name=row["to_name"]),
        buttons=tuple(tuple((str(title), str(data)) for title, data in line) for line in row["buttons"] or ()),
    )
