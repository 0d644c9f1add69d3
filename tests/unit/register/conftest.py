"""A register of its own for every test: an SQLite file, and a PostgreSQL database where a server can be started."""

from __future__ import annotations

import importlib.util
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from register.store import Register

#: the server is for tests: it loses everything when the machine stops, and is faster for it
_SPEED = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")

_numbers = itertools.count(1)


class Postgres:
    """A private server in a temporary folder, on a Unix socket only; started as `postgres` where we are root."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="lyhord-pg-"))
        self._folder.chmod(0o755)
        self._as: dict[str, Any] = {"cwd": self._folder, "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}}
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(self._folder, owner.pw_uid, owner.pw_gid)
            self._as |= {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        data, options = self._folder / "data", "-A trust -U postgres -E UTF8 --locale=C.UTF-8 --no-sync"
        self._run(self._programs / "initdb", "-D", data, *options.split())
        settings = ("listen_addresses=", f"unix_socket_directories={self._folder}", *_SPEED)
        words = " ".join(f"-c {setting}" for setting in settings)
        self._run(self._programs / "pg_ctl", "-D", data, "-w", "-l", self._folder / "log", "-o", words, "start")

    def new_database(self, name: str, like: str = "template0") -> str:
        """The address of a new database, empty or a copy of another."""
        self._run(self._programs / "createdb", "-h", self._folder, "-U", "postgres", "-T", like, name)
        return f"postgresql+asyncpg://postgres@/{name}?host={self._folder}"

    def drop(self, name: str) -> None:
        """Removes a database that nobody uses any more."""
        self._run(self._programs / "dropdb", "-h", self._folder, "-U", "postgres", name)

    def stop(self) -> None:
        """Ends the server and removes its folder."""
        self._run(self._programs / "pg_ctl", "-D", self._folder / "data", "-m", "immediate", "-w", "stop")
        shutil.rmtree(self._folder)

    def _run(self, *command: object) -> None:
        words = [str(word) for word in command]
        # pg_ctl leaves the server with its own output, so nothing may be waited for on a pipe.
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self._as)


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


def _miss(why: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for all tests; without it the tests that need it are skipped, and fail where CI must have it."""
    programs = _programs()
    if programs is None:
        _miss("PostgreSQL is not installed (apt-get install postgresql)")
    if importlib.util.find_spec("asyncpg") is None:
        _miss("asyncpg is not installed")
    server = Postgres(programs)
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
