"""Reading cases: by id, number, organisation or unit; their messages, verdicts and decision."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import RowMapping, Select, bindparam, exists, or_, select

from register import filing
from register.columns import Row
from register.errors import Permanent
from register.numbers import search_key
from register.reading import once_each
from register.records import Case, Deadline, Decision, Disposition, OpenCase, Verdict
from register.tables import cases, deadlines, letters, messages, parties
from register.transactions import Connection

#: letters to the sender that acknowledge a case
ACKNOWLEDGING = ("acknowledgement", "not_examined")
#: why a date is none of its case any more: another stage took its place, or the case was closed
OVER = ("superseded", "closed")
#: how many ids one statement names
_CHUNK = 500

_BY_ID = select(cases).where(cases.c.id.in_(bindparam("ids", expanding=True)))
_PARTIES = select(parties).where(parties.c.case_id.in_(bindparam("ids", expanding=True))).order_by(parties.c.address)
_DEADLINES = (
    select(deadlines)
    .where(deadlines.c.case_id.in_(bindparam("ids", expanding=True)), deadlines.c.ended_because.not_in(OVER))
    .order_by(deadlines.c.due_at, deadlines.c.id)
)
_ONE = select(cases).where(or_(cases.c.id == bindparam("id"), cases.c.reference_key == bindparam("key")))
_BY_REFERENCES = select(cases).where(
    cases.c.reference_key.in_(bindparam("keys", expanding=True)), cases.c.organisation == bindparam("school")
)
_IN_ORDER = (cases.c.opened_at, cases.c.series, cases.c.year, cases.c.number)


async def by_ids(conn: Connection, ids: Iterable[str], *, lock: bool = False) -> dict[str, Case]:
    """Cases by their ids; unknown ids are left out. `lock`: nobody else changes them until the transaction ends."""
    query = _BY_ID.with_for_update() if lock else _BY_ID
    rows: list[RowMapping] = []
    for chunk in _chunks(sorted(set(ids))):
        rows += (await conn.execute(query, {"ids": chunk})).mappings()
    return {case.id: case for case in await _complete(conn, rows)}


async def listed(
    conn: Connection,
    *,
    organisation: str | None = None,
    status: str | None = None,
    limit: int | None = None,
) -> tuple[Case, ...]:
    """Cases in the order of their opening; with a limit the newest ones."""
    wanted = {"organisation": organisation, "status": status}
    values = {name: value for name, value in wanted.items() if value is not None}
    if limit is None:
        return await _fetch(conn, _listing(tuple(values), newest=False), values)
    return (await _fetch(conn, _listing(tuple(values), newest=True), {**values, "most": limit}))[::-1]


@cache
def _listing(names: tuple[str, ...], *, newest: bool) -> Select[Any]:
    query = select(cases).where(*(cases.c[name] == bindparam(name) for name in names))
    if newest:
        return query.order_by(*(column.desc() for column in _IN_ORDER)).limit(bindparam("most"))
    return query.order_by(*_IN_ORDER)


_OPEN = (
    select(cases.c.id, cases.c.reference, cases.c.category, cases.c.excluded)
    .where(cases.c.organisation == bindparam("school"), cases.c.unit == bindparam("unit"), cases.c.status == "open")
    .order_by(*(column.desc() for column in _IN_ORDER))
    .limit(bindparam("most"))
)


async def _open(conn: Connection, wish: tuple[str, str, int]) -> tuple[OpenCase, ...]:
    """The newest open cases of a school's unit, at most so many, in the order of their opening."""
    school, unit, most = wish
    rows = (await conn.execute(_OPEN, {"school": school, "unit": unit, "most": most})).all()
    return tuple(
        OpenCase(id=row.id, reference=row.reference, category=row.category, excluded=tuple(row.excluded))
        for row in reversed(rows)
    )


OPEN = once_each(_open)


async def one(conn: Connection, reference_or_id: str) -> Case | None:
    """A case by its id or its number as people write it; raises Permanent where several schools have that number."""
    text = reference_or_id.strip()
    found = await _fetch(conn, _ONE, {"id": text, "key": search_key(text)})
    if len(found) > 1:
        where = ", ".join(f"{case.organisation} ({case.id})" for case in found)
        raise Permanent(f"Several schools have a case {text}: {where}. Give the id instead.")
    return found[0] if found else None


async def by_references(conn: Connection, organisation: str, written: Sequence[str]) -> dict[str, Case]:
    """Cases of an organisation by the search key of their number."""
    keys = sorted({search_key(one) for one in written})
    found = await _fetch(conn, _BY_REFERENCES, {"keys": keys, "school": organisation})
    return {search_key(case.reference): case for case in found}


async def unacknowledged(conn: Connection, before: datetime) -> tuple[Case, ...]:
    """Cases opened before a moment that owe an acknowledgement, unless one is ordered for later than that moment."""
    later = exists().where(
        letters.c.case_id == cases.c.id,
        letters.c.ended_at.is_(None),
        letters.c.role == "sender",
        letters.c.template.in_(ACKNOWLEDGING),
        letters.c.send_at > before,
    )
    owed = select(cases).where(
        cases.c.acknowledged_at.is_(None),
        cases.c.not_acknowledged_because.is_(None),
        cases.c.opened_at < before,
        ~later,
    )
    return await _fetch(conn, owed.order_by(cases.c.opened_at))


async def messages_of(conn: Connection, case_id: str) -> tuple[Mapping[str, Any], ...]:
    """The messages of a case, oldest first, without the JSON of decision and verdicts."""
    columns = [column for column in messages.c if column.name not in ("decision", "verdicts")]
    query = select(*columns).where(messages.c.case_id == case_id).order_by(messages.c.id)
    return tuple(dict(row) for row in (await conn.execute(query)).mappings())


async def verdicts(conn: Connection, case_id: str) -> dict[str, Verdict]:
    """What the classifiers said of the message that opened a case, by question; empty for an unknown case."""
    text = await _of_first_message(conn, case_id, "verdicts")
    return {} if text is None else filing.read_verdicts(text)


async def decision(conn: Connection, case_id: str) -> Decision | None:
    """What was decided when a case was opened."""
    text = await _of_first_message(conn, case_id, "decision")
    return None if text is None else filing.read_decision(text)


async def _of_first_message(conn: Connection, case_id: str, column: str) -> str | None:
    query = select(messages.c[column]).where(
        messages.c.case_id == case_id, messages.c.disposition == Disposition.REGISTERED.value
    )
    return (await conn.execute(query.order_by(messages.c.id).limit(1))).scalar_one_or_none()


async def _fetch(conn: Connection, query: Select[Any], values: Mapping[str, Any] | None = None) -> tuple[Case, ...]:
    return await _complete(conn, (await conn.execute(query, values)).mappings().all())


async def _complete(conn: Connection, rows: Sequence[RowMapping]) -> tuple[Case, ...]:
    """Cases with their parties and deadlines, in the order of the rows."""
    of_case: dict[str, list[str]] = defaultdict(list)
    due: dict[str, list[Deadline]] = defaultdict(list)
    for ids in _chunks([row["id"] for row in rows]):
        for party in await conn.execute(_PARTIES, {"ids": ids}):
            of_case[party.case_id].append(party.address)
        for row in (await conn.execute(_DEADLINES, {"ids": ids})).mappings():
            due[row["case_id"]].append(read_deadline(row))
    return tuple(filing.read_case(row, tuple(of_case[row["id"]]), tuple(due[row["id"]])) for row in rows)


def read_deadline(row: Row) -> Deadline:
    """A deadline from its row."""
    return Deadline(**{name: row[name] for name in ("kind", "due_at", "clause", "role", "promised")})


def _chunks(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))
