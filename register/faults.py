"""What a database's complaint means: away for now, or wrong for good; without the values that it may quote."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from register.errors import Fault, Permanent, Temporary

AWAY = "The register cannot be reached or written just now."
REFUSED = "The register refuses this entry."


#: SQLSTATE classes of PostgreSQL: connection, rolled back (deadlock), resources (disk), operator, system
_AWAY_STATES = ("08", "40", "53", "57", "58")


def is_away(error: BaseException) -> bool:
    """True where the same attempt may work later: a full disk, a lock, a lost connection; not a bad row."""
    if isinstance(error, DBAPIError) and (error.connection_invalidated or _state(error)[:2] in _AWAY_STATES):
        return True
    return isinstance(error, OperationalError | InterfaceError | DisconnectionError | PoolTimeout | OSError)


def plain(error: Exception) -> Exception:
    """A database's error as a fault of ours; any other error as it is."""
    if isinstance(error, Fault):
        return error
    if is_away(error):
        return _because(Temporary(AWAY, private=_reason(error)), error)
    if isinstance(error, SQLAlchemyError):
        return _because(Permanent(REFUSED, private=_reason(error)), error)
    return error


@contextmanager
def told_plainly() -> Iterator[None]:
    """Within it, a database's errors come out as faults."""
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        raise plain(error) from error


def _because(fault: Fault, error: Exception) -> Fault:
    fault.__cause__ = error
    return fault


def _state(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")


def _reason(error: Exception) -> str:
    """Kind of error, and the text where it is one of SQLite's own, which quotes names of columns and no values."""
    original = getattr(error, "orig", None) or error
    if type(original).__module__ == "sqlite3":
        return f"{type(original).__name__}: {original}"
    return type(original).__name__
