"""One service at a time on an SQLite file: a lock beside it, which the kernel lets go when the process dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from register.errors import BadSettings

#: what the lock's file is called: the register's own name and this
SUFFIX = ".run"


@contextlib.contextmanager
def only_service(url: str) -> Iterator[None]:
    """Holds the register of an SQLite address for a running service; of PostgreSQL as many may work on one register.

    Raises BadSettings where another service holds it. Commands take no lock: SQLite itself keeps writers apart. The
    file stays when it is let go: to remove it would let two processes hold two files of one name.
    """
    file = _file(url)
    if file is None:
        yield
        return
    handle = _open(file)
    try:
        _lock(handle, file)
        yield
    finally:
        os.close(handle)


def _file(url: str) -> Path | None:
    """Where the lock lies; None where there is none, and where opening the register has something to say anyway."""
    with contextlib.suppress(ArgumentError):
        address = make_url(url)
        name = address.database or ""
        path = Path(name)
        if (
            address.get_backend_name() == "sqlite"
            and name not in ("", ":memory:")
            and path.parent.is_dir()
            and not path.is_dir()
        ):
            return path.with_name(path.name + SUFFIX)
    return None


def _open(file: Path) -> int:
    try:
        return os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise BadSettings(f"database: {file} cannot be made ({error.strerror})") from None


def _lock(handle: int, file: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held = os.read(handle, 20).decode("ascii", "replace").strip()
        register = str(file).removesuffix(SUFFIX)
        raise BadSettings(
            f"database: another `lyhord run` (process {held}) works on {register}; stop it first. "
            "On PostgreSQL several may work on one register"
        ) from None
    os.truncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
