"""What was taken out of the database is overwritten in its files too, where these are SQLite's.

`secure_delete` overwrites rows, and the write-ahead log is emptied after them. But where a page was split, the rows
that moved away still stand in what is now its gap, and nothing of SQLite's looks there again (measured with 3.40: names
in 9 of 40 small databases in which every row had been overwritten). So the whole file is written anew as well.
"""

from __future__ import annotations

import sqlite3
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from register.seals import new_id
from register.tables import cursors, insert
from register.transactions import Connection

if TYPE_CHECKING:
    from register import sqlite

#: how long to wait for others who read, in seconds: between two transactions, and when nothing else is to be done
SHORTLY = 0.2
LONGER = 5.0
#: writing the file anew takes at most this share of the time: another is begun so many times later as the last one took
SHARE = 0.01
#: the row in `cursors` that says that the file is to be written anew; no channel has such a name
OWED = "register: something was taken out"
#: up to this size, in bytes, the copy is made in memory: a file of its own would hold what is to vanish
_IN_MEMORY = 64 * 1024 * 1024


async def owe(conn: Connection) -> None:
    """Notes, in the transaction that takes something out, that the file is to be written anew."""
    if conn.dialect.name == "sqlite":
        value = new_id()
        statement = insert(conn.dialect, cursors).values(name=OWED, value=value)
        await conn.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def is_owed(opened: sqlite3.Connection) -> bool:
    """True where something was taken out since the file was last written anew; of any process."""
    return _owed(opened) is not None


def rewrite(opened: sqlite3.Connection) -> bool:
    """Writes the file anew; for a connection outside of any transaction. False where more was taken out meanwhile.

    Takes as long as copying the file, and twice its room; whoever writes waits so long. Raises sqlite3.Error.
    """
    if (owed := _owed(opened)) is None:
        return True
    (pages,), (size,) = (opened.execute(f"PRAGMA {one}").fetchone() for one in ("page_count", "page_size"))
    opened.execute(f"PRAGMA temp_store={'MEMORY' if pages * size < _IN_MEMORY else 'FILE'}")
    try:
        opened.execute("VACUUM")
    finally:
        opened.execute("PRAGMA temp_store=MEMORY")
    return opened.execute("DELETE FROM cursors WHERE name = ? AND value = ?", (OWED, owed)).rowcount == 1


def _owed(opened: sqlite3.Connection) -> str | None:
    found = opened.execute("SELECT value FROM cursors WHERE name = ?", (OWED,)).fetchone()
    return None if found is None else str(found[0])


async def sweep(engine: AsyncEngine, patience: float) -> bool:
    """True once the log is empty: nothing of what was overwritten is left in it.

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


def _emptied(driver: sqlite.Connection, patience: float) -> bool:
    from register.sqlite import PATIENCE

    opened = driver.opened
    opened.execute(f"PRAGMA busy_timeout={int(patience * 1000)}")
    try:
        busy, _, _ = opened.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        opened.execute(f"PRAGMA busy_timeout={PATIENCE * 1000}")
    return not busy
