"""What the clock asks: which deadlines are reached; and what stands between runs: alarms and cursors."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update

from register import cases as reading
from register.outbox import post
from register.records import Case, Deadline, Happening, Letter
from register.tables import alarms, cases, cursors, deadlines, insert
from register.transactions import Connection
from register.writing import Order, Pen, Work, one_by_one


async def due(conn: Connection, now: datetime) -> tuple[tuple[Case, Deadline], ...]:
    """Deadlines of open cases that are reached and not yet dealt with, the oldest first."""
    query = (
        select(deadlines)
        .join(cases, cases.c.id == deadlines.c.case_id)
        .where(deadlines.c.ended_at.is_(None), deadlines.c.due_at <= now, cases.c.status == "open")
        .order_by(deadlines.c.due_at, deadlines.c.id)
    )
    rows = (await conn.execute(query)).mappings().all()
    found = await reading.by_ids(conn, {row["case_id"] for row in rows}) if rows else {}
    return tuple((found[row["case_id"]], reading.read_deadline(row)) for row in rows)


async def _handle(pen: Pen, wish: tuple[str, Deadline, Sequence[Happening], Sequence[Letter], datetime]) -> bool:
    case_id, deadline, happenings, letters, now = wish
    which = (
        select(deadlines.c.id)
        .where(
            deadlines.c.case_id == case_id,
            deadlines.c.kind == deadline.kind,
            deadlines.c.due_at == deadline.due_at,
            deadlines.c.ended_at.is_(None),
        )
        .order_by(deadlines.c.id)
        .limit(1)
        .with_for_update()
    )
    found = (await pen.conn.execute(which)).scalar_one_or_none()
    if found is None:
        return False
    handled = update(deadlines).where(deadlines.c.id == found).values(ended_at=now, ended_because="handled")
    await pen.conn.execute(handled)
    await post(pen, letters, happenings, now, case_id)
    return True


DEADLINE_HANDLED = Work(one_by_one(_handle), Order.JOURNALLED)


async def _raise_alarm(pen: Pen, wish: tuple[str, str, datetime]) -> bool:
    code, subject, now = wish
    statement = insert(pen.conn.dialect, alarms).values(code=code, subject=subject, raised_at=now)
    new = statement.on_conflict_do_nothing().returning(alarms.c.code)
    if (await pen.conn.execute(new)).first() is None:
        return False
    pen.note(Happening(what="alarm_raised", facts={"code": code, "subject": subject}), now)
    return True


ALARM = Work(one_by_one(_raise_alarm), Order.JOURNALLED)


async def _clear_alarm(pen: Pen, wish: tuple[str, str, datetime]) -> bool:
    code, subject, now = wish
    over = delete(alarms).where(alarms.c.code == code, alarms.c.subject == subject).returning(alarms.c.raised_at)
    raised_at = (await pen.conn.execute(over)).scalar_one_or_none()
    if raised_at is None:
        return False
    facts = {"code": code, "subject": subject, "raised_at": raised_at}
    pen.note(Happening(what="all_clear", facts=facts), now)
    return True


ALL_CLEAR = Work(one_by_one(_clear_alarm), Order.JOURNALLED)


async def cursor(conn: Connection, name: str) -> str | None:
    """Where a channel stopped reading; None where it never began."""
    return (await conn.execute(select(cursors.c.value).where(cursors.c.name == name))).scalar_one_or_none()


async def _set_cursor(pen: Pen, wish: tuple[str, str]) -> None:
    name, value = wish
    statement = insert(pen.conn.dialect, cursors).values(name=name, value=value)
    await pen.conn.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


SET_CURSOR = Work(one_by_one(_set_cursor), Order.UNJOURNALLED)
