"""Whole transactions: on SQLite each is one step into a thread of its own, on PostgreSQL statement by statement.

To wake a thread and to be woken by it costs more than what SQLite has to do for a statement. What a transaction does is
written once, as a coroutine that waits for nothing but its connection; in the thread the connection answers at once.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar, TypeVarTuple, overload

import sqlalchemy
from sqlalchemy import CursorResult, Dialect, Engine, Executable, create_engine, event
from sqlalchemy.engine.interfaces import _CoreAnyExecuteParams, _DBAPIAnyExecuteParams
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import NullPool
from sqlalchemy.sql.selectable import TypedReturnsRows

Result = TypeVar("Result")
Columns = TypeVarTuple("Columns")


class Connection(Protocol):
    """What the register's statements need of a connection; one of SQLAlchemy's asynchronous ones is such."""

    @property
    def dialect(self) -> Dialect:
        """Which database it is."""
        ...

    @overload
    async def execute(
        self, statement: TypedReturnsRows[*Columns], parameters: _CoreAnyExecuteParams | None = None
    ) -> CursorResult[*Columns]: ...

    @overload
    async def execute(
        self, statement: Executable, parameters: _CoreAnyExecuteParams | None = None
    ) -> CursorResult[*tuple[Any, ...]]: ...

    async def exec_driver_sql(
        self, statement: str, parameters: _DBAPIAnyExecuteParams | None = None
    ) -> CursorResult[Any]:
        """Words as the driver takes them, with values as it takes them."""
        ...


#: what is done within one transaction; it waits for nothing but its connection
Doing = Callable[[Connection], Coroutine[Any, Any, Result]]


class Transactions(Protocol):
    """Does one thing after the other, each in a transaction of its own."""

    #: what its connections are made by
    engine: Engine
    #: how many of them have changed something
    changing: int

    async def do(self, doing: Doing[Result]) -> Result:
        """Returns once it is committed; whatever it raises has changed nothing."""
        ...

    async def apart(self, doing: Callable[[sqlite3.Connection], bool]) -> bool:
        """Between two transactions, what only SQLite has; False at once where it is another database."""
        ...

    async def close(self) -> None:
        """Lets the database go."""
        ...


def transactions(engine: AsyncEngine, *, begin: str = "IMMEDIATE") -> Transactions:
    """Those of an engine's database; `begin` is how SQLite begins one: IMMEDIATE to write, DEFERRED to read."""
    return InThread(engine, begin) if engine.dialect.name == "sqlite" else OnLoop(engine)


class OnLoop:
    """On connections of the engine, which others share."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._async, self.engine, self.changing = engine, engine.sync_engine, 0

    async def do(self, doing: Doing[Result]) -> Result:
        """As `Transactions.do`."""
        async with self._async.begin() as conn:
            done = await doing(conn)
        # Whether it was one of those, only PostgreSQL knows.
        self.changing += 1
        return done

    async def apart(self, doing: Callable[[sqlite3.Connection], bool]) -> bool:
        """As `Transactions.apart`."""
        return False

    async def close(self) -> None:
        """The engine is its maker's."""


class InThread:
    """On one connection to an SQLite file, in one thread: both are there from the first transaction on."""

    def __init__(self, engine: AsyncEngine, begin: str) -> None:
        self.engine = create_engine(
            engine.url.set(drivername="sqlite+pysqlite"), poolclass=NullPool, hide_parameters=True
        )
        event.listen(self.engine, "do_connect", _connect)
        event.listen(self.engine, "begin", lambda conn: conn.exec_driver_sql(f"BEGIN {begin}"))
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="register")
        self._conn: sqlalchemy.Connection | None = None
        self._closed = False
        self.changing = 0

    async def do(self, doing: Doing[Result]) -> Result:
        """As `Transactions.do`."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._transact, doing)

    async def apart(self, doing: Callable[[sqlite3.Connection], bool]) -> bool:
        """As `Transactions.apart`."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._apart, doing)

    async def close(self) -> None:
        """Closes the connection once everything before is done, and ends the thread; a second time does nothing."""
        if self._closed:
            return
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(self._thread, self._let_go)
        self._thread.shutdown(wait=False)

    def _transact(self, doing: Doing[Result]) -> Result:
        self._conn = self._conn or self.engine.connect()
        try:
            before = _changes(self._conn)
            with self._conn.begin():
                done = _finished(doing(_AtOnce(self._conn)))
            self.changing += _changes(self._conn) > before
        except BaseException:
            # Whatever was the matter, the next transaction begins afresh.
            self._let_go()
            raise
        return done

    def _apart(self, doing: Callable[[sqlite3.Connection], bool]) -> bool:
        self._conn = self._conn or self.engine.connect()
        return doing(self._conn.connection.dbapi_connection)  # type: ignore[arg-type]  # sqlite3's own

    def _let_go(self) -> None:
        conn, self._conn = self._conn, None
        if conn is not None:
            conn.close()


class _AtOnce:
    """A connection whose statements have run when their coroutine is first asked."""

    def __init__(self, conn: sqlalchemy.Connection) -> None:
        self._conn, self.dialect = conn, conn.dialect

    async def execute(self, statement: Executable, parameters: _CoreAnyExecuteParams | None = None) -> Any:
        return self._conn.execute(statement, parameters)

    async def exec_driver_sql(self, statement: str, parameters: _DBAPIAnyExecuteParams | None = None) -> Any:
        return self._conn.exec_driver_sql(statement, parameters)


def _finished(doing: Coroutine[Any, Any, Result]) -> Result:
    """Runs a coroutine that waits for nothing; a turn that it would leave to others is its own again."""
    try:
        while doing.send(None) is None:
            pass
    except StopIteration as end:
        result: Result = end.value
        return result
    doing.close()
    raise RuntimeError("a transaction waits for its connection alone")


def _changes(conn: sqlalchemy.Connection) -> int:
    """How many rows have been changed on a connection to SQLite since it was made."""
    changed: int = conn.connection.dbapi_connection.total_changes  # type: ignore[union-attr]  # sqlite3's own
    return changed


def _connect(_dialect: Any, _record: Any, place: list[Any], options: dict[str, Any]) -> Any:
    # aiosqlite, which stands beside it, is of no use with another database.
    from register.sqlite import opened

    return opened(place[0], options)
