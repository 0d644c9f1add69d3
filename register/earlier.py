"""Closed cases and what their first messages meant, so that like cases can be treated alike (B6)."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import select

from register import cases as reading
from register.closing import CLOSED
from register.records import EarlierCase
from register.tables import cases, journal, meanings
from register.transactions import Connection

#: how many closed cases of one category are looked through, the newest
MOST = 1000


async def meaning(conn: Connection, case_id: str) -> bytes:
    """What the first message of a case meant; empty where that is not kept."""
    query = select(meanings.c.vector).where(meanings.c.case_id == case_id)
    return (await conn.execute(query)).scalar_one_or_none() or b""


async def closed_meanings(conn: Connection, organisation: str, category: str) -> tuple[tuple[str, bytes], ...]:
    """The ids of a school's closed cases of a category with what they meant, the newest first."""
    query = (
        select(cases.c.id, meanings.c.vector)
        .join(meanings, meanings.c.case_id == cases.c.id)
        .where(cases.c.organisation == organisation, cases.c.status == CLOSED, cases.c.category == category)
        .order_by(cases.c.opened_at.desc())
        .limit(MOST)
    )
    return tuple((row.id, row.vector) for row in await conn.execute(query))


async def ended(conn: Connection, ids: Iterable[str]) -> tuple[EarlierCase, ...]:
    """Cases with when and how they were closed last, in the order of their ids; those that are open are left out."""
    wanted = tuple(ids)
    found = await reading.by_ids(conn, wanted)
    query = select(journal.c.case_id, journal.c.at, journal.c.facts).where(
        journal.c.case_id.in_(wanted), journal.c.what == CLOSED
    )
    lines = {row.case_id: row for row in await conn.execute(query.order_by(journal.c.position))}
    return tuple(
        EarlierCase(case=found[one], closed_at=lines[one].at, how=str(json.loads(lines[one].facts).get("because", "")))
        for one in wanted
        if one in lines and found[one].status == CLOSED
    )
