"""Reading the outbox: the letters of a case, one letter, and how many answers an address has had."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, case, func, select

from register.reading import Lookup
from register.tables import letters, messages
from register.transactions import Connection


async def _answers_sent(conn: Connection, wishes: Sequence[tuple[str, tuple[datetime, ...]]]) -> list[tuple[int, ...]]:
    """For each address, how many letters to a sender went, or wait, since each of its moments."""
    addresses: defaultdict[tuple[datetime, ...], set[str]] = defaultdict(set)
    for address, since in wishes:
        addresses[since].add(address.lower())
    found: dict[tuple[str, tuple[datetime, ...]], tuple[int, ...]] = {}
    for since, keys in addresses.items():
        if since:
            moments = {f"moment{place}": moment for place, moment in enumerate(since)}
            values = {**moments, "addresses": sorted(keys), "first": min(since)}
            rows = await conn.execute(_counting(len(since)), values)
            found |= {(row[0], since): tuple(row[1:]) for row in rows}
    return [found.get((address.lower(), since), (0,) * len(since)) for address, since in wishes]


@cache
def _counting(windows: int) -> Select[Any]:
    moments = (bindparam(f"moment{place}", type_=letters.c.created_at.type) for place in range(windows))
    counts = (func.sum(case((letters.c.created_at >= moment, 1), else_=0)) for moment in moments)
    return (
        select(letters.c.to_key, *counts)
        .where(
            letters.c.to_key.in_(bindparam("addresses", expanding=True)),
            letters.c.created_at >= bindparam("first"),
            letters.c.role == "sender",
            letters.c.state != "failed",
        )
        .group_by(letters.c.to_key)
    )


ANSWERS_SENT = Lookup(_answers_sent)

_ALIKE = (
    select(messages.c.likeness, func.count())
    .where(
        messages.c.organisation == bindparam("school"),
        messages.c.likeness.in_(bindparam("likenesses", expanding=True)),
        messages.c.entered_at >= bindparam("since"),
        messages.c.answerable,
    )
    .group_by(messages.c.likeness)
)


async def _alike(conn: Connection, wishes: Sequence[tuple[str, str, datetime]]) -> list[int]:
    """For each organisation and likeness, how many messages since a moment could be answered."""
    likenesses: defaultdict[tuple[str, datetime], set[str]] = defaultdict(set)
    for organisation, likeness, since in wishes:
        if likeness:
            likenesses[organisation, since].add(likeness)
    found: dict[tuple[str, str, datetime], int] = {}
    for (school, since), ones in likenesses.items():
        rows = await conn.execute(_ALIKE, {"school": school, "likenesses": sorted(ones), "since": since})
        found |= {(school, row[0], since): row[1] for row in rows}
    return [found.get(wish, 0) for wish in wishes]


ALIKE = Lookup(_alike)


async def listed(conn: Connection, case_id: str | None) -> tuple[Mapping[str, Any], ...]:
    """The letters of a case, or of all, in the order in which they were ordered; without their bytes."""
    query = select(*(column for column in letters.c if column.name not in ("content", "to_key")))
    if case_id is not None:
        query = query.where(letters.c.case_id == case_id)
    return tuple(dict(row) for row in (await conn.execute(query.order_by(letters.c.number))).mappings())


async def one(conn: Connection, letter_id: str) -> Mapping[str, Any] | None:
    """A letter with everything that is known of it, its bytes included."""
    row = (await conn.execute(select(letters).where(letters.c.id == letter_id))).mappings().one_or_none()
    return None if row is None else dict(row)
