"""Opening a database: the address, SQLite's settings, and the migrations, each in a transaction of its own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, event, inspect, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from register.errors import BadSettings, Fault, NewerRegister, Temporary
from register.faults import is_away
from register.tables import REVISION

if TYPE_CHECKING:
    from alembic.config import Config

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
_KNOWN = ("sqlite+aiosqlite", "postgresql+asyncpg", "postgresql+psycopg")
#: the number of PostgreSQL's advisory lock around migrations
_LOCK = 727


def engine_for(url: str, *, create: bool = True) -> AsyncEngine:
    """An engine for a database address; raises BadSettings where the address or its place cannot work."""
    address = _parse(url)
    if address.drivername != "sqlite+aiosqlite":
        return _create(address, pool_pre_ping=True)
    _prepare_file(address, create)
    from register.sqlite import connect

    engine = _create(address, connect_args={"async_creator_fn": connect})
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


async def migrate(engine: AsyncEngine) -> None:
    """Brings the database to REVISION, step by step; raises NewerRegister, BadSettings or Temporary."""
    try:
        while not await _is_current(engine):
            async with engine.begin() as conn:
                await conn.run_sync(_one_step)
    except Fault:
        raise
    except (DBAPIError, OSError) as error:
        raise _explain(engine.url, error) from error


def _parse(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError:
        raise BadSettings(
            f"database: {_without_secret(url)!r} is no address; write sqlite+aiosqlite:///lyhord.db"
        ) from None
    address = address.set(drivername=_DRIVERS.get(address.drivername, address.drivername))
    if address.drivername not in _KNOWN:
        raise BadSettings(f"database: {address.drivername} is not known; use {' or '.join(_KNOWN)}")
    return address


def _without_secret(url: str) -> str:
    return url if "@" not in url else "..." + url[url.rindex("@") :]


def _create(address: URL, **options: Any) -> AsyncEngine:
    try:
        # The values of a statement are personal data: no error text may quote them.
        return create_async_engine(address, hide_parameters=True, pool_size=6, max_overflow=0, **options)
    except ModuleNotFoundError as error:
        raise BadSettings(
            f"database: {address.drivername} needs the package {error.name}, which is not installed"
        ) from None


def _prepare_file(address: URL, create: bool) -> None:
    if address.database in (None, "", ":memory:"):
        raise BadSettings("database: SQLite needs a file; write sqlite+aiosqlite:///lyhord.db")
    path = Path(str(address.database))
    if path.is_dir():
        raise BadSettings(f"database: {path} is a folder; name a file in it")
    if not path.parent.is_dir():
        raise BadSettings(f"database: the folder {path.parent} does not exist; make it or change the address")
    if not path.exists() and not create:
        raise BadSettings(f"database: there is no register at {path} yet")
    if not path.exists():
        _make_private(path)


def _make_private(path: Path) -> None:
    """An empty file that only its owner may read; SQLite gives its companions the same permissions."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    except OSError as error:
        raise BadSettings(f"database: {path} cannot be made ({error.strerror})") from error


def _begin_sqlite(connection: Connection) -> None:
    kind = connection.get_execution_options().get("sqlite_begin", "IMMEDIATE")
    connection.exec_driver_sql(f"BEGIN {kind}")


async def _is_current(engine: AsyncEngine) -> bool:
    async with engine.execution_options(sqlite_begin="DEFERRED").connect() as conn:
        return await conn.run_sync(_revision) == REVISION


def _revision(conn: Connection) -> str | None:
    """The revision of the last step that this database has seen; None for an empty database."""
    names = inspect(conn).get_table_names()
    if "alembic_version" in names:
        return conn.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    if names:
        raise BadSettings(f"database: {_place(conn.engine.url)} holds something else than a register")
    return None


def _one_step(conn: Connection) -> None:
    from alembic import command
    from alembic.script import ScriptDirectory

    if conn.dialect.name == "postgresql":
        conn.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    # Another process may have gone this step while we waited for the lock.
    revision = _revision(conn)
    config = _config(conn)
    steps = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()][::-1]
    if revision is not None and revision not in steps:
        raise NewerRegister(
            f"database: {_place(conn.engine.url)} was written by a newer version ({revision}, not {REVISION})"
        )
    following = steps[steps.index(revision) + 1 :] if revision else steps
    if following:
        command.upgrade(config, following[0])


def _config(conn: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = conn
    return config


def _place(url: URL) -> str:
    return str(url.database) if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)


def _explain(url: URL, error: DBAPIError | OSError) -> Fault:
    """What a person can do about a database that does not open."""
    place, said = _place(url), str(getattr(error, "orig", error))
    if "not a database" in said or "malformed" in said:
        return BadSettings(f"database: {place} is not an SQLite database, or is damaged")
    if "readonly" in said or "read-only" in said:
        return BadSettings(f"database: {place} or its folder is read-only for this user")
    if "unable to open" in said:
        return BadSettings(f"database: {place} cannot be opened; look at its owner and permissions")
    if is_away(error):
        return Temporary(f"database: {place} cannot be reached just now", private=type(error).__name__)
    return BadSettings(f"database: {place} cannot be used ({type(getattr(error, 'orig', error)).__name__})")
