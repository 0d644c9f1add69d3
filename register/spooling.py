"""The spool: messages as they arrived, on disk before anyone is told that we have them; claimed by leases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, and_, bindparam, func, literal, or_, select, update

from register import prepared
from register.columns import storable
from register.errors import LeaseLost
from register.line import News
from register.records import Disposition, Happening, RawMessage, SetAside
from register.tables import ARRIVED, counters, insert, messages, spool
from register.transactions import Connection
from register.writing import Order, Pen, Work, one_by_one

#: the outcome of a message that an error has set aside; beside the dispositions
FAILED = "failed"

#: a message that so many processes have died with is suspected of it, and claimed when no other such one is in hand
SUSPECTED = 3

_WAITING = spool.c.ended_at.is_(None)
_READY = or_(spool.c.ready_at.is_(None), spool.c.ready_at <= bindparam("now"))
_suspects = spool.alias("suspects")
_SUSPECTED = and_(_suspects.c.ended_at.is_(None), _suspects.c.deaths >= SUSPECTED)
# Whoever was merely in hand beside the one that kills is soon done; so the fewest deaths come first.
_NEXT_SUSPECT = (
    select(_suspects.c.id)
    .where(_SUSPECTED, or_(_suspects.c.ready_at.is_(None), _suspects.c.ready_at <= bindparam("now")))
    .order_by(_suspects.c.deaths, _suspects.c.id)
    .limit(1)
    .scalar_subquery()
)
_ONE_IN_HAND = (
    select(_suspects.c.id)
    .where(_SUSPECTED, _suspects.c.claimed_by != "", _suspects.c.ready_at > bindparam("now"))
    .correlate(None)
    .exists()
)
_CLAIMABLE = (
    select(spool.c.id)
    .where(_WAITING, _READY, or_(spool.c.deaths < SUSPECTED, and_(spool.c.id == _NEXT_SUSPECT, ~_ONE_IN_HAND)))
    .order_by(spool.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_CLAIM = (
    update(spool)
    .where(spool.c.id.in_(bindparam("ids", expanding=True)))
    .values(ready_at=bindparam("until"), claimed_by=bindparam("worker"), attempts=spool.c.attempts + 1)
    .returning(*(column for column in spool.c if column.name not in ("ended_at", "outcome", "detail")))
)
_COUNT_ARRIVED = (
    update(counters)
    .where(counters.c.series == ARRIVED["series"], counters.c.year == ARRIVED["year"])
    .values(last=counters.c.last + bindparam("more"))
)
_HELD = (
    select(spool.c.id, spool.c.claimed_by, spool.c.attempts)
    .where(_WAITING, spool.c.id.in_(bindparam("ids", expanding=True)))
    .with_for_update()
)
_END = (
    update(spool).where(spool.c.id == bindparam("message")).values(ended_at=bindparam("at"), outcome=bindparam("how"))
)

# The envelope's sender goes with the header fields; the recipients are mailboxes of ours.
_CLEANSE = update(spool).where(spool.c.id == bindparam("message")).values(content=bindparam("kept"), envelope_from=None)


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A message to be spooled, for any worker or claimed at once by one."""

    raw: RawMessage
    worker: str = ""
    #: when another may have it
    until: datetime | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What tells one message from another, as the spool has it."""
        return self.raw.channel, storable(self.raw.external_id)

    def claimed(self, number: int) -> RawMessage:
        """The message with its number as a claim gives it."""
        raw = self.raw
        return replace(
            raw,
            external_id=storable(raw.external_id),
            envelope_from=raw.envelope_from and storable(raw.envelope_from),
            received_at=raw.received_at.astimezone(UTC),
            spool_id=number,
            attempts=1,
            claimed_by=self.worker,
        )


async def _spool_all(pen: Pen, arrivals: Sequence[Arrival]) -> list[int | None]:
    """The number of each message that is new; a key that comes twice in one group is new once."""
    statement = insert(pen.conn.dialect, spool).on_conflict_do_nothing(index_elements=["channel", "external_id"])
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for one in arrivals:
        # The first copy of a key counts, and the ids keep the order of arrival.
        rows.setdefault(one.key, _row(one))
    keys = statement.returning(spool.c.channel, spool.c.external_id, spool.c.id)
    new = {(row.channel, row.external_id): row.id for row in await pen.conn.execute(keys, list(rows.values()))}
    if new:
        await pen.conn.execute(_COUNT_ARRIVED, {"more": len(new)})
    if any(not rows[key]["claimed_by"] for key in new):
        pen.news.add(News.MESSAGES)
    return [new.pop(one.key, None) for one in arrivals]


SPOOL = Work(_spool_all, Order.ARRIVAL)


async def _claim(pen: Pen, wish: tuple[str, int, datetime, timedelta]) -> tuple[RawMessage, ...]:
    worker, limit, now, lease = wish
    ids = (await pen.conn.execute(_CLAIMABLE, {"now": now, "most": limit})).scalars().all()
    if not ids:
        return ()
    claimed = await pen.conn.execute(_CLAIM, {"ids": ids, "until": now + lease, "worker": worker})
    return tuple(_raw(row) for row in sorted(claimed.mappings(), key=lambda row: row["id"]))


CLAIM = Work(one_by_one(_claim), Order.UNJOURNALLED)


async def held(conn: Connection, raws: Iterable[RawMessage]) -> set[int]:
    """The spool ids of those messages whose claim still stands: same worker, same attempt, not ended."""
    claims = {raw.spool_id: (raw.claimed_by, raw.attempts) for raw in raws}
    rows = await conn.execute(_HELD, {"ids": list(claims)})
    return {row.id for row in rows if claims[row.id] == (row.claimed_by, row.attempts)}


async def end(conn: Connection, endings: Sequence[tuple[int, datetime, Disposition]]) -> None:
    """Marks messages as dealt with."""
    await prepared.change(conn, _END, [{"message": id_, "at": at, "how": how.value} for id_, at, how in endings])


async def cleanse(pen: Pen, kept: Sequence[tuple[int, bytes]]) -> None:
    """Puts what is kept of messages in the place of the bytes that arrived (G3)."""
    await pen.conn.execute(_CLEANSE, [{"message": id_, "kept": content} for id_, content in kept])
    pen.forgets = True


async def _fail(pen: Pen, wish: tuple[RawMessage, str, str, datetime, datetime | None]) -> None:
    raw, where, error, now, retry_at = wish
    if raw.spool_id not in await held(pen.conn, [raw]):
        raise LeaseLost("Another worker has taken this message over.")
    values: dict[str, Any] = {"claimed_by": "", "ready_at": retry_at, "detail": f"{where}: {error}"}
    if retry_at is None:
        values |= {"ended_at": now, "outcome": FAILED}
    await pen.conn.execute(update(spool).where(spool.c.id == raw.spool_id).values(values))
    facts = {"message": raw.spool_id, "attempt": raw.attempts, "where": where, "error": error, "again_at": retry_at}
    pen.note(Happening(what="postponed" if retry_at else "failed", facts=facts), now)


FAIL = Work(one_by_one(_fail), Order.JOURNALLED)


async def _replay(pen: Pen, wish: tuple[Sequence[int] | None, datetime]) -> int:
    ids, now = wish
    query = update(spool).where(spool.c.outcome == FAILED)
    if ids is not None:
        query = query.where(spool.c.id.in_([one for one in ids if 0 < one < 2**63]))
    again = query.values(ended_at=None, outcome="", ready_at=None, claimed_by="", attempts=0, deaths=0).returning(
        spool.c.id
    )
    replayed = sorted((await pen.conn.execute(again)).scalars())
    if replayed:
        pen.news.add(News.MESSAGES)
        pen.note(Happening(what="replayed", facts={"messages": replayed}), now)
    return len(replayed)


REPLAY = Work(one_by_one(_replay), Order.JOURNALLED)


async def list_set_aside(conn: Connection) -> tuple[SetAside, ...]:
    """Every message that is in no case or was not counted as one's own, the failed ones too, oldest first."""
    here = [spool.c.id.label("spool_id"), spool.c.channel, spool.c.received_at]
    failed = select(*here, literal(FAILED).label("reason"), spool.c.detail).where(spool.c.outcome == FAILED)
    entered = select(*here, messages.c.reason, literal("").label("detail")).where(
        and_(messages.c.spool_id == spool.c.id, messages.c.disposition == Disposition.SET_ASIDE.value)
    )
    rows = [*(await conn.execute(failed)).mappings(), *(await conn.execute(entered)).mappings()]
    return tuple(SetAside(**row) for row in sorted(rows, key=lambda row: row["spool_id"]))


async def raw(conn: Connection, spool_id: int) -> RawMessage | None:
    """A message as it arrived, whatever became of it."""
    row = (await conn.execute(select(spool).where(spool.c.id == spool_id))).mappings().one_or_none()
    return None if row is None else _raw(row)


async def waiting(conn: Connection) -> int:
    """How many messages wait, claimed ones included."""
    return (await conn.execute(select(func.count()).select_from(spool).where(_WAITING))).scalar_one()


def _row(arrival: Arrival) -> dict[str, Any]:
    raw = arrival.raw
    return {
        "attempts": 1 if arrival.worker else 0,
        "claimed_by": arrival.worker,
        "ready_at": arrival.until,
        "channel": raw.channel,
        "external_id": raw.external_id,
        "received_at": raw.received_at,
        "recipients": list(raw.recipients),
        "envelope_from": raw.envelope_from,
        "organisation": raw.organisation,
        "content": raw.content,
    }


def _raw(row: RowMapping) -> RawMessage:
    return RawMessage(
        channel=row["channel"],
        external_id=row["external_id"],
        content=row["content"],
        received_at=row["received_at"],
        recipients=tuple(row["recipients"]),
        envelope_from=row["envelope_from"],
        organisation=row["organisation"],
        spool_id=row["id"],
        attempts=row["attempts"],
        claimed_by=row["claimed_by"],
        deaths=row["deaths"],
    )
