"""A register with many closed and open cases already in it, written in bulk and as sound as one that has grown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from register import journal
from register.numbers import search_key
from register.opening import engine_for
from register.records import Happening
from register.seals import new_id
from register.store import Register
from register.tables import ARRIVED, cases, counters, deadlines, letters, messages, parties, spool

_CHUNK = 2000
_SERIES, _YEAR = "benchmark", 2025
#: organisation, unit, owner
_PLACES = (("alexanderskolan", "Gärdet", "head_gardet"), ("nordberg", None, "head"), ("st_george", None, "head"))
_BEGUN = datetime(2025, 1, 7, 8, tzinfo=UTC)
#: one case in so many is still open
_OPEN = 20
_TEXT = "Hello! The food at school was cold again on Monday, and nobody answered when we wrote about it. " * 3
_CONTENT = f"Subject: Food\r\nMessage-ID: <x@families.example>\r\n\r\n{_TEXT}\r\n".encode()


async def fill(url: str, number: int) -> None:
    """Adds so many cases, each with its mail, its two letters that have left, and its lines in the journal."""
    async with await Register.open(url):
        engine = engine_for(url, create=False)
        try:
            for start in range(0, number, _CHUNK):
                async with engine.begin() as conn:
                    await _add(conn, range(start + 1, min(start + _CHUNK, number) + 1))
        finally:
            await engine.dispose()


async def _add(conn: AsyncConnection, numbers: Sequence[int]) -> None:
    head = await journal.lock(conn)
    await _count(conn, numbers)
    ids = {number: new_id() for number in numbers}
    added = await conn.execute(
        insert(spool).returning(spool.c.id, sort_by_parameter_order=True), list(map(_spooled, numbers))
    )
    spooled = dict(zip(numbers, added.scalars(), strict=True))
    await conn.execute(insert(cases), [_case(number, ids[number]) for number in numbers])
    await conn.execute(insert(parties), [{"case_id": ids[one], "address": _sender(one)} for one in numbers])
    await conn.execute(insert(messages), [_message(one, ids[one], spooled[one]) for one in numbers])
    await conn.execute(insert(deadlines), [_deadline(one, ids[one]) for one in numbers])
    await conn.execute(insert(letters), [row for one in numbers for row in _letters(one, ids[one])])
    lines = [line for one in numbers for line in _lines(one, ids[one], spooled[one])]
    await journal.append(conn, head, lines)


async def _count(conn: AsyncConnection, numbers: Sequence[int]) -> None:
    arrived = (counters.c.series == ARRIVED["series"]) & (counters.c.year == ARRIVED["year"])
    await conn.execute(update(counters).where(arrived).values(last=counters.c.last + len(numbers)))
    if numbers[0] == 1:
        await conn.execute(insert(counters), {"series": _SERIES, "year": _YEAR, "last": 0})
    ours = (counters.c.series == _SERIES) & (counters.c.year == _YEAR)
    await conn.execute(update(counters).where(ours).values(last=numbers[-1]))


def _sender(number: int) -> str:
    return f"before.{number:06}@families.example"


def _at(number: int) -> datetime:
    return _BEGUN + timedelta(minutes=number)


def _is_open(number: int) -> bool:
    return number % _OPEN == 0


def _spooled(number: int) -> dict[str, Any]:
    return {
        "channel": "lmtp",
        "external_id": f"before-{number}",
        "received_at": _at(number),
        "recipients": ["hej@alexanderskolan.se"],
        "envelope_from": _sender(number),
        "organisation": _place(number)[0],
        "attempts": 1,
        "claimed_by": "",
        "ended_at": _at(number),
        "outcome": "registered",
        "content": _CONTENT,
    }


def _place(number: int) -> tuple[str, str | None, str]:
    return _PLACES[number % len(_PLACES)]


def _case(number: int, case_id: str) -> dict[str, Any]:
    organisation, unit, owner = _place(number)
    return {
        "id": case_id,
        "reference": f"B {_YEAR}/{number:06}",
        "reference_key": search_key(f"B {_YEAR}/{number:06}"),
        "series": _SERIES,
        "year": _YEAR,
        "number": number,
        "organisation": organisation,
        "unit": unit,
        "channel": "lmtp",
        "opened_at": _at(number),
        "kind": "complaint",
        "category": "meals",
        "urgent": False,
        "anonymous": False,
        "language": "en",
        "stage": "first",
        "status": "open" if _is_open(number) else "closed",
        "owner": owner,
        "recipients": [owner],
        "excluded": [],
        "messages": 1,
        "acknowledged_at": _at(number),
        "subject": "Food",
        "gist": "The food at school was cold again.",
    }


def _message(number: int, case_id: str, spool_id: int) -> dict[str, Any]:
    return {
        "spool_id": spool_id,
        "case_id": case_id,
        "organisation": _place(number)[0],
        "disposition": "registered",
        "may_belong_to": [],
        "channel": "lmtp",
        "received_at": _at(number),
        "entered_at": _at(number),
        "sender_kind": "mail",
        "sender": _sender(number),
        "sender_name": "",
        "subject": "Food",
        "message_id": f"<before.{number}@families.example>",
        "ancestors": [],
        "text": _TEXT,
        "reply": _TEXT,
        "attachments": [],
        "form": {},
        "defects": [],
        "answerable": True,
        "duplicate_key": f"before-{number}",
        "fingerprint": f"before-{number}",
        "likeness": f"before-{number % 1000}",
        "decision": json.dumps({}),
        "verdicts": json.dumps({}),
    }


def _deadline(number: int, case_id: str) -> dict[str, Any]:
    runs = _is_open(number)
    return {
        "case_id": case_id,
        "stage": "first",
        "kind": "answer",
        # Far off, so that the clock has nothing to do with it during a run.
        "due_at": _at(number) + timedelta(days=3650),
        "clause": "1",
        "role": _place(number)[2],
        "promised": True,
        "ended_at": None if runs else _at(number),
        "ended_because": "" if runs else "closed",
    }


def _letters(number: int, case_id: str) -> list[dict[str, Any]]:
    at, owner = _at(number), _place(number)[2]
    return [
        {
            "id": new_id(),
            "case_id": case_id,
            "role": role,
            "to_kind": "mail",
            "to_value": to,
            "to_key": to,
            "template": template,
            "language": "en",
            "subject": "Food",
            "message_id": f"<{template}.{number}@school.example>",
            "urgent": False,
            "created_at": at,
            "ready_at": at,
            "attempts": 1,
            "ended_at": at,
            "state": "sent",
            "body": _TEXT,
            "content": _CONTENT,
        }
        for role, to, template in (
            ("sender", _sender(number), "acknowledgement"),
            (owner, "staff@school.example", "notice"),
        )
    ]


def _lines(number: int, case_id: str, spool_id: int) -> list[journal.Line]:
    facts = {"reference": f"B {_YEAR}/{number:06}", "message": spool_id}
    happenings = [Happening(what="registered", facts=facts)]
    happenings += [Happening(what=what) for what in ("letter_ordered", "letter_sent") for _ in range(2)]
    return [journal.Line(at=_at(number), case_id=case_id, happening=one) for one in happenings]
