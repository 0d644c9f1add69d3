"""Staff in chat: one-time codes, the chats that they linked to roles, and who has taken a case: see `Staff`."""

from __future__ import annotations

from asyncio import Future
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta

from sqlalchemy import Column, ForeignKey, Index, String, Table, bindparam, delete, select, update

from register.columns import Moment
from register.outbox import post
from register.reading import Reader, once_each
from register.records import Case, Happening, Letter, StaffChat, Taken
from register.tables import cases, insert, letters, metadata
from register.transactions import Connection
from register.writing import Order, Pen, Work, Writer, one_by_one

#: the letter that is repeated until somebody has taken the case
URGENT = "urgent_notice"

#: a code as a keyed hash; it stays until it ends, so that the chat that has used it may send it once more
staff_codes = Table(
    "staff_codes",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("organisation", String(200), nullable=False),
    Column("role", String(200), nullable=False),
    Column("ends_at", Moment, nullable=False),
    # The chat that has used it; empty: nobody yet.
    Column("used_by", String(200), nullable=False, default=""),
)

staff_chats = Table(
    "staff_chats",
    metadata,
    Column("organisation", String(200), primary_key=True),
    Column("chat", String(200), primary_key=True),
    Column("role", String(200), primary_key=True),
    Column("kind", String(60), nullable=False),
    Column("linked_at", Moment, nullable=False),
)

#: the role that has taken a case; no row: nobody
takings = Table(
    "takings",
    metadata,
    Column("case_id", String(40), ForeignKey("cases.id"), primary_key=True),
    Column("role", String(200), nullable=False),
    Column("at", Moment, nullable=False),
)
Index(None, cases.c.urgent, cases.c.status)


class Staff:
    """What the register knows of staff in chats."""

    def __init__(
        self, reading: Callable[[], AbstractAsyncContextManager[Connection]], reader: Reader, writer: Writer
    ) -> None:
        self._reading, self._reader, self._writer = reading, reader, writer

    async def offer(self, digest: str, organisation: str, role: str, now: datetime, life: timedelta) -> None:
        """Keeps a code, by its keyed hash, until it is used or its life is over."""
        await self._writer.write(OFFER, (digest, organisation, role, now, life))

    async def link(self, digest: str, organisation: str, chat: str, kind: str, now: datetime) -> str | None:
        """Links a chat to the role that a code was made for, and returns the role; None where the code opens nothing.

        The same chat may send its code again: after a crash it does.
        """
        return await self._writer.write(LINK, (digest, organisation, chat, kind, now))

    async def unlink(self, organisation: str, chat: str, role: str | None, now: datetime) -> tuple[str, ...]:
        """A chat is no place of a role, or (None) of any, any more; returns the roles that it was one of."""
        return await self._writer.write(UNLINK, (organisation, chat, role, now))

    async def move(self, organisation: str, chat: str, to: str, now: datetime) -> bool:
        """A group has a new number; False where it was no place of staff."""
        return await self._writer.write(MOVE, (organisation, chat, to, now))

    def chats(self, organisation: str | None = None) -> Future[tuple[StaffChat, ...]]:
        """Every linked chat of a school, or of all."""
        return self._reader.ask(CHATS, organisation)

    async def taken(self, case_id: str) -> Taken | None:
        """Who has taken a case."""
        async with self._reading() as conn:
            return (await takers(conn, [case_id])).get(case_id)

    async def take(self, case_id: str, role: str, now: datetime) -> bool:
        """A role has taken a case by another way than a button; False where somebody has it already."""
        return await self._writer.write(TAKE, (case_id, role, now))

    async def untaken(self) -> tuple[str, ...]:
        """The ids of open urgent cases that nobody has taken."""
        query = (
            select(cases.c.id)
            .outerjoin(takings, takings.c.case_id == cases.c.id)
            .where(cases.c.urgent, cases.c.status == "open", takings.c.case_id.is_(None))
            .order_by(cases.c.opened_at)
        )
        async with self._reading() as conn:
            return tuple((await conn.execute(query)).scalars())

    async def repeat(self, case: Case, seen: int, new: tuple[Letter, ...], happening: Happening, now: datetime) -> bool:
        """Urgent notices once more; False, and nothing written, where it was taken or repeated (`seen`) meanwhile."""
        return await self._writer.write(REPEAT, (case, seen, new, happening, now))


async def _chats(conn: Connection, organisation: str | None) -> tuple[StaffChat, ...]:
    rows = await conn.execute(_CHATS if organisation is None else _CHATS_OF, {"school": organisation})
    return tuple(StaffChat(**row) for row in rows.mappings())


_CHATS = select(staff_chats).order_by(staff_chats.c.organisation, staff_chats.c.role, staff_chats.c.linked_at)
_CHATS_OF = _CHATS.where(staff_chats.c.organisation == bindparam("school"))
CHATS = once_each(_chats)


async def takers(conn: Connection, case_ids: Iterable[str]) -> dict[str, Taken]:
    """Who has taken these cases, by case id."""
    rows = await conn.execute(select(takings).where(takings.c.case_id.in_(sorted(case_ids))))
    return {row.case_id: Taken(role=row.role, at=row.at) for row in rows}


async def _offer(pen: Pen, wish: tuple[str, str, str, datetime, timedelta]) -> None:
    digest, organisation, role, now, life = wish
    await pen.conn.execute(delete(staff_codes).where(staff_codes.c.ends_at <= now))
    row = {"digest": digest, "organisation": organisation, "role": role, "ends_at": now + life, "used_by": ""}
    await pen.conn.execute(insert(pen.conn.dialect, staff_codes).values(row))
    facts = {"organisation": organisation, "role": role}
    pen.note(Happening(what="staff_code_made", who="staff", facts=facts), now)


OFFER = Work(one_by_one(_offer), Order.JOURNALLED)


async def _link(pen: Pen, wish: tuple[str, str, str, str, datetime]) -> str | None:
    digest, organisation, chat, kind, now = wish
    query = select(staff_codes).where(
        staff_codes.c.digest == digest, staff_codes.c.organisation == organisation, staff_codes.c.ends_at > now
    )
    code = (await pen.conn.execute(query.with_for_update())).mappings().one_or_none()
    if code is None or code["used_by"] not in ("", chat):
        return None
    if not code["used_by"]:
        await pen.conn.execute(update(staff_codes).where(staff_codes.c.digest == digest).values(used_by=chat))
        row = {"organisation": organisation, "chat": chat, "role": code["role"], "kind": kind, "linked_at": now}
        await pen.conn.execute(insert(pen.conn.dialect, staff_chats).values(row).on_conflict_do_nothing())
        facts = {"organisation": organisation, "role": code["role"], "kind": kind}
        pen.note(Happening(what="staff_chat_linked", who=code["role"], facts=facts), now)
    return str(code["role"])


LINK = Work(one_by_one(_link), Order.JOURNALLED)


async def _unlink(pen: Pen, wish: tuple[str, str, str | None, datetime]) -> tuple[str, ...]:
    organisation, chat, role, now = wish
    gone = delete(staff_chats).where(staff_chats.c.organisation == organisation, staff_chats.c.chat == chat)
    if role is not None:
        gone = gone.where(staff_chats.c.role == role)
    roles = tuple((await pen.conn.execute(gone.returning(staff_chats.c.role))).scalars())
    for one in roles:
        facts = {"organisation": organisation, "role": one}
        pen.note(Happening(what="staff_chat_unlinked", who="staff", facts=facts), now)
    return roles


UNLINK = Work(one_by_one(_unlink), Order.JOURNALLED)


async def _move(pen: Pen, wish: tuple[str, str, str, datetime]) -> bool:
    organisation, chat, to, now = wish
    here = select(staff_chats).where(staff_chats.c.organisation == organisation, staff_chats.c.chat == chat)
    rows = [dict(row) for row in (await pen.conn.execute(here)).mappings()]
    for row in rows:
        moved = insert(pen.conn.dialect, staff_chats).values(row | {"chat": to, "kind": "supergroup"})
        await pen.conn.execute(moved.on_conflict_do_nothing())
        facts = {"organisation": organisation, "role": row["role"]}
        pen.note(Happening(what="staff_chat_moved", who=row["role"], facts=facts), now)
    there = (staff_chats.c.organisation == organisation, staff_chats.c.chat == chat)
    await pen.conn.execute(delete(staff_chats).where(*there))
    return bool(rows)


MOVE = Work(one_by_one(_move), Order.JOURNALLED)


async def _take(pen: Pen, wish: tuple[str, str, datetime]) -> bool:
    case_id, role, now = wish
    row = insert(pen.conn.dialect, takings).values(case_id=case_id, role=role, at=now)
    new = row.on_conflict_do_nothing().returning(takings.c.case_id)
    if (await pen.conn.execute(new)).first() is None:
        return False
    pen.note(Happening(what="taken", who=role), now, case_id)
    return True


TAKE = Work(one_by_one(_take), Order.JOURNALLED)


async def _repeat(pen: Pen, wish: tuple[Case, int, tuple[Letter, ...], Happening, datetime]) -> bool:
    case, seen, new, happening, now = wish
    sent = select(letters.c.number).where(letters.c.case_id == case.id, letters.c.template == URGENT)
    there = len((await pen.conn.execute(sent)).scalars().all())
    if there != seen or await takers(pen.conn, [case.id]):
        return False
    await post(pen, new, [happening], now, case.id)
    return True


REPEAT = Work(one_by_one(_repeat), Order.JOURNALLED)
