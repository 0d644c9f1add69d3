"""Conversations in chats: what the bot has asked, what was answered, and which messages wait for the end of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, or_, select, tuple_, update

from register import anonymity, spooling
from register.errors import LeaseLost
from register.outbox import post
from register.records import Case, Dialogue, Entered, Entry, RawMessage, Turn
from register.tables import cases, dialogues, insert, messages, parties, spool
from register.transactions import Connection
from register.writing import Order, Pen, Work, one_by_one

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_KEY = tuple_(dialogues.c.organisation, dialogues.c.chat)
_WAIT = (
    update(spool)
    .where(
        spool.c.id == bindparam("message"),
        spool.c.ended_at.is_(None),
        # One that a worker has in hand goes its way: the worker finds in the conversation what to do with it.
        or_(spool.c.claimed_by == "", spool.c.id == bindparam("mine")),
    )
    .values(ready_at=bindparam("until"), claimed_by="")
)
_EMPTY = update(spool).where(spool.c.id == bindparam("message")).values(content=b"{}")


class Overtaken(LeaseLost):
    """Another turn of the same conversation was written first; this one is to be thought over again."""


@cache
def _shape() -> TypeAdapter[Dialogue]:
    from pydantic import TypeAdapter

    return TypeAdapter(Dialogue)


async def one(conn: Connection, organisation: str, chat: str) -> Dialogue | None:
    """The conversation with a chat."""
    query = select(dialogues.c.state).where(dialogues.c.organisation == organisation, dialogues.c.chat == chat)
    state = (await conn.execute(query)).scalar_one_or_none()
    return None if state is None else _shape().validate_json(state)


async def to_be_reminded(conn: Connection, now: datetime) -> tuple[Dialogue, ...]:
    """Conversations whose question has stood long enough, the oldest first."""
    query = select(dialogues.c.state).where(dialogues.c.remind_at <= now).order_by(dialogues.c.remind_at)
    return tuple(_shape().validate_json(state) for state in (await conn.execute(query)).scalars())


async def latest_case_id(conn: Connection, organisation: str, party: str) -> str | None:
    """The case that somebody who belongs to it wrote to last."""
    query = (
        select(cases.c.id)
        .join(parties, parties.c.case_id == cases.c.id)
        .join(messages, messages.c.case_id == cases.c.id)
        .where(cases.c.organisation == organisation, parties.c.address == party)
        .order_by(messages.c.id.desc())
        .limit(1)
    )
    return (await conn.execute(query)).scalar_one_or_none()


async def raw_of(conn: Connection, case_id: str, message_id: str) -> int | None:
    """The spool id of a message of a case, by its Message-ID."""
    query = select(messages.c.spool_id).where(messages.c.case_id == case_id, messages.c.message_id == message_id)
    return (await conn.execute(query.order_by(messages.c.id).limit(1))).scalar_one_or_none()


async def overtaken(conn: Connection, turns: Iterable[Turn | None]) -> set[tuple[str, str]]:
    """Locks the conversations of these turns; returns the keys of those that have moved on meanwhile."""
    seen = {(turn.dialogue.organisation, turn.dialogue.chat): turn.dialogue.version for turn in turns if turn}
    if not seen:
        return set()
    query = select(dialogues.c.organisation, dialogues.c.chat, dialogues.c.version).where(_KEY.in_(sorted(seen)))
    rows = await conn.execute(query.with_for_update())
    there = {(row.organisation, row.chat): row.version for row in rows}
    return {key for key, version in seen.items() if there.get(key, 0) != version}


def is_overtaken(turn: Turn | None, stale: set[tuple[str, str]]) -> bool:
    """Whether a turn comes too late; a second one of the same chat in this transaction does as well."""
    if turn is None:
        return False
    key = (turn.dialogue.organisation, turn.dialogue.chat)
    late = key in stale
    stale.add(key)
    return late


async def write_entered(pen: Pen, entry: Entry, entered: Entered, now: datetime) -> None:
    """The turn that an entered message makes."""
    if (turn := entry.turn) is None:
        return
    if turn.emptied:
        await pen.conn.execute(_EMPTY, {"message": entry.raw.spool_id})
    await _write(pen, turn if entered.case is None else _about(turn, entered.case), now)
    if entered.case is not None and entered.case.anonymous:
        for forget in anonymity.FORGET_ASIDES:
            await pen.conn.execute(forget, {"school": turn.dialogue.organisation, "chat": turn.dialogue.chat})
        pen.forgets = True


def _about(turn: Turn, case: Case) -> Turn:
    """The turn, once the case has its id. Nothing that leads from a chat to an anonymous case is kept (A4)."""
    filing = turn.dialogue.state == "filing" and bool(turn.dialogue.held)
    if case.anonymous and not filing:
        # What is being told meanwhile goes on as another matter.
        return replace(turn, forget=not turn.dialogue.held, dialogue=replace(turn.dialogue, case_id=None))
    return replace(turn, dialogue=replace(turn.dialogue, case_id=turn.dialogue.case_id or case.id))


async def _write(pen: Pen, turn: Turn, now: datetime, mine: int | None = None) -> None:
    said = turn.dialogue
    where = (dialogues.c.organisation == said.organisation, dialogues.c.chat == said.chat)
    if turn.forget:
        await pen.conn.execute(delete(dialogues).where(*where))
        pen.forgets = True
    else:
        await pen.conn.execute(_put(pen, replace(said, version=said.version + 1)))
    if turn.held_until is not None and said.held:
        rows = [{"message": one, "until": turn.held_until, "mine": mine} for one in said.held]
        await pen.conn.execute(_WAIT, rows)
    if turn.letters:
        await post(pen, turn.letters, (), now, None)


def _put(pen: Pen, said: Dialogue) -> Any:
    values = {"version": said.version, "remind_at": said.remind_at, "state": _shape().dump_json(said).decode()}
    statement = insert(pen.conn.dialect, dialogues).values(organisation=said.organisation, chat=said.chat, **values)
    return statement.on_conflict_do_update(index_elements=["organisation", "chat"], set_=values)


async def _hold_all(pen: Pen, wishes: Sequence[tuple[RawMessage, Turn, datetime]]) -> list[LeaseLost | None]:
    held = await spooling.held(pen.conn, [raw for raw, _, _ in wishes])
    stale = await overtaken(pen.conn, [turn for _, turn, _ in wishes])
    answers: list[LeaseLost | None] = []
    for raw, turn, now in wishes:
        if raw.spool_id not in held:
            answers.append(LeaseLost("Another worker has taken this message over."))
        elif is_overtaken(turn, stale):
            answers.append(Overtaken("Another message of this chat came first."))
        else:
            await _write(pen, turn, now, raw.spool_id)
            answers.append(None)
    return answers


#: a message waits until its conversation is over: it is one of `dialogue.held`, until `held_until`
HOLD = Work(_hold_all, Order.JOURNALLED)


async def _say(pen: Pen, wish: tuple[Turn, datetime]) -> None:
    turn, now = wish
    if await overtaken(pen.conn, [turn]):
        raise Overtaken("The conversation has gone on.")
    await _write(pen, turn, now)


#: a turn that no message makes
SAY = Work(one_by_one(_say), Order.JOURNALLED)
