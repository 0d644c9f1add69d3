"""SQLite through aiosqlite with one step into its thread for each statement, its BEGIN and its rows included.

As they come, SQLAlchemy and aiosqlite take four such steps for a statement: make a cursor, execute, fetch, close. Each
one wakes two threads, which costs more than what SQLite has to do.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Self, TypeVar

import aiosqlite
from aiosqlite.core import _STOP_RUNNING_SENTINEL

#: how long a writer waits for another process, in seconds
PATIENCE = 15

_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    # What is taken out is overwritten: of somebody who stays unknown nothing may be left in free pages (G3).
    "secure_delete=ON",
    f"busy_timeout={PATIENCE * 1000}",
    "temp_store=MEMORY",
    # A rarer checkpoint (32 MB) keeps the slowest commits short.
    "wal_autocheckpoint=8000",
)

Result = TypeVar("Result")


def connect(database: str, **options: Any) -> Connection:
    """A connection to be awaited, for SQLAlchemy's `async_creator_fn`; it begins no transaction by itself."""
    # A program that ends without closing its register must not hang.
    connection: Connection = Connection(partial(opened, database, options), iter_chunk_size=64)
    connection._thread.daemon = True
    return connection


def opened(database: str, options: dict[str, Any]) -> sqlite3.Connection:
    """A connection of the standard library's, set up for the register."""
    made: sqlite3.Connection = sqlite3.connect(database, **options, isolation_level=None, timeout=PATIENCE)
    try:
        for pragma in _PRAGMAS:
            made.execute(f"PRAGMA {pragma}")
    except BaseException:
        made.close()
        raise
    return made


class Cursor:
    """What SQLAlchemy uses of a cursor: the rows are there when `execute` returns."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: Sequence[Any] = ()
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> Self:
        """Runs a statement and fetches its rows; a BEGIN waits for the statement after it."""
        if statement.startswith("BEGIN"):
            self._connection.pending = statement
            return self
        return await self._run("execute", statement, parameters)

    async def executemany(self, statement: str, rows: Sequence[Sequence[Any]]) -> Self:
        """Runs a statement for each row of parameters."""
        return await self._run("executemany", statement, rows)

    async def fetchall(self) -> Sequence[Any]:
        """The rows of the last statement, once."""
        rows, self._rows = self._rows, ()
        return rows

    async def close(self) -> None:
        """Nothing is left open between statements."""

    async def _run(self, how: str, statement: str, parameters: Sequence[Any]) -> Self:
        begin, self._connection.pending = self._connection.pending, ""
        step = partial(_step, self._connection.opened, begin, how, statement, parameters)
        self.description, self.rowcount, self.lastrowid, self._rows = await self._connection.step(step)
        return self


class Connection(aiosqlite.Connection):
    """A connection whose cursors need no step of their own, and that ends only transactions that were begun."""

    #: a BEGIN that waits for the first statement of its transaction
    pending = ""

    @property
    def opened(self) -> sqlite3.Connection:
        """The connection within the thread; raises ValueError where it is closed."""
        opened: sqlite3.Connection = self._conn
        return opened

    async def step(self, work: Callable[[], Result]) -> Result:
        """Does something in the thread."""
        done: Result = await self._execute(work)  # type: ignore[no-untyped-call]  # aiosqlite's own, without types
        return done

    def stop(self) -> None:
        """Ends the thread, without word to an event loop that may be closed by then: that would print a traceback."""
        self._running = False
        self._tx.put_nowait((None, self._close_and_stop))

    def _close_and_stop(self) -> object:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        return _STOP_RUNNING_SENTINEL

    def cursor(self) -> Cursor:  # type: ignore[override]  # a context manager there as here, with fewer methods
        """A new cursor."""
        return Cursor(self)

    async def commit(self) -> None:
        """Commits what was begun, if anything."""
        self.pending = ""
        if self.opened.in_transaction:
            await super().commit()

    async def rollback(self) -> None:
        """Rolls back what was begun, if anything."""
        self.pending = ""
        if self.opened.in_transaction:
            await super().rollback()


def _step(
    connection: sqlite3.Connection, begin: str, how: str, statement: str, parameters: Sequence[Any]
) -> tuple[Any, int, int | None, Sequence[Any]]:
    """What one statement does in the thread."""
    cursor = connection.cursor()
    try:
        if begin:
            cursor.execute(begin)
        getattr(cursor, how)(statement, parameters)
        rows = cursor.fetchall() if cursor.description else ()
        return cursor.description, cursor.rowcount, cursor.lastrowid, rows
    finally:
        cursor.close()
