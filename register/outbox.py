"""The outbox: letters wait here from the moment they are decided until they have left or can never leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, and_, bindparam, or_, select, update

from register import anonymity, filing, prepared, unknown
from register.cases import ACKNOWLEDGING
from register.columns import storable
from register.errors import LeaseLost
from register.line import News
from register.records import Happening, Letter, OutgoingLetter
from register.tables import cases, deadlines, letters
from register.writing import Claims, Order, Pen, Work, one_by_one

#: what the bot says in a conversation is no letter of a case: nothing of it is kept once it has left
CONVERSATION = "conversation"
_WAITING = letters.c.ended_at.is_(None)
# What was to leave at once leaves at once, also where the clock has been set back since.
_READY = or_(letters.c.ready_at <= bindparam("now"), and_(letters.c.attempts == 0, letters.c.send_at.is_(None)))
_CLAIMABLE = (
    select(letters.c.number)
    .where(_WAITING, letters.c.urgent == bindparam("lane"), _READY)
    .order_by(letters.c.ready_at, letters.c.number)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_CLAIM = (
    update(letters)
    .where(letters.c.number.in_(bindparam("numbers", expanding=True)))
    .values(ready_at=bindparam("until"), claimed_by=bindparam("worker"), attempts=letters.c.attempts + 1)
    .returning(letters)
)
_HELD = (
    select(
        *(letters.c[name] for name in ("number", "id", "case_id", "role", "template", "to_value")),
        letters.c.claimed_by,
        letters.c.attempts,
        cases.c.anonymous,
        cases.c.acknowledged_at,
    )
    .outerjoin(cases, cases.c.id == letters.c.case_id)
    .where(_WAITING, letters.c.id.in_(bindparam("ids", expanding=True)))
    .with_for_update(of=letters)
)
_END = (
    update(letters)
    .where(letters.c.number == bindparam("which"))
    .values(ended_at=bindparam("at"), state=bindparam("how"), detail=bindparam("why"))
)
_ACKNOWLEDGED = (
    update(cases)
    .where(cases.c.id == bindparam("which"), cases.c.acknowledged_at.is_(None))
    .values(acknowledged_at=bindparam("at"), not_acknowledged_because=None)
)
_ACKNOWLEDGE_KEPT = (
    update(deadlines)
    .where(deadlines.c.case_id == bindparam("which"), deadlines.c.kind == "acknowledge", deadlines.c.ended_at.is_(None))
    .values(ended_at=bindparam("at"), ended_because="kept")
)
_UNDELIVERABLE = (
    update(cases)
    .where(cases.c.id == bindparam("which"), cases.c.acknowledged_at.is_(None))
    .values(not_acknowledged_because="undeliverable")
)


async def put(pen: Pen, rows: Sequence[Mapping[str, Any]]) -> None:
    """Lays letters into the outbox, in their order."""
    if rows:
        claimed = [_claimed(pen.claims, row) for row in rows]
        await prepared.put(pen.conn, letters, claimed)
        waiting = [row["urgent"] for row in claimed if not row["claimed_by"]]
        pen.news |= {News.URGENT if urgent else News.LETTERS for urgent in waiting}


def _claimed(claims: Claims, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The row, claimed for this process where its dispatcher has room and the letter may leave."""
    lane = row["urgent"]
    if row["send_at"] is not None or claims.room.get(lane, 0) < 1:
        claims.left.add(lane)
        return {**row, "attempts": 0, "claimed_by": ""}
    claims.room[lane] -= 1
    until = row["created_at"] + claims.leases[lane]
    taken = {**row, "attempts": 1, "claimed_by": claims.worker, "ready_at": until}
    as_kept = {name: storable(value) if isinstance(value, str) else value for name, value in taken.items()}
    claims.claimed.append(OutgoingLetter(letter=filing.read_letter(as_kept), attempts=1, claimed_by=claims.worker))
    return taken


async def _claim(pen: Pen, wish: tuple[str, int, datetime, timedelta, bool]) -> tuple[OutgoingLetter, ...]:
    worker, limit, now, lease, urgent = wish
    ready = await pen.conn.execute(_CLAIMABLE, {"lane": urgent, "now": now, "most": limit})
    order = {number: place for place, number in enumerate(ready.scalars())}
    if not order:
        return ()
    claimed = await pen.conn.execute(_CLAIM, {"numbers": list(order), "until": now + lease, "worker": worker})
    rows = sorted(claimed.mappings(), key=lambda row: order[row["number"]])
    return tuple(
        OutgoingLetter(letter=filing.read_letter(row), attempts=row["attempts"], claimed_by=row["claimed_by"])
        for row in rows
    )


CLAIM_LETTERS = Work(one_by_one(_claim), Order.UNJOURNALLED)


async def _held(pen: Pen, outgoing: Sequence[OutgoingLetter]) -> dict[str, RowMapping]:
    """The rows of those letters whose claim still stands, by letter id."""
    claims = {one.letter.id: (one.claimed_by, one.attempts) for one in outgoing}
    rows = (await pen.conn.execute(_HELD, {"ids": list(claims)})).mappings().all()
    return {row["id"]: row for row in rows if claims[row["id"]] == (row["claimed_by"], row["attempts"])}


async def _sent_all(pen: Pen, wishes: Sequence[tuple[OutgoingLetter, datetime, str]]) -> list[LeaseLost | None]:
    return await _end_all(pen, wishes, "sent")


async def _failed_all(pen: Pen, wishes: Sequence[tuple[OutgoingLetter, datetime, str]]) -> list[LeaseLost | None]:
    return await _end_all(pen, wishes, "failed")


LETTER_SENT = Work(_sent_all, Order.JOURNALLED)
LETTER_FAILED = Work(_failed_all, Order.JOURNALLED)


async def _end_all(
    pen: Pen, wishes: Sequence[tuple[OutgoingLetter, datetime, str]], how: str
) -> list[LeaseLost | None]:
    held = await _held(pen, [outgoing for outgoing, _, _ in wishes])
    answers: list[LeaseLost | None] = []
    ended: list[tuple[RowMapping, datetime, str]] = []
    for outgoing, now, why in wishes:
        row = held.pop(outgoing.letter.id, None)
        answers.append(LeaseLost("Another dispatcher has taken this letter over.") if row is None else None)
        if row is not None:
            why = anonymity.discreet(row, why)
            ended.append((row, now, why))
            _note_end(pen, row, now, how, why)
    if ended:
        await _write_ends(pen, ended, how)
    return answers


async def _write_ends(pen: Pen, ended: Sequence[tuple[RowMapping, datetime, str]], how: str) -> None:
    conn = pen.conn
    ends = [{"which": row["number"], "at": now, "how": how, "why": why} for row, now, why in ended]
    await prepared.change(conn, _END, ends)
    if forget := [{"which": row["number"]} for row, _, _ in ended if _is_forgotten(row)]:
        await conn.execute(anonymity.FORGET_LETTER, forget)
        pen.forgets = True
    if told := [{"letter": row["id"], "at": now} for row, now, _ in ended if row["template"] == unknown.LETTER]:
        await unknown.end(pen, told, how)
    answers = [{"which": row["case_id"], "at": now} for row, now, _ in ended if _acknowledges(row)]
    if answers and how == "sent":
        await prepared.change(conn, _ACKNOWLEDGED, answers)
        await prepared.change(conn, _ACKNOWLEDGE_KEPT, answers)
    elif answers:
        await conn.execute(_UNDELIVERABLE, [{"which": answer["which"]} for answer in answers])


def _is_forgotten(row: RowMapping) -> bool:
    return anonymity.is_forgotten(row) or row["template"] == CONVERSATION


def _acknowledges(row: RowMapping) -> bool:
    return row["case_id"] is not None and row["role"] == "sender" and row["template"] in ACKNOWLEDGING


def _note_end(pen: Pen, row: RowMapping, now: datetime, how: str, why: str) -> None:
    facts = {"letter": row["id"], "template": row["template"], "role": row["role"], "attempt": row["attempts"]}
    pen.note(Happening(what=f"letter_{how}", facts=facts | ({"detail": why} if why else {})), now, row["case_id"])
    if not _acknowledges(row) or row["acknowledged_at"] is not None:
        return
    if how == "sent":
        pen.note(Happening(what="acknowledged", facts={"letter": row["id"]}), now, row["case_id"])
    else:
        pen.note(Happening(what="not_acknowledged", facts={"because": "undeliverable"}), now, row["case_id"])


async def _defer(pen: Pen, wish: tuple[OutgoingLetter, datetime, str]) -> None:
    outgoing, until, reason = wish
    row = (await _held(pen, [outgoing])).get(outgoing.letter.id)
    if row is None:
        raise LeaseLost("Another dispatcher has taken this letter over.")
    later = update(letters).where(letters.c.number == row["number"])
    await pen.conn.execute(later.values(ready_at=until, claimed_by="", detail=reason))


LETTER_DEFERRED = Work(one_by_one(_defer), Order.UNJOURNALLED)


async def _post(pen: Pen, wish: tuple[Sequence[Letter], Sequence[Happening], datetime, str | None]) -> None:
    new, happenings, now, case_id = wish
    await post(pen, new, happenings, now, case_id)


async def post(
    pen: Pen, new: Sequence[Letter], happenings: Sequence[Happening], now: datetime, case_id: str | None
) -> None:
    """Letters and journal lines outside the entering of a message; each letter's order is a line too."""
    ids = {letter.case_id or case_id for letter in new} - {None}
    query = select(cases.c.id).where(cases.c.id.in_(ids), cases.c.anonymous)
    anonymous = set((await pen.conn.execute(query)).scalars()) if ids else set()
    for happening in happenings:
        pen.note(happening, now, case_id)
    rows = []
    for letter in new:
        of_case = letter.case_id or case_id
        rows.append(filing.letter_row(letter, now, anonymous=of_case in anonymous) | {"case_id": of_case})
        pen.note(ordered(letter, ""), now, of_case)
    await put(pen, rows)


POST = Work(one_by_one(_post), Order.JOURNALLED)


def ordered(letter: Letter, clause: str) -> Happening:
    """The journal line of a letter that was laid into the outbox."""
    facts: dict[str, object] = {
        "letter": letter.id,
        "template": letter.template,
        "role": letter.role,
        "by": letter.to.kind.value,
    }
    facts |= {"urgent": True} if letter.urgent else {}
    facts |= {"send_at": letter.send_at.isoformat()} if letter.send_at else {}
    return Happening(what="letter_ordered", clause=clause, facts=facts)
