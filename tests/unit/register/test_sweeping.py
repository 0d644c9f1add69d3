"""What was taken out of an SQLite register stands in no byte of its files (G3)."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import update

from register import sweeping
from register.store import Register
from register.tables import dialogues, insert
from register.writing import Order, Pen, Work, one_by_one

SECRET = "Amina Hirsi "
#: with it, and with 1 and 34, SQLite 3.40 leaves the name in a gap
SEED = 17


async def _put(pen: Pen, wish: tuple[str, str]) -> None:
    values = {"version": 1, "state": wish[1]}
    statement = insert(pen.conn.dialect, dialogues).values(organisation="alexanderskolan", chat=wish[0], **values)
    await pen.conn.execute(statement.on_conflict_do_update(index_elements=["organisation", "chat"], set_=values))


async def _forget(pen: Pen, wish: None) -> None:
    await pen.conn.execute(update(dialogues).values(state=""))
    pen.forgets = True


PUT, FORGET = Work(one_by_one(_put), Order.UNJOURNALLED), Work(one_by_one(_forget), Order.UNJOURNALLED)


async def fill(register: Register, seed: int = SEED) -> None:
    """Rows that grow split their pages; then everything is taken out."""
    dice = random.Random(seed)
    for number in range(40):
        await register._writer.write(PUT, (f"{number}", SECRET * dice.randint(1, 20)))
        if dice.random() < 0.4:
            await register._writer.write(PUT, (f"{dice.randint(0, number)}", SECRET * dice.randint(1, 40)))
    await register._writer.write(FORGET, None)


def is_held(folder: Path) -> bool:
    """True where the secret stands in a file of the register."""
    return any(SECRET.encode() in file.read_bytes() for file in folder.glob("lyhord.db*"))


@pytest.mark.parametrize("seed", [1, 17, 34])
async def test_no_gap_of_a_split_page_keeps_what_was_taken_out(sqlite_url: str, tmp_path: Path, seed: int) -> None:
    """G3: rows that a split moved elsewhere are not left behind in the page that they came from."""
    async with await Register.open(sqlite_url) as register:
        await fill(register, seed)
        assert await register.sweep()
        assert not is_held(tmp_path)


async def test_what_a_killed_process_owes_is_done_by_the_next(sqlite_url: str, tmp_path: Path) -> None:
    """G3, G4: that it is owed stands in the book from the transaction on that took something out."""
    async with await Register.open(sqlite_url) as register:
        await fill(register)
    with sqlite3.connect(tmp_path / "lyhord.db") as book:
        assert sweeping.is_owed(book)
    async with await Register.open(sqlite_url) as register:
        assert await register.sweep(thrifty=True)
    assert not is_held(tmp_path)
    with sqlite3.connect(tmp_path / "lyhord.db") as book:
        assert not sweeping.is_owed(book)


async def test_writing_anew_keeps_to_its_share_of_the_time(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever writes waits meanwhile, so it is not done for each message."""
    monkeypatch.setattr(sweeping, "SHARE", 1e-9)
    async with await Register.open(sqlite_url) as register:
        await fill(register)
        assert await register.sweep(thrifty=True)
        await register._writer.write(FORGET, None)
        assert not await register.sweep(thrifty=True)
        assert await register.sweep()
        assert await register.sweep(thrifty=True)


async def test_what_cannot_be_done_now_stays_owed(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk or another process that writes: the register goes on, and it is tried again."""

    def full(opened: sqlite3.Connection) -> bool:
        raise sqlite3.OperationalError("database or disk is full")

    async with await Register.open(sqlite_url) as register:
        await fill(register)
        with monkeypatch.context() as broken:
            broken.setattr(sweeping, "rewrite", full)
            assert not await register.sweep()
        await register.set_cursor("more", "goes on")
        assert await register.sweep()
        assert not is_held(tmp_path)


async def test_postgresql_empties_its_files_in_its_own_time(url: str) -> None:
    """docs/anonymity.md: nothing is owed there."""
    async with await Register.open(url) as register:
        await fill(register)
        assert await register.sweep()
        assert await register.cursor(sweeping.OWED) is None
