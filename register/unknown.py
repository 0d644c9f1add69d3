"""Receipt codes, the school's questions to somebody unknown, and how often a code was wrong: see `UnknownSenders`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.types import BigInteger

from register.columns import Moment, Words
from register.records import Happening, Letter, Question, SealedCode, Secrecy
from register.tables import cases, metadata
from register.transactions import Connection
from register.writing import Order, Pen, Work, Writer, one_by_one

#: the letter that carries the school's questions
LETTER = "dialogue"
#: how long it is kept that a code was wrong
REMEMBERED = timedelta(days=1)

_Serial = BigInteger().with_variant(Integer(), "sqlite")

#: the receipt code of a case, as a hash; a case has none where nobody could be told one
codes = Table(
    "codes",
    metadata,
    Column("case_id", String(40), ForeignKey("cases.id"), primary_key=True),
    Column("prefix", String(8), nullable=False, index=True),
    Column("salt", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
)

#: what the school asks; `letter_id` is the letter that is on its way with it, empty while it waits
questions = Table(
    "questions",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("case_id", String(40), ForeignKey("cases.id"), nullable=False, index=True),
    Column("text", Words, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("letter_id", String(200), nullable=False, default="", index=True),
    Column("told_at", Moment),
)

#: a row for each code that opened nothing, without who wrote it
wrong_codes = Table(
    "wrong_codes",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
)
Index(None, wrong_codes.c.at)

_LIKE = (
    select(codes)
    .join(cases, cases.c.id == codes.c.case_id)
    .where(codes.c.prefix == bindparam("like"), cases.c.organisation == bindparam("school"))
)
_ON_ITS_WAY = (
    update(questions).where(questions.c.id.in_(bindparam("ids", expanding=True))).values(letter_id=bindparam("letter"))
)
_TOLD = update(questions).where(questions.c.letter_id == bindparam("letter")).values(told_at=bindparam("at"))
_NOT_TOLD = update(questions).where(questions.c.letter_id == bindparam("letter")).values(letter_id="")


class UnknownSenders:
    """What the register knows of the dialogue with people whom it does not know."""

    def __init__(self, reading: Callable[[], AbstractAsyncContextManager[Connection]], writer: Writer) -> None:
        self._reading, self._writer = reading, writer

    async def codes_like(self, prefix: str, organisation: str) -> tuple[tuple[str, SealedCode], ...]:
        """The case ids of a school whose codes begin like this, each with what is kept of its code."""
        async with self._reading() as conn:
            rows = await conn.execute(_LIKE, {"like": prefix, "school": organisation})
            return tuple((row.case_id, SealedCode(prefix=row.prefix, salt=row.salt, digest=row.digest)) for row in rows)

    async def wrong_since(self, moment: datetime) -> int:
        """How many codes have opened nothing since a moment, whoever wrote them."""
        async with self._reading() as conn:
            query = select(func.count()).select_from(wrong_codes).where(wrong_codes.c.at >= moment)
            return (await conn.execute(query)).scalar_one()

    async def note_wrong(self, now: datetime) -> None:
        """A code has opened nothing."""
        await self._writer.write(NOTE_WRONG, now)

    async def has_code(self, case_id: str) -> bool:
        """Whether the sender of a case was given a code."""
        async with self._reading() as conn:
            return (await conn.execute(select(codes.c.case_id).where(codes.c.case_id == case_id))).first() is not None

    async def questions(self, case_id: str, *, waiting: bool = False) -> tuple[Question, ...]:
        """The school's questions in a case, oldest first; `waiting`: only those that no letter carries yet."""
        query = select(questions).where(questions.c.case_id == case_id).order_by(questions.c.id)
        if waiting:
            query = query.where(questions.c.letter_id == "")
        async with self._reading() as conn:
            rows = (await conn.execute(query)).mappings().all()
        return tuple(
            Question(id=row["id"], text=row["text"], asked_at=row["asked_at"], told_at=row["told_at"]) for row in rows
        )

    async def ask(self, case_id: str, text: str, now: datetime) -> None:
        """Keeps a question until the sender of the case writes again."""
        await self._writer.write(ASK, (case_id, text, now))

    async def told(self, case_id: str, ids: Sequence[int], now: datetime) -> None:
        """Questions were read out to the sender, by whoever has them on the phone."""
        await self._writer.write(READ_OUT, (case_id, ids, now))


async def _ask(pen: Pen, wish: tuple[str, str, datetime]) -> None:
    case_id, text, now = wish
    row = {"case_id": case_id, "text": text, "asked_at": now, "letter_id": ""}
    await pen.conn.execute(insert(questions), [row])
    pen.note(Happening(what="question_asked", who="staff"), now, case_id)


ASK = Work(one_by_one(_ask), Order.JOURNALLED)


async def _read_out(pen: Pen, wish: tuple[str, Sequence[int], datetime]) -> None:
    case_id, ids, now = wish
    told = update(questions).where(questions.c.case_id == case_id, questions.c.id.in_(ids))
    await pen.conn.execute(told.values(letter_id="read out", told_at=now))
    pen.note(Happening(what="questions_read_out", who="staff", facts={"questions": len(ids)}), now, case_id)


READ_OUT = Work(one_by_one(_read_out), Order.JOURNALLED)


async def add(pen: Pen, case_id: str | None, secrecy: Secrecy, letters: Sequence[Letter], now: datetime) -> None:
    """What an entered message brings: the code of its new case, questions on their way, wrong codes."""
    if secrecy.code is not None and case_id is not None:
        await pen.conn.execute(insert(codes), [{"case_id": case_id, **vars(secrecy.code)}])
    letter = next((one.id for one in letters if one.template == LETTER), "")
    if secrecy.told and letter:
        await pen.conn.execute(_ON_ITS_WAY, {"ids": list(secrecy.told), "letter": letter})
    if secrecy.wrong_codes:
        await _count_wrong(pen, now, secrecy.wrong_codes)


async def _count_wrong(pen: Pen, now: datetime, number: int = 1) -> None:
    await pen.conn.execute(delete(wrong_codes).where(wrong_codes.c.at < now - REMEMBERED))
    await pen.conn.execute(insert(wrong_codes), [{"at": now}] * number)


NOTE_WRONG = Work(one_by_one(_count_wrong), Order.UNJOURNALLED)


async def end(pen: Pen, ended: Sequence[dict[str, Any]], how: str) -> None:
    """Letters with questions have left, or never will: then the questions wait for the next one."""
    if how == "sent":
        await pen.conn.execute(_TOLD, ended)
    else:
        await pen.conn.execute(_NOT_TOLD, [{"letter": one["letter"]} for one in ended])
