from __future__ import annotations

import hashlib
import json
import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from register.journal import GENESIS, canonical
from register.records import Happening, JournalEntry
from register.store import Register
from tests.unit.register.making import NOW, opened

PLACE = "lyhord.db"


def as_the_docstring_says(entry: JournalEntry) -> str:
    """The hash as anybody would recompute it."""
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    line = [entry.position, at, entry.case_id, entry.what, entry.who, entry.clause, entry.facts, entry.previous_hash]
    return hashlib.sha256(json.dumps(line, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


async def test_every_hash_can_be_recomputed_from_what_is_shown(register: Register) -> None:
    await opened(register, "1")
    facts = {"ö": "Б", "nested": {"b": [1, None, True], "a": 0.5}, "odd": "\udcff\0", "at": NOW, "pair": (1, 2)}
    east = NOW.astimezone(timezone(timedelta(hours=9))) + timedelta(microseconds=7)
    await register.note(Happening(what="förändrad", who="head", clause="§ 8 \udcff", facts=facts), east)
    await opened(register, "2")
    entries = await register.journal()
    assert [entry.position for entry in entries] == list(range(1, len(entries) + 1))
    assert [entry.hash for entry in entries] == [as_the_docstring_says(entry) for entry in entries]
    assert [entry.previous_hash for entry in entries] == [GENESIS, *(entry.hash for entry in entries[:-1])]
    assert await register.verify() == ()


async def test_the_journal_of_a_case_is_its_lines_in_order(register: Register) -> None:
    one, two = await opened(register, "1"), await opened(register, "2")
    lines = await register.journal(one.id)
    assert {line.case_id for line in lines} == {one.id}
    assert len(lines) + len(await register.journal(two.id)) == len(await register.journal())


async def test_a_fact_that_is_no_json_is_refused_and_nothing_is_written(register: Register) -> None:
    with pytest.raises(ValueError, match="JSON"):
        await register.note(Happening(what="counted", facts={"ratio": float("nan")}), NOW)
    with pytest.raises(TypeError):
        await register.note(Happening(what="counted", facts={"what": object()}), NOW)
    assert await register.journal() == ()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(json_values)
def test_what_is_canonical_stays_canonical_when_it_is_read_and_written(value: object) -> None:
    assert canonical(json.loads(canonical(value))) == canonical(value)


async def spoilt(url: str, statement: str, *, lines: int = 6) -> tuple[str, ...]:
    """What `verify` says after somebody has used an SQLite shell on a journal of some lines."""
    async with await Register.open(url) as register:
        for number in range(lines):
            await register.note(Happening(what="counted", facts={"number": number}), NOW + timedelta(seconds=number))
    with sqlite3.connect(Path(url.removeprefix("sqlite+aiosqlite:///"))) as connection:
        connection.execute(statement)
    connection.close()
    async with await Register.open(url) as register:
        return await register.verify()


@pytest.mark.parametrize(
    "change",
    [
        """facts = '{"number":99}'""",
        "at = '2026-11-24 09:30:03.000001'",
        "what = 'recounted'",
        "who = 'head'",
        "clause = 'x'",
        "case_id = 'x'",
    ],
)
async def test_a_changed_line_is_found_at_its_position(sqlite_url: str, change: str) -> None:
    found = await spoilt(sqlite_url, f"UPDATE journal SET {change} WHERE position = 4")
    assert found == ("journal: 4 was changed, its hash does not fit",)


async def test_a_line_that_was_changed_with_its_hash_breaks_the_next_one(sqlite_url: str) -> None:
    found = await spoilt(sqlite_url, f"UPDATE journal SET hash = '{'ab' * 32}' WHERE position = 4")
    assert found == (
        "journal: 4 was changed, its hash does not fit",
        "journal: 5 does not carry the hash of the line before",
    )


async def test_a_line_that_was_taken_out_is_missed(sqlite_url: str) -> None:
    found = await spoilt(sqlite_url, "DELETE FROM journal WHERE position = 3")
    assert found == ("journal: 3 is missing, 4 follows 2",)


async def test_an_end_that_was_cut_off_is_missed(sqlite_url: str) -> None:
    found = await spoilt(sqlite_url, "DELETE FROM journal WHERE position > 4")
    assert found == ("journal: it ends at 4, but the book's last line is 6",)


async def test_a_book_whose_head_is_gone_says_so_and_takes_no_line(sqlite_url: str) -> None:
    assert await spoilt(sqlite_url, "DELETE FROM chain") == ("journal: it ends at 6, but the book's last line is None",)


async def test_moments_keep_their_order_of_writing_when_the_clock_goes_back(register: Register) -> None:
    later = datetime(2026, 11, 24, 10, tzinfo=UTC)
    for moment in (later, later - timedelta(hours=1)):
        await register.note(Happening(what="counted"), moment)
    assert [line.at for line in await register.journal()] == [later, later - timedelta(hours=1)]
    assert await register.verify() == ()
