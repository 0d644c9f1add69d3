"""The JSON shapes of the command line: keys in English, values stable, as docs/commands.md promises."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from enum import Enum
from typing import Any

from register.records import (
    Address,
    Case,
    Deadline,
    JournalEntry,
    Ruling,
    SetAside,
    Signature,
    Submission,
    Understanding,
    Verdict,
)

Shape = dict[str, Any]


def dumps(shape: Mapping[str, Any]) -> str:
    """One JSON object on one line, UTF-8."""
    return json.dumps(shape, ensure_ascii=False, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    return str(value)


def address(value: Address | None) -> Shape | None:
    """`{"name", "address"}`, or None for no address."""
    return None if value is None else {"name": value.name, "address": value.value}


def submission(file: str, read: Submission, ruling: Ruling, language: str | None) -> Shape:
    """How a message is read: the object of `lyhord parse --json`."""
    return {
        "file": file,
        "message_id": read.message_id,
        "from": address(read.sender),
        "to": [address(one) for one in read.to],
        "subject": read.subject,
        "date": read.date and read.date.isoformat(),
        "text": read.text,
        "reply": read.reply,
        "attachments": [{"name": one.name, "type": one.type, "size": one.size} for one in read.attachments],
        "language": language,
        "automatic": ruling.automatic and ruling.automatic.value,
        "answerable": ruling.answerable,
        "reason": ruling.reason or None,
        "because": ruling.because or None,
        "cc": [address(one) for one in read.cc],
        "reply_to": address(read.reply_to),
        "form": dict(read.form),
        "encrypted": read.encrypted or None,
        "signatures": [signature(one) for one in read.signatures],
        "defects": list(read.defects),
        "authenticity": {**asdict(read.authenticity), "failed": read.authenticity.failed},
        "forwarded_by": address(read.forwarded_by),
    }


def signature(given: Signature) -> Shape:
    """What became of checking a signature of a mail."""
    return {
        "kind": given.kind,
        "state": given.state,
        "signer": given.signer or None,
        "trusted": given.trusted,
        "because": given.because or None,
    }


def understanding(given: Mapping[str, Any], understood: Understanding) -> Shape:
    """What the classifiers say: the object of `lyhord classify --json`."""
    label = {name: verdict.label for name, verdict in understood.questions().items()}
    return {
        "id": given.get("id"),
        "lang": label["language"],
        "kind": label["kind"],
        "category": label["category"],
        "categories": {name: round(score, 4) for name, score in understood.categories.items()},
        "urgent": bool(label["urgent"]),
        "anonymous": bool(label["anonymous"]),
        "wants_investigation": label["wants_investigation"],
        "unit": label["unit"],
        "persons": list(understood.persons.label or ()) if isinstance(understood.persons.label, tuple) else [],
        "about_education": label["about_education"],
        "dissatisfied": bool(label["dissatisfied"]),
        "asks_status": bool(label["asks_status"]),
        "gist": understood.gist,
        "scores": {name: round(verdict.score, 4) for name, verdict in understood.questions().items()},
        "because": {name: list(verdict.because) for name, verdict in understood.questions().items() if verdict.because},
    }


def verdict(given: Verdict) -> Shape:
    """One verdict with its evidence."""
    return asdict(given)


def deadline(given: Deadline) -> Shape:
    """A date on a case."""
    return {"kind": given.kind, "due_at": given.due_at.isoformat(), "clause": given.clause, "role": given.role}


def case(given: Case) -> Shape:
    """A case of the register: the object of `lyhord register list --json`."""
    return {
        "reference": given.reference,
        "organisation": given.organisation,
        "unit": given.unit,
        "channel": given.channel,
        "opened_at": given.opened_at.isoformat(),
        "kind": given.kind,
        "category": given.category,
        "urgent": given.urgent,
        "anonymous": given.anonymous,
        "language": given.language,
        "stage": given.stage,
        "status": given.status,
        "owner": given.owner,
        "recipients": list(given.recipients),
        "excluded": list(given.excluded),
        "deadlines": [deadline(one) for one in given.deadlines],
        "messages": given.messages,
        "acknowledged_at": given.acknowledged_at and given.acknowledged_at.isoformat(),
        "not_acknowledged_because": given.not_acknowledged_because or None,
        "subject": given.subject,
    }


def journal_entry(given: JournalEntry) -> Shape:
    """A line of the journal with its place in the chain."""
    return {
        "position": given.position,
        "at": given.at.isoformat(),
        "what": given.what,
        "who": given.who,
        "clause": given.clause,
        "facts": dict(given.facts),
        "hash": given.hash,
    }


def set_aside(given: SetAside) -> Shape:
    """A message that is in no case."""
    return {
        "id": given.spool_id,
        "channel": given.channel,
        "received_at": given.received_at.isoformat(),
        "reason": given.reason,
        "detail": given.detail,
    }
