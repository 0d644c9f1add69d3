"""The figures of a running register: what waits and since when, what rings; each by an index, not by a whole table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime

from sqlalchemy import and_, func, or_, select

from register import audit
from register.records import Disposition, Figures
from register.tables import alarms, cases, letters, messages, spool
from register.transactions import Connection

#: ids that one statement asks for
_CHUNK = 500


class Gauges:
    """How the register does, for whoever watches it; nothing here is about anybody."""

    def __init__(self, reading: Callable[[], AbstractAsyncContextManager[Connection]]) -> None:
        self._reading = reading

    async def figures(self, now: datetime) -> Figures:
        """What waits and since when, what rings, and the books; cheap enough to be asked for every few seconds."""
        async with self._reading() as conn:
            return await _figures(conn, now)

    async def oldest_letter(self, now: datetime) -> datetime | None:
        """Since when the letter waits that could have left first; one ordered for later waits from then."""
        async with self._reading() as conn:
            return await _oldest_letter(conn, now)

    async def acknowledged(self, case_ids: Sequence[str]) -> tuple[tuple[datetime, datetime], ...]:
        """Of each of these cases that is acknowledged: when its first message was received, and when that was."""
        first = and_(messages.c.case_id == cases.c.id, messages.c.disposition == Disposition.REGISTERED.value)
        query = select(messages.c.received_at, cases.c.acknowledged_at).join(messages, first)
        query = query.where(cases.c.acknowledged_at.is_not(None))
        found: list[tuple[datetime, datetime]] = []
        async with self._reading() as conn:
            for start in range(0, len(case_ids), _CHUNK):
                these = query.where(cases.c.id.in_(case_ids[start : start + _CHUNK]))
                found += [(row[0], row[1]) for row in await conn.execute(these)]
        return tuple(found)


async def _figures(conn: Connection, now: datetime) -> Figures:
    lanes = select(letters.c.urgent, func.count()).where(letters.c.ended_at.is_(None)).group_by(letters.c.urgent)
    waiting = {bool(row[0]): row[1] for row in await conn.execute(lanes)}
    ringing = await conn.execute(select(alarms.c.code, func.count()).group_by(alarms.c.code).order_by(alarms.c.code))
    return Figures(
        books=await audit.books(conn),
        oldest_message=await _oldest_message(conn, now),
        letters_waiting=waiting.get(False, 0),
        urgent_letters_waiting=waiting.get(True, 0),
        oldest_letter=await _oldest_letter(conn, now),
        alarms={row[0]: row[1] for row in ringing},
    )


async def _oldest_letter(conn: Connection, now: datetime) -> datetime | None:
    since = func.coalesce(letters.c.send_at, letters.c.created_at)
    found = select(func.min(since)).where(letters.c.ended_at.is_(None), since <= now)
    moment: datetime | None = (await conn.execute(found)).scalar_one()
    return moment


async def _oldest_message(conn: Connection, now: datetime) -> datetime | None:
    """When the oldest message arrived that is still to be taken in; one held for its conversation does not count."""
    wanted = or_(spool.c.ready_at.is_(None), spool.c.ready_at <= now, spool.c.claimed_by != "", spool.c.detail != "")
    found = select(func.min(spool.c.received_at)).where(spool.c.ended_at.is_(None), wanted)
    moment: datetime | None = (await conn.execute(found)).scalar_one()
    return moment
