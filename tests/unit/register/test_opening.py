from __future__ import annotations

import asyncio
import importlib.util
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from register.errors import BadSettings, NewerRegister, Temporary
from register.opening import engine_for
from register.store import Register
from register.tables import REVISION, metadata
from tests.journeys.servers.postgresql import Postgres
from tests.unit.register.making import mail

MIGRATIONS = Path(__file__).parents[3] / "register" / "migrations"


def address(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


def shell(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


async def test_the_migrations_make_what_the_tables_say(url: str) -> None:
    def compare(conn: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(conn, opts={"compare_type": True}), metadata))

    engine = engine_for(url)
    async with engine.connect() as conn:
        assert await conn.run_sync(compare) == []
    await engine.dispose()


def test_the_tables_name_the_last_migration() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [REVISION]


async def test_a_new_file_is_made_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "lyhord.db"
    async with await Register.open(address(path)) as register:
        assert await register.verify() == ()
        await register.spool(mail())
        for one in tmp_path.iterdir():
            assert stat.S_IMODE(one.stat().st_mode) == 0o600
    async with await Register.open(f"sqlite:///{path}", create=False) as register:
        assert (await register.books()).waiting == 1


async def test_a_new_database_on_a_server_is_brought_up_to_date(postgres: Postgres) -> None:
    url = postgres.new_database("fresh")
    first, second = await asyncio.gather(Register.open(url), Register.open(url.replace("+asyncpg", "")))
    assert await first.spool(mail()) is True
    assert await second.spool(mail()) is False
    await first.close()
    await second.close()


async def test_a_file_opened_by_several_at_once_is_migrated_once(tmp_path: Path) -> None:
    opened = await asyncio.gather(*(Register.open(address(tmp_path / "lyhord.db")) for _ in range(4)))
    assert sorted(await asyncio.gather(*(register.spool(mail()) for register in opened))) == [False, False, False, True]
    await asyncio.gather(*(register.close() for register in opened))


async def test_an_empty_file_becomes_a_register(tmp_path: Path) -> None:
    path = tmp_path / "lyhord.db"
    path.touch()
    async with await Register.open(address(path)) as register:
        assert await register.verify() == ()


async def test_a_newer_register_is_left_alone(url: str) -> None:
    engine = engine_for(url)
    async with engine.begin() as conn:
        await conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    await engine.dispose()
    with pytest.raises(NewerRegister, match="written by a newer version \\(9999"):
        await Register.open(url)


async def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    shell(path, "CREATE TABLE library (book TEXT)")
    with pytest.raises(BadSettings, match="holds something else"):
        await Register.open(address(path))
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("library",)]
    connection.close()


async def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear school,\n" * 100)
    with pytest.raises(BadSettings, match="not an SQLite database"):
        await Register.open(address(path))
    assert path.read_text().startswith("Dear school")


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("nonsense", "is no address"),
        ("", "is no address"),
        ("mysql://user:secret@host/db", "mysql is not known"),
        ("sqlite+aiosqlite://", "needs a file"),
        ("sqlite+aiosqlite:///:memory:", "needs a file"),
        ("sqlite+aiosqlite:////nowhere/at/all/lyhord.db", "folder /nowhere/at/all does not exist"),
        ("sqlite+aiosqlite:////tmp", "is a folder"),
        ("postgresql+psycopg2cffi://x@/y", "is not known"),
    ],
)
async def test_an_address_that_cannot_work_is_told_without_its_secret(url: str, line: str) -> None:
    with pytest.raises(BadSettings, match=line) as raised:
        await Register.open(url)
    assert "secret" not in raised.value.public


@pytest.mark.skipif(importlib.util.find_spec("psycopg") is not None, reason="psycopg is installed")
async def test_a_driver_that_is_not_installed_is_named() -> None:
    with pytest.raises(BadSettings, match="needs the package psycopg"):
        await Register.open("postgresql+psycopg://user:secret@/register")


async def test_reading_commands_do_not_make_an_empty_register(tmp_path: Path) -> None:
    path = tmp_path / "lyhord.db"
    with pytest.raises(BadSettings, match="no register at"):
        await Register.open(address(path), create=False)
    assert not path.exists()


async def test_a_server_that_is_away_is_a_temporary_fault(tmp_path: Path) -> None:
    pytest.importorskip("asyncpg")
    with pytest.raises(Temporary, match="cannot be reached"):
        await Register.open(f"postgresql+asyncpg://u:secret@/x?host={tmp_path}")


_WITHOUT_RIGHTS = """
import asyncio, os, sqlite3, sys
import aiosqlite, alembic.command, sqlalchemy.dialects.sqlite.aiosqlite
from register.errors import Fault
from register.store import Register

if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
for url in sys.argv[1:]:
    try:
        asyncio.run(Register.open(url))
    except Fault as fault:
        print(type(fault).__name__, fault.public)
"""


def test_a_place_that_may_not_be_written_is_told(blank_file: Path) -> None:
    """As a user without rights: root may write everywhere."""
    with tempfile.TemporaryDirectory(prefix="lyhord-locked-") as name:
        folder = Path(name)
        for copy, mode in (("unreadable.db", 0o000), ("readable.db", 0o444)):
            Path(shutil.copy(blank_file, folder / copy)).chmod(mode)
        folder.chmod(0o555)
        urls = [address(folder / one) for one in ("new.db", "unreadable.db", "readable.db")]
        command = [sys.executable, "-c", _WITHOUT_RIGHTS, *urls]
        ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=MIGRATIONS.parents[1])
        folder.chmod(0o755)
    new, unreadable, readable = ran.stdout.splitlines()
    assert new == f"BadSettings database: {folder / 'new.db'} cannot be made (Permission denied)"
    assert "cannot be opened" in unreadable
    assert "read-only" in readable
    assert ran.stderr == ""
