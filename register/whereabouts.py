"""Where a message is: waiting, set aside, or in a case; for whoever handed it over."""

from __future__ import annotations

from sqlalchemy import select

from register.records import Whereabouts
from register.tables import cases, messages, spool
from register.transactions import Connection


async def find(conn: Connection, channel: str, external_id: str) -> Whereabouts | None:
    """What became of the message that a channel knows by this id; None where it never arrived."""
    query = (
        select(spool.c.id, spool.c.outcome, spool.c.detail, messages.c.reason, messages.c.joined_by, cases.c.reference)
        .select_from(spool.outerjoin(messages, messages.c.spool_id == spool.c.id))
        .outerjoin(cases, cases.c.id == messages.c.case_id)
        .where(spool.c.channel == channel, spool.c.external_id == external_id)
    )
    row = (await conn.execute(query)).one_or_none()
    if row is None:
        return None
    failed = row.outcome == "failed"
    return Whereabouts(
        spool_id=row.id,
        outcome="set_aside" if failed else row.outcome or "waiting",
        reference=row.reference,
        reason="failed" if failed else row.reason or "",
        joined_by=row.joined_by or "",
        detail=row.detail or "",
    )
