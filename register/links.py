"""Sealed links from anonymous cases to chats: kept while their sender leaves them open, overwritten when cut (G3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime

from sqlalchemy import Column, ForeignKey, LargeBinary, String, Table, delete, select, update

from register import anonymity
from register.outbox import post
from register.records import Happening, Letter, SealedLink
from register.tables import cases, insert, letters, metadata
from register.transactions import Connection
from register.unknown import questions
from register.writing import Order, Pen, Work, Writer, one_by_one

#: at most one for a case; the database alone does not say which chat it is
links = Table(
    "links",
    metadata,
    Column("case_id", String(40), ForeignKey("cases.id"), primary_key=True),
    Column("chat_key", String(64), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
)

_NAMED = tuple(letters.c[name] for name in ("number", "id", "case_id", "template", "role"))
_NOTHING = b"\0" * 64
_WAITING = (questions.c.letter_id == "") & questions.c.told_at.is_(None)


class Links:
    """What the register knows of chats that anonymous senders left open."""

    def __init__(self, reading: Callable[[], AbstractAsyncContextManager[Connection]], writer: Writer) -> None:
        self._reading, self._writer = reading, writer

    async def open(self, link: SealedLink, now: datetime) -> bool:
        """Keeps the link of a case; False where the case is not there or has a known sender."""
        return await self._writer.write(OPEN, (link, now))

    async def cut(self, chat_key: str, chat: str, now: datetime) -> int:
        """Overwrites every link to a chat, and forgets the letters that wait for it; returns how many links."""
        return await self._writer.write(CUT, (chat_key, chat, now))

    async def case_id(self, chat_key: str, organisation: str) -> str:
        """The open case of a school that a chat is linked to, the newest; empty for none."""
        query = (
            select(links.c.case_id)
            .join(cases, cases.c.id == links.c.case_id)
            .where(links.c.chat_key == chat_key, cases.c.organisation == organisation, cases.c.status == "open")
            .order_by(cases.c.opened_at.desc())
            .limit(1)
        )
        async with self._reading() as conn:
            return (await conn.execute(query)).scalar_one_or_none() or ""

    async def is_open(self, case_id: str) -> bool:
        """Whether the sender of a case left a chat open."""
        async with self._reading() as conn:
            return (await conn.execute(select(links.c.case_id).where(links.c.case_id == case_id))).first() is not None

    async def with_questions(self) -> tuple[SealedLink, ...]:
        """The links of cases in which a question of the school's waits."""
        query = select(links).where(links.c.case_id.in_(select(questions.c.case_id).where(_WAITING)))
        async with self._reading() as conn:
            return tuple(SealedLink(**row) for row in (await conn.execute(query)).mappings())

    async def tell(self, link: SealedLink, ids: Sequence[int], letter: Letter, now: datetime) -> bool:
        """Questions go out in a letter; False, and nothing written, where they left already or the link was cut."""
        return await self._writer.write(TELL, (link, tuple(ids), letter, now))


async def _open(pen: Pen, wish: tuple[SealedLink, datetime]) -> bool:
    link, now = wish
    query = select(cases.c.id).where(cases.c.id == link.case_id, cases.c.anonymous.is_(True))
    if (await pen.conn.execute(query)).first() is None:
        return False
    row = {"chat_key": link.chat_key, "sealed": link.sealed}
    statement = insert(pen.conn.dialect, links).values(case_id=link.case_id, **row)
    await pen.conn.execute(statement.on_conflict_do_update(index_elements=["case_id"], set_=row))
    pen.note(Happening(what="link_opened", who="sender"), now, link.case_id)
    return True


OPEN = Work(one_by_one(_open), Order.JOURNALLED)


async def _cut(pen: Pen, wish: tuple[str, str, datetime]) -> int:
    chat_key, chat, now = wish
    mine = links.c.chat_key == chat_key
    ids = (await pen.conn.execute(select(links.c.case_id).where(mine).order_by(links.c.case_id))).scalars().all()
    if not ids:
        return 0
    await pen.conn.execute(update(links).where(mine).values(sealed=_NOTHING, chat_key=""))
    await pen.conn.execute(delete(links).where(links.c.case_id.in_(ids)))
    await _forget_letters(pen, ids, chat, now)
    for case_id in ids:
        pen.note(Happening(what="link_cut", who="sender"), now, case_id)
    pen.forgets = True
    return len(ids)


CUT = Work(one_by_one(_cut), Order.JOURNALLED)


async def _forget_letters(pen: Pen, case_ids: Sequence[str], chat: str, now: datetime) -> None:
    """What waits for the chat would still have its number; the questions in it wait for the receipt code again."""
    waiting = (letters.c.case_id.in_(case_ids), letters.c.to_key == chat.lower(), letters.c.ended_at.is_(None))
    rows = (await pen.conn.execute(select(*_NAMED).where(*waiting))).all()
    if not rows:
        return
    numbers, ids = [row.number for row in rows], [row.id for row in rows]
    ended = update(letters).where(letters.c.number.in_(numbers))
    await pen.conn.execute(ended.values(ended_at=now, state="failed", detail="the link was cut"))
    await pen.conn.execute(anonymity.FORGET_LETTER, [{"which": number} for number in numbers])
    await pen.conn.execute(update(questions).where(questions.c.letter_id.in_(ids)).values(letter_id=""))
    for row in rows:
        facts = {"letter": row.id, "template": row.template, "role": row.role, "detail": "the link was cut"}
        pen.note(Happening(what="letter_failed", facts=facts), now, row.case_id)


async def _tell(pen: Pen, wish: tuple[SealedLink, Sequence[int], Letter, datetime]) -> bool:
    link, ids, letter, now = wish
    still = select(links.c.case_id).where(links.c.case_id == link.case_id, links.c.chat_key == link.chat_key)
    if (await pen.conn.execute(still.with_for_update())).first() is None:
        return False
    mine = update(questions).where(questions.c.id.in_(ids), _WAITING).values(letter_id=letter.id)
    if (await pen.conn.execute(mine)).rowcount != len(ids):
        # Another process was faster with some of them; nothing of this letter may leave.
        back = update(questions).where(questions.c.letter_id == letter.id).values(letter_id="")
        await pen.conn.execute(back)
        return False
    await post(pen, (letter,), (), now, link.case_id)
    return True


TELL = Work(one_by_one(_tell), Order.JOURNALLED)
