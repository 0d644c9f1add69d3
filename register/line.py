"""The line of a process to PostgreSQL: a connection of its own that hears of new work and holds what is only ours."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Self

from sqlalchemy import func, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from register.errors import Temporary
from register.transactions import Connection

#: the channel of LISTEN and NOTIFY
_CHANNEL = "lyhord"
#: a machine that lost its power is noticed after half a minute, not after the system's two hours
_LIVELY = ("tcp_keepalives_idle = 10", "tcp_keepalives_interval = 5", "tcp_keepalives_count = 4")
#: seconds for one answer of the server
_PATIENCE = 15.0


class News(enum.StrEnum):
    """What a transaction brings that another process may be waiting for."""

    MESSAGES = "messages"
    LETTERS = "letters"
    URGENT = "urgent"


class Kind(enum.IntEnum):
    """What an advisory lock stands for; the number of its space."""

    PROCESS = 7271
    DOOR = 7272


async def announce(conn: Connection, sender: str, news: Iterable[News]) -> None:
    """Tells all processes, once the transaction is committed, what it has brought; PostgreSQL only."""
    if conn.dialect.name == "postgresql":
        await conn.execute(select(*(func.pg_notify(_CHANNEL, f"{sender}/{one}") for one in sorted(news))))


class Line:
    """Open from `open` until `close`, or until `lost` is set; every method raises Temporary where it is lost."""

    def __init__(self, engine: AsyncEngine, conn: AsyncConnection) -> None:
        self._engine, self._conn = engine, conn
        # One question at a time.
        self._busy = asyncio.Lock()
        #: set when the server has gone: whatever was held is held no longer
        self.lost = asyncio.Event()

    @classmethod
    async def open(cls, url: URL, heard: Callable[[str, str], None]) -> Self:
        """Connects; `heard` is told of all news, with who sent them."""
        engine = create_async_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT", hide_parameters=True)
        try:
            async with asyncio.timeout(_PATIENCE):
                line = cls(engine, await engine.connect())
                await line._listen(heard)
        except Exception as error:
            await engine.dispose()
            raise _lost(error) from error
        return line

    async def _listen(self, heard: Callable[[str, str], None]) -> None:
        for setting in _LIVELY:
            await self._conn.execute(text(f"SET {setting}"))
        driver: Any = (await self._conn.get_raw_connection()).driver_connection
        # Only asyncpg tells of news by itself; with another driver the loops poll.
        if hasattr(driver, "add_termination_listener"):
            driver.add_termination_listener(lambda _: self.lost.set())
            await driver.add_listener(_CHANNEL, lambda _conn, _pid, _channel, payload: _told(payload, heard))

    async def ask(self, statement: Any) -> Any:
        """The first column of the first row, or None."""
        return next(iter(await self.all(statement)), (None,))[0]

    async def all(self, statement: Any) -> list[Any]:
        """All rows."""
        try:
            async with self._busy, asyncio.timeout(_PATIENCE):
                found = await self._conn.execute(statement)
                return list(found.all()) if found.returns_rows else []
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            self.lost.set()
            raise _lost(error) from error

    async def lock(self, kind: Kind, key: int | str) -> bool:
        """Takes what only one process at a time may have; False where another has it. Held until the line ends."""
        return bool(await self.ask(select(func.pg_try_advisory_lock(kind.value, _number(key)))))

    async def unlock(self, kind: Kind, key: int | str) -> None:
        """Lets another have it."""
        await self.ask(select(func.pg_advisory_unlock(kind.value, _number(key))))

    async def close(self) -> None:
        """Hangs up."""
        self.lost.set()
        with suppress(SQLAlchemyError, OSError, TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await self._conn.close()
        await self._engine.dispose()


def _number(key: int | str) -> Any:
    return func.hashtext(key) if isinstance(key, str) else key


def _told(payload: str, heard: Callable[[str, str], None]) -> None:
    sender, _, news = payload.rpartition("/")
    heard(sender, news)


def _lost(error: Exception) -> Temporary:
    return Temporary("The register's line is lost just now.", private=type(error).__name__)
