"""A private PostgreSQL server in a temporary folder, on a Unix socket only; started as `postgres` where we are root."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

#: the server is for tests: it outlives a kill, not the end of the machine, and is faster for it
_SPEED = ("fsync=off", "full_page_writes=off")


def missing() -> str:
    """Why no PostgreSQL can be run here; empty where one can."""
    if _programs() is None:
        return "PostgreSQL is not installed (apt-get install postgresql)"
    return "" if importlib.util.find_spec("asyncpg") else "asyncpg is not installed"


class Postgres:
    """The server; its address stays the same through `kill` and `start`."""

    def __init__(self, *, durable: bool = False) -> None:
        """`durable`: what is committed outlives a crash of the machine too, as in operation."""
        programs = _programs()
        assert programs is not None, missing()
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
        settings = ("listen_addresses=", f"unix_socket_directories={self._folder}", *(() if durable else _SPEED))
        self._options = " ".join(f"-c {setting}" for setting in settings)
        self.start()

    def start(self) -> None:
        """Starts it, again where it was killed, and waits until it answers."""
        self._control("-l", self._folder / "log", "-o", self._options, "start")

    def kill(self) -> None:
        """Ends it in the middle of whatever it does."""
        self._control("-m", "immediate", "stop")

    def new_database(self, name: str, like: str = "template0") -> str:
        """The address of a new database, empty or a copy of another."""
        self._run(self._programs / "createdb", "-h", self._folder, "-U", "postgres", "-T", like, name)
        return f"postgresql+asyncpg://postgres@/{name}?host={self._folder}"

    def drop(self, name: str) -> None:
        """Removes a database that nobody uses any more."""
        self._run(self._programs / "dropdb", "-h", self._folder, "-U", "postgres", name)

    def stop(self) -> None:
        """Ends the server and removes its folder."""
        self.kill()
        shutil.rmtree(self._folder)

    def _control(self, *words: object) -> None:
        self._run(self._programs / "pg_ctl", "-D", self._folder / "data", "-w", *words)

    def _run(self, *command: object) -> None:
        words = [str(word) for word in command]
        # pg_ctl leaves the server with its own output, so nothing may be waited for on a pipe.
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self._as)


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None
