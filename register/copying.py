"""From one database to another: every row, in one transaction, and the copy is audited before it counts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, delete, func, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from register import audit
from register.errors import Permanent
from register.faults import told_plainly
from register.line import Kind
from register.opening import engine_for, migrate
from register.records import Books
from register.tables import metadata, processes

#: rows that are held in memory at once; those of the spool hold whole mails
_ROWS, _MAILS = 500, 20
#: who is at work, on the database that it is at work on
_STAYS = (processes,)
_AT_WORK = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = :kind"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
_TABLES = tuple(table for table in metadata.sorted_tables if table not in _STAYS)


@dataclass(frozen=True, kw_only=True)
class Copied:
    """What was copied: the books and the number of rows by table, the same on both sides."""

    books: Books
    rows: dict[str, int]


async def copy(source: str, target: str, *, at_work: bool = False) -> Copied:
    """Copies a register into an empty one; a copy that is not sound leaves nothing behind.

    Both are brought up to date first. Nobody may write to the source meanwhile, or what they write is missing from the
    copy; `at_work`: that is what is wanted, a moment of a register at work. Raises BadSettings, NewerRegister or
    Temporary where one cannot be used, Permanent where the target holds something or the copy does not match.
    """
    if source == target:
        raise Permanent("register copy: that is the same database twice")
    async with _reading(source) as old, _writing(target) as new:
        if not at_work:
            await _refuse_busy(old)
        await _refuse_used(new)
        for table in _TABLES:
            await new.execute(delete(table))
            async for rows in _pages(old, table):
                await new.execute(table.insert(), rows)
            await _count_on(new, table)
        return await _verified(old, new)


@asynccontextmanager
async def _reading(url: str) -> AsyncIterator[AsyncConnection]:
    """One moment of a register, whoever writes meanwhile."""
    engine = engine_for(url, create=False)
    try:
        with told_plainly():
            await migrate(engine)
            options = {"sqlite_begin": "DEFERRED"} if engine.dialect.name == "sqlite" else _SNAPSHOT
            async with engine.execution_options(**options).connect() as conn:
                yield conn
    finally:
        await engine.dispose()


_SNAPSHOT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


@asynccontextmanager
async def _writing(url: str) -> AsyncIterator[AsyncConnection]:
    """A transaction that is committed only where nothing is raised."""
    engine = engine_for(url)
    try:
        with told_plainly():
            await migrate(engine)
            async with engine.begin() as conn:
                yield conn
    finally:
        await engine.dispose()


async def _refuse_busy(conn: AsyncConnection) -> None:
    """Where processes are at work on a server, what they take in after this would be missing from the copy."""
    if conn.dialect.name == "postgresql" and (await conn.execute(_AT_WORK, {"kind": Kind.PROCESS.value})).scalar_one():
        raise Permanent("register copy: a `lyhord run` works on the register; stop it first")


async def _refuse_used(conn: AsyncConnection) -> None:
    counts = await _rows(conn)
    # An empty register has its counter of arrivals and the head of its journal.
    used = [name for name, count in counts.items() if count > (name in ("counters", "chain"))]
    if used or (await audit.books(conn)).arrived:
        raise Permanent("register copy: the target holds something already; name an empty database")


async def _pages(conn: AsyncConnection, table: Table) -> AsyncIterator[list[dict[str, Any]]]:
    """All rows in the order of their key, so that ids keep theirs."""
    key = tuple_(*table.primary_key.columns)
    query = select(table).order_by(*table.primary_key.columns).limit(_MAILS if "content" in table.c else _ROWS)
    last: Sequence[Any] | None = None
    while rows := (await conn.execute(query if last is None else query.where(key > last))).mappings().all():
        yield [dict(row) for row in rows]
        last = tuple(rows[-1][column.name] for column in table.primary_key.columns)


async def _count_on(conn: AsyncConnection, table: Table) -> None:
    """New ids go on behind the copied ones; SQLite sees to that by itself."""
    serial = table.autoincrement_column
    if conn.dialect.name != "postgresql" or serial is None:
        return
    highest = (await conn.execute(select(func.max(serial)))).scalar()
    sequence = func.pg_get_serial_sequence(table.name, serial.name)
    if highest is not None:
        await conn.execute(select(func.setval(sequence, highest)))


async def _verified(old: AsyncConnection, new: AsyncConnection) -> Copied:
    if problems := await audit.problems(new):
        raise Permanent(f"register copy: the copy is not sound, and was not kept: {problems[0]}")
    was, became = await _counted(old), await _counted(new)
    if was != became or await _head(old) != await _head(new):
        raise Permanent("register copy: the copy does not match, and was not kept; was somebody writing to it?")
    return became


async def _counted(conn: AsyncConnection) -> Copied:
    return Copied(books=await audit.books(conn), rows=await _rows(conn))


async def _rows(conn: AsyncConnection) -> dict[str, int]:
    return {table.name: (await conn.execute(select(func.count()).select_from(table))).scalar_one() for table in _TABLES}


async def _head(conn: AsyncConnection) -> Any:
    return (await conn.execute(text("SELECT position, hash FROM chain"))).one()
