"""A register of its own for every test: an SQLite file, and a PostgreSQL database where a server can be started."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from register.store import Register
from tests.journeys.conftest import need
from tests.journeys.servers import postgresql
from tests.journeys.servers.postgresql import Postgres

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for all tests; without it the tests that need it are skipped, and fail where CI must have it."""
    need(postgresql.missing())
    server = Postgres()
    yield server
    server.stop()


@pytest.fixture(scope="session")
async def blank_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite register without entries, to be copied: migrating each one would take longer than its test."""
    path = tmp_path_factory.mktemp("blank") / "lyhord.db"
    await (await Register.open(f"sqlite+aiosqlite:///{path}")).close()
    return path


@pytest.fixture(scope="session")
async def postgres_with_blank(postgres: Postgres) -> Postgres:
    """The server with a register without entries, called `blank`."""
    await (await Register.open(postgres.new_database("blank"))).close()
    return postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a register without entries."""
    if request.param == "sqlite":
        blank: Path = request.getfixturevalue("blank_file")
        yield f"sqlite+aiosqlite:///{shutil.copy(blank, tmp_path / 'lyhord.db')}"
        return
    server: Postgres = request.getfixturevalue("postgres_with_blank")
    name = f"test{next(_numbers)}"
    yield server.new_database(name, like="blank")
    server.drop(name)


@pytest.fixture
def sqlite_url(tmp_path: Path, blank_file: Path) -> str:
    """The address of an SQLite register without entries."""
    return f"sqlite+aiosqlite:///{shutil.copy(blank_file, tmp_path / 'lyhord.db')}"


@pytest.fixture
async def register(url: str) -> AsyncIterator[Register]:
    """An open register without entries."""
    async with await Register.open(url) as opened:
        yield opened
