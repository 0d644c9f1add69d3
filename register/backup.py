"""A register in one file, taken while the service works on it, and put back; a backup is itself an SQLite register."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import make_url

from register.copying import copy
from register.errors import BadSettings, Permanent, Temporary

#: the row in `cursors` that says when a backup was taken; no channel has such a name
MARK = "*backup"
_PART = ".part"
#: what waits, and what of it belongs to people who stay unknown
_COUNTS = (
    "SELECT count(*) FROM spool WHERE ended_at IS NULL",
    "SELECT count(*) FROM letters WHERE ended_at IS NULL",
    "SELECT count(*) FROM letters WHERE ended_at IS NULL AND claimed_by <> ''",
    "SELECT count(*) FROM letters WHERE ended_at IS NULL AND case_id IN (SELECT id FROM cases WHERE anonymous)",
)


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What a backup holds that is not finished."""

    taken_at: datetime | None
    #: arrived and not taken in yet; among them may be mails of people who wish to stay unknown
    messages_waiting: int
    letters_waiting: int
    #: of those, letters that were on their way at that moment
    in_hand: int
    #: of those, letters to senders who stay unknown: their addresses are in the backup until it is deleted
    to_unknown: int


def address(file: Path) -> str:
    """The database address of a file."""
    return f"sqlite+aiosqlite:///{file.absolute()}"


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite address; None for another database."""
    address = make_url(url)
    return Path(address.database or "") if address.get_backend_name() == "sqlite" else None


def back_up(source: Path, file: Path, now: datetime) -> Contents:
    """Writes one moment of a register into a new file, whole or not at all; nobody has to stop for it.

    What was forgotten is not in it: only what stands in the tables is copied. Raises BadSettings or Temporary.
    """
    if not source.is_file():
        raise BadSettings(f"database: there is no register at {source} yet")
    with _new_file(file) as part, _told(source):
        _vacuum(source, part)
        _mark(part, now)
        return contents(part)


async def copy_out(url: str, file: Path, now: datetime) -> Contents:
    """The same of a register on a server: its moment is copied into an SQLite file, and audited there."""
    with _new_file(file) as part, _told(file):
        await copy(url, address(part), at_work=True)
        _mark(part, now)
        return contents(part)


def contents(file: Path) -> Contents:
    """What a backup holds; raises BadSettings where it is none."""
    log = file.with_name(file.name + "-wal")
    if log.exists() and log.stat().st_size:
        raise BadSettings(f"{file} is a register in use, or was copied while it was; take a backup of it")
    where = f"file:{_quoted(file)}?mode=ro&immutable=1"
    with _told(file), contextlib.closing(sqlite3.connect(where, uri=True)) as conn:
        try:
            if conn.execute("PRAGMA quick_check").fetchone()[0] != "ok":
                raise BadSettings(f"{file} is damaged; take another backup")
            counts = [conn.execute(query).fetchone()[0] for query in _COUNTS]
            mark = conn.execute("SELECT value FROM cursors WHERE name = ?", (MARK,)).fetchone()
        except sqlite3.DatabaseError:
            raise BadSettings(f"{file} is no backup of a register") from None
    taken_at = datetime.fromisoformat(mark[0]) if mark else None
    return Contents(
        taken_at=taken_at,
        messages_waiting=counts[0],
        letters_waiting=counts[1],
        in_hand=counts[2],
        to_unknown=counts[3],
    )


@contextlib.contextmanager
def put_back(file: Path, target: Path) -> Iterator[Path]:
    """A copy of a backup beside its place, to be brought up to date and looked through within this; then it is there.

    Whatever is raised within leaves nothing behind. Raises BadSettings or Permanent, also where a register is there.
    """
    if target.exists() and target.stat().st_size:
        raise Permanent(f"{target} is there already: move it away, or name another database.url; nothing was changed")
    if not target.parent.is_dir():
        raise BadSettings(f"database: the folder {target.parent} does not exist; make it or change the address")
    target.unlink(missing_ok=True)
    with _new_file(target) as part, _told(target):
        shutil.copyfile(file, part)
        yield part


@contextlib.contextmanager
def put_aside(file: Path) -> Iterator[Path]:
    """A copy of a backup to be worked on within this, and gone afterwards; for a register on a server."""
    with tempfile.TemporaryDirectory(prefix="lyhord-") as folder, _told(file):
        part = Path(folder) / "register.db"
        shutil.copyfile(file, part)
        yield part


def let_go(file: Path) -> None:
    """What a process held, or had put off, when the backup was taken may go on at once; the mark has served.

    A letter that was ordered for later stays ordered for later, a chat message waits for its conversation.
    """
    with contextlib.closing(sqlite3.connect(file)) as conn, conn:
        conn.execute(
            "UPDATE spool SET claimed_by = '', ready_at = NULL"
            " WHERE ended_at IS NULL AND (claimed_by <> '' OR detail <> '')"
        )
        conn.execute(
            "UPDATE letters SET claimed_by = '', ready_at = coalesce(send_at, created_at)"
            " WHERE ended_at IS NULL AND attempts > 0"
        )
        conn.execute("DELETE FROM cursors WHERE name = ?", (MARK,))


def keep_key(key: Path, file: Path) -> None:
    """A second file beside a backup, or its way back: a copy of a key, readable by its owner only."""
    with _new_file(file) as part, _told(file):
        shutil.copyfile(key, part)


@contextlib.contextmanager
def _new_file(file: Path) -> Iterator[Path]:
    """A part that becomes a file of its own at the end, on disk and without overwriting anything."""
    if file.exists():
        raise BadSettings(f"{file} is there already; name another file")
    part = file.with_name(file.name + _PART)
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise BadSettings(f"{file} cannot be written: {error.strerror}") from None
    try:
        yield part
        _sync(part)
        part.rename(file)
        _sync(file.parent)
    finally:
        for left in (part, *(part.with_name(part.name + end) for end in ("-wal", "-shm", "-journal"))):
            left.unlink(missing_ok=True)


@contextlib.contextmanager
def _told(file: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise Temporary(f"{file} cannot be read or written just now ({error})") from None
    except sqlite3.DatabaseError:
        raise BadSettings(f"{file} is not an SQLite database, or is damaged") from None
    except OSError as error:
        raise Temporary(f"{file} cannot be read or written: {error.strerror}") from None


def _vacuum(source: Path, part: Path) -> None:
    with contextlib.closing(sqlite3.connect(source, timeout=15, isolation_level=None)) as conn:
        conn.execute("VACUUM INTO ?", (str(part),))


def _mark(part: Path, now: datetime) -> None:
    with contextlib.closing(sqlite3.connect(part)) as conn, conn:
        conn.execute("INSERT OR REPLACE INTO cursors (name, value) VALUES (?, ?)", (MARK, now.isoformat()))
        conn.commit()
        # One file, without companions, for whoever carries it about.
        conn.execute("PRAGMA journal_mode = DELETE")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _quoted(file: Path) -> str:
    return str(file.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
