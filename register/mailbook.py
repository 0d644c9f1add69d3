"""Reading the outbox: the letters of a case, one letter, and how many answers an address has had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from register.tables import letters, messages


async def answers_sent(conn: AsyncConnection, address: str, since: Sequence[datetime]) -> tuple[int, ...]:
    """How many letters to a sender went, or wait, to an address since each moment."""
    if not since:
        return ()
    values = {f"moment{place}": moment for place, moment in enumerate(since)}
    row = await conn.execute(_counting(len(since)), {**values, "address": address.lower(), "first": min(since)})
    return tuple(count or 0 for count in row.one())


@cache
def _counting(windows: int) -> Select[Any]:
    moments = (bindparam(f"moment{place}", type_=letters.c.created_at.type) for place in range(windows))
    return select(*(func.sum(case((letters.c.created_at >= moment, 1), else_=0)) for moment in moments)).where(
        letters.c.to_key == bindparam("address"),
        letters.c.created_at >= bindparam("first"),
        letters.c.role == "sender",
        letters.c.state != "failed",
    )


async def alike(conn: AsyncConnection, organisation: str, likeness: str, since: datetime) -> int:
    """How many messages of a likeness an organisation has had since a moment that could be answered."""
    query = select(func.count()).where(
        messages.c.organisation == organisation,
        messages.c.likeness == likeness,
        messages.c.entered_at >= since,
        messages.c.answerable,
    )
    return int((await conn.execute(query)).scalar_one()) if likeness else 0


async def listed(conn: AsyncConnection, case_id: str | None) -> tuple[Mapping[str, Any], ...]:
    """The letters of a case, or of all, in the order in which they were ordered; without their bytes."""
    query = select(*(column for column in letters.c if column.name not in ("content", "to_key")))
    if case_id is not None:
        query = query.where(letters.c.case_id == case_id)
    return tuple(dict(row) for row in (await conn.execute(query.order_by(letters.c.number))).mappings())


async def one(conn: AsyncConnection, letter_id: str) -> Mapping[str, Any] | None:
    """A letter with everything that is known of it, its bytes included."""
    row = (await conn.execute(select(letters).where(letters.c.id == letter_id))).mappings().one_or_none()
    return None if row is None else dict(row)
