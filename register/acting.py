"""Acts of staff on cases, within the transaction that enters the press or message that makes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy import insert as plain_insert

from register import cases as reading
from register.errors import LeaseLost
from register.outbox import post
from register.records import Act, Case, Entry
from register.staff import takers, takings
from register.tables import cases, deadlines, letters
from register.unknown import questions
from register.writing import Pen

#: what another may have changed meanwhile, so that an act has to be thought over
_SEEN = ("owner", "recipients", "excluded", "stage", "status", "urgent", "unit")


class OvertakenAct(LeaseLost):
    """The case has moved on since the act was thought out."""


async def overtaken(pen: Pen, entries: Sequence[Entry]) -> set[str]:
    """The ids of the cases that are no longer as these acts saw them, or that others of this transaction change."""
    acts = [entry.act for entry in entries if entry.act]
    if not acts:
        return set()
    now = await reading.by_ids(pen.conn, {act.case.id for act in acts}, lock=True)
    taken = await takers(pen.conn, {act.case.id for act in acts})
    stale = {act.case.id for act in acts if _moved(act, now.get(act.case.id)) or taken.get(act.case.id) != act.taken}
    busy = Counter(_touched(entries))
    return stale | {case_id for case_id, times in busy.items() if times > 1}


def _touched(entries: Iterable[Entry]) -> Iterable[str]:
    for entry in entries:
        for case in (entry.case, entry.act.case if entry.act else None):
            if case is not None:
                yield case.id


def _moved(act: Act, now: Case | None) -> bool:
    return now is None or any(getattr(now, name) != getattr(act.case, name) for name in _SEEN)


async def write(pen: Pen, act: Act, now: datetime) -> None:
    """Puts an act down; its case is locked and as it was seen."""
    await _change(pen, act, now)
    await _take(pen, act, now)
    if act.put_off:
        await _put_off(pen, act)
    if act.question:
        row = {"case_id": act.case.id, "text": act.question, "asked_at": now, "letter_id": ""}
        await pen.conn.execute(plain_insert(questions), [row])
    await post(pen, act.letters, act.happenings, now, act.case.id)


async def _change(pen: Pen, act: Act, now: datetime) -> None:
    before, after = act.case, act.becomes
    values = {"owner": after.owner, "recipients": list(after.recipients), "excluded": list(after.excluded)}
    await pen.conn.execute(update(cases).where(cases.c.id == before.id).values(values))
    running = (deadlines.c.case_id == before.id, deadlines.c.ended_at.is_(None))
    gone = {before.owner, *after.excluded} if after.owner != before.owner else set(after.excluded)
    passed = update(deadlines).where(*running, deadlines.c.role.in_(sorted(gone)))
    await pen.conn.execute(passed.values(role=after.owner))
    # What waits for somebody whom it turns out to be about does not leave any more (G2).
    waiting = update(letters).where(
        letters.c.case_id == before.id, letters.c.ended_at.is_(None), letters.c.role.in_(after.excluded)
    )
    await pen.conn.execute(waiting.values(ended_at=now, state="failed", detail="excluded"))


async def _take(pen: Pen, act: Act, now: datetime) -> None:
    if act.taken and act.taken.role == act.taker:
        return
    await pen.conn.execute(delete(takings).where(takings.c.case_id == act.case.id))
    if act.taker:
        await pen.conn.execute(plain_insert(takings).values(case_id=act.case.id, role=act.taker, at=now))


async def _put_off(pen: Pen, act: Act) -> None:
    assert act.put_off is not None  # noqa: S101 - its caller has looked
    before, after = act.put_off
    which = select(deadlines.c.id).where(
        deadlines.c.case_id == act.case.id,
        deadlines.c.kind == before.kind,
        deadlines.c.due_at == before.due_at,
        deadlines.c.ended_because.not_in(reading.OVER),
    )
    # A date that has been reached begins to count anew.
    moved = {"due_at": after.due_at, "ended_at": None, "ended_because": ""}
    await pen.conn.execute(update(deadlines).where(deadlines.c.id.in_(which)).values(moved))
