"""The journal: lines that are appended and never changed, each carrying the hash of the one before.

Anyone can recompute the chain. The hash of a line is the SHA-256, in hex, over one JSON array

    [position, at, case_id, what, who, clause, facts, previous_hash]

written in ASCII (JSON's own escapes for all else) without blanks and with sorted keys. `at` is in UTC and has
microseconds (`2026-11-24T18:23:00.000000+00:00`); `case_id` is null where the line belongs to no case. Positions count
from 1 without gaps, and the line before the first one has 64 zeros for its hash.
"""

from __future__ import annotations

import hashlib
import json
import json.encoder
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import RowMapping, bindparam, select, update

from register import prepared
from register.columns import Row, storable
from register.records import Happening, JournalEntry
from register.tables import chain, journal
from register.transactions import Connection

#: the hash before the first line
GENESIS = "0" * 64

_HEAD = select(chain.c.position, chain.c.hash).where(chain.c.id == 1).with_for_update()
_PAGE = select(journal).where(journal.c.position > bindparam("after")).order_by(journal.c.position).limit(1000)
_MOVE = update(chain).where(chain.c.id == 1).values(position=bindparam("at_position"), hash=bindparam("at_hash"))


@dataclass(frozen=True, kw_only=True)
class Line:
    """A happening with its moment and its case, before it has a place in the chain."""

    at: datetime
    case_id: str | None
    happening: Happening


#: made once: `json.dumps` makes one for each value
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False, default=datetime.isoformat)


#: a text as JSON has it, in ASCII
_quoted = json.encoder.encode_basestring_ascii


def canonical(value: object) -> str:
    """The one way in which a JSON value is written for the hash; moments become ISO 8601."""
    return _ENCODER.encode(value)


def digest(line: Row) -> str:
    """The hash of a journal row, whose `facts` are canonical text."""
    at = line["at"].astimezone(UTC).isoformat(timespec="microseconds")
    case = "null" if line["case_id"] is None else _quoted(line["case_id"])
    words = ",".join(_quoted(line[name]) for name in ("what", "who", "clause"))
    text = f"[{line['position']},{_quoted(at)},{case},{words},{line['facts']},{_quoted(line['previous_hash'])}]"
    return hashlib.sha256(text.encode()).hexdigest()


async def lock(conn: Connection) -> tuple[int, str]:
    """The position and hash of the last line; the row stays locked until the transaction ends."""
    position, last = (await conn.execute(_HEAD)).one()
    return position, last


async def append(conn: Connection, head: tuple[int, str], lines: Sequence[Line]) -> None:
    """Adds lines behind `head`, which this transaction has locked."""
    position, previous = head
    rows: list[dict[str, Any]] = []
    for position, line in enumerate(lines, position + 1):  # noqa: B020 - the count goes on from the head
        row = _row(position, line, previous)
        previous = row["hash"] = digest(row)
        rows.append(row)
    await prepared.put(conn, journal, rows)
    await conn.execute(_MOVE, {"at_position": position, "at_hash": previous})


async def entries(conn: Connection, case_id: str | None = None) -> tuple[JournalEntry, ...]:
    """The lines of a case, or of the whole book, in their order."""
    query = select(journal).order_by(journal.c.position)
    if case_id is not None:
        query = query.where(journal.c.case_id == case_id)
    return tuple(_entry(row) for row in (await conn.execute(query)).mappings())


async def problems(conn: Connection) -> AsyncIterator[str]:
    """Walks the chain from its first line and says in words where it is broken."""
    position, previous = 0, GENESIS
    while rows := (await conn.execute(_PAGE, {"after": position})).mappings().all():
        for row in rows:
            if row["position"] != position + 1:
                yield f"journal: {position + 1} is missing, {row['position']} follows {position}"
            elif row["previous_hash"] != previous:
                yield f"journal: {row['position']} does not carry the hash of the line before"
            elif digest(row) != row["hash"]:
                yield f"journal: {row['position']} was changed, its hash does not fit"
            position, previous = row["position"], row["hash"]
    head = (await conn.execute(select(chain.c.position, chain.c.hash))).one_or_none()
    if head is None or tuple(head) != (position, previous):
        yield f"journal: it ends at {position}, but the book's last line is {head and head.position}"


def _row(position: int, line: Line, previous: str) -> dict[str, Any]:
    happening = line.happening
    return {
        "position": position,
        "at": line.at,
        "case_id": line.case_id,
        "what": storable(happening.what),
        "who": storable(happening.who),
        "clause": storable(happening.clause),
        "facts": canonical(dict(happening.facts)),
        "previous_hash": previous,
    }


def _entry(row: RowMapping) -> JournalEntry:
    return JournalEntry(**{**row, "facts": json.loads(row["facts"])})
