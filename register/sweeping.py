"""What was taken out of the database is overwritten in its files too: SQLite's write-ahead log is emptied."""

from __future__ import annotations

import sqlite3
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

if TYPE_CHECKING:
    from register.sqlite import Connection

#: how long to wait for others who read, in seconds: between two transactions, and when nothing else is to be done
SHORTLY = 0.2
LONGER = 5.0


async def sweep(engine: AsyncEngine, patience: float) -> bool:
    """True once the log is empty: with `secure_delete` nothing of what was overwritten is left in any file.

    False where somebody reads just now: the log stays as it is, and it can be tried again. PostgreSQL has files of its
    own and empties them in its own time (docs/anonymity.md).
    """
    if engine.dialect.name != "sqlite":
        return True
    try:
        async with engine.connect() as conn:
            driver: Any = (await conn.get_raw_connection()).driver_connection
            emptied: bool = await driver.step(partial(_emptied, driver, patience))
            return emptied
    except (SQLAlchemyError, sqlite3.Error):
        return False


def _emptied(driver: Connection, patience: float) -> bool:
    from register.sqlite import PATIENCE

    opened = driver.opened
    opened.execute(f"PRAGMA busy_timeout={int(patience * 1000)}")
    try:
        busy, _, _ = opened.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        opened.execute(f"PRAGMA busy_timeout={PATIENCE * 1000}")
    return not busy
