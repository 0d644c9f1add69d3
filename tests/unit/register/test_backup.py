"""A backup of a register of either kind, taken while a process is at work there, and what is in it."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from bot.commands.backup import backup, restore
from register import backup as files
from register.errors import BadSettings, Permanent
from register.store import Register
from tests.journeys.servers.postgresql import Postgres
from tests.unit.register.making import NOW, entered, outgoing
from tests.unit.register.test_attendance import at_work
from tests.unit.register.test_copying import fill, told


def configured(tmp_path: Path, url: str) -> Path:
    config = tmp_path / "lyhord.toml"
    config.write_text(f'[database]\nurl = "{url}"\n')
    return config


async def test_a_register_on_a_server_goes_into_a_file_and_back_into_an_empty_database(
    postgres_with_blank: Postgres, tmp_path: Path
) -> None:
    """One moment of it, while a process is signed in; all of it comes back, and the book says so."""
    old, new = (postgres_with_blank.new_database(name, like="blank") for name in ("backup_old", "backup_new"))
    await fill(old)
    async with at_work(old, "one"):
        await asyncio.to_thread(backup, tmp_path / "backup", configured(tmp_path, old), key=False)
    await asyncio.to_thread(restore, tmp_path / "backup", configured(tmp_path, new), letters_have_left=False)
    before, after = await told(old), await told(new)
    # Cases, books, what was set aside, cursors; what a process held waits for whoever comes.
    assert [after[place] for place in (0, 3, 4, 6)] == [before[place] for place in (0, 3, 4, 6)]
    async with await Register.open(new) as register:
        assert len(await outgoing(register)) == 2
        lines = await register.journal()
        assert [line.what for line in lines[-1:]] == ["restored"]
        assert lines[-1].facts["letters_waiting"] == 2
        assert await register.verify() == ()
    with pytest.raises(Permanent, match="holds something already"):
        await asyncio.to_thread(restore, tmp_path / "backup", configured(tmp_path, new), letters_have_left=False)
    for name in ("backup_old", "backup_new"):
        postgres_with_blank.drop(name)


async def test_what_a_backup_holds_of_people_who_stay_unknown_is_counted(sqlite_url: str, tmp_path: Path) -> None:
    """G3: a letter that has not left holds an address; of one that has left nothing is there."""
    source = files.sqlite_file(sqlite_url)
    assert source is not None
    async with await Register.open(sqlite_url) as register:
        await entered(register)
        contents = await asyncio.to_thread(files.back_up, source, tmp_path / "before", NOW)
        assert (contents.letters_waiting, contents.in_hand, contents.to_unknown) == (2, 0, 0)
        held = await outgoing(register)
        contents = await asyncio.to_thread(files.back_up, source, tmp_path / "in-hand", NOW)
        assert (contents.letters_waiting, contents.in_hand) == (2, 2)
        for one in held:
            await register.letter_sent(one, NOW)
        contents = await asyncio.to_thread(files.back_up, source, tmp_path / "after", NOW)
        assert (contents.letters_waiting, contents.taken_at) == (0, NOW)
    # To how many of those that waited the sender is unknown.
    changed = sqlite3.connect(tmp_path / "before")
    changed.execute("UPDATE cases SET anonymous = 1")
    changed.commit()
    changed.close()
    assert files.contents(tmp_path / "before").to_unknown == 2


async def test_a_register_in_use_is_no_backup(sqlite_url: str) -> None:
    source = files.sqlite_file(sqlite_url)
    assert source is not None
    async with await Register.open(sqlite_url) as register:
        await entered(register)
        with pytest.raises(BadSettings, match="is a register in use"):
            files.contents(source)
