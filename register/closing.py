"""Closing a case: its dates end with it, in one transaction, and the journal says by whom and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from register.outbox import post
from register.records import Happening, Letter
from register.tables import cases, deadlines
from register.writing import Order, Pen, Work, one_by_one

CLOSED = "closed"


async def _close(pen: Pen, wish: tuple[str, str, str, Sequence[Letter], datetime]) -> bool:
    case_id, role, because, letters, now = wish
    which = cases.c.id == case_id
    status = (await pen.conn.execute(select(cases.c.status).where(which).with_for_update())).scalar_one_or_none()
    if status != "open":
        return False
    await pen.conn.execute(update(cases).where(which).values(status=CLOSED))
    ended = await _end_deadlines(pen, case_id, now)
    facts: dict[str, object] = {"because": because} | ({"deadlines_ended": ended} if ended else {})
    await post(pen, letters, (Happening(what=CLOSED, who=role, facts=facts),), now, case_id)
    return True


async def _end_deadlines(pen: Pen, case_id: str, now: datetime) -> list[str]:
    """Ends what still runs, and returns its kinds."""
    running = (
        update(deadlines)
        .where(deadlines.c.case_id == case_id, deadlines.c.ended_at.is_(None))
        .values(ended_at=now, ended_because=CLOSED)
        .returning(deadlines.c.kind)
    )
    return sorted((await pen.conn.execute(running)).scalars())


CLOSE = Work(one_by_one(_close), Order.JOURNALLED)
