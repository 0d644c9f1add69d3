"""A register goes into a file while it is at work, and comes back sound: what waited goes on, nothing comes unknown."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from bot.commands.backup import backup, restore
from bot.desk import Desk
from bot.workers import now
from register.errors import BadSettings, Fault, Permanent
from register.sole import only_service
from register.store import Register
from tests.journeys.mails import complaint
from tests.unit.bot.conftest import MakeDesk
from tests.unit.bot.test_workers import arrived, workers_of
from tests.unit.bot.trying import Bag


@pytest.fixture
async def busy(make_desk: MakeDesk, tmp_path: Path) -> Path:
    """Settings of a register with one case, a letter in hand, one that waits, and a message that waits."""
    config = written(tmp_path / "old")
    async with await Register.open(url(config)) as register:
        workers = workers_of(make_desk(register), Bag())
        await workers.receive(arrived(complaint("nordberg", "nb")))
        await workers.intake_once()
        await register.claim_letters("dispatcher", 1, now(), timedelta(minutes=10), urgent=False)
        await workers.receive(arrived(complaint("alexanderskolan", "sv")))
        await register.claim_messages("worker", 1, now(), timedelta(minutes=10))
    return config


def written(folder: Path) -> Path:
    folder.mkdir()
    (folder / "lyhord.key").write_text("00" * 32)
    config = folder / "lyhord.toml"
    config.write_text("")
    return config


def url(config: Path) -> str:
    return f"sqlite+aiosqlite:///{config.parent / 'lyhord.db'}"


def copied(config: Path, tmp_path: Path, **how: bool) -> Path:
    """Settings of a new place that the register was put back in."""
    backup(tmp_path / "backup", config, key=False)
    there = written(tmp_path / "new")
    restore(tmp_path / "backup", there, **{"letters_have_left": False, **how})
    return there


async def sent(desk: Desk) -> list[str]:
    """The Message-IDs that leave once everything that waits is taken in and sent."""
    bag = Bag()
    workers = workers_of(desk, bag)
    while await workers.intake_once():
        pass
    for urgent in (True, False):
        while await workers.dispatch_once(urgent=urgent):
            pass
    return [letter.message_id for letter in bag.letters]


async def test_what_waited_goes_on_after_a_restore_with_the_same_message_ids(
    busy: Path, tmp_path: Path, make_desk: MakeDesk, capsys: pytest.CaptureFixture[str]
) -> None:
    """G4: also what was in somebody's hand; the book says that it was restored, and is sound."""
    async with await Register.open(url(busy)) as register:
        waiting = {one["message_id"] for one in await register.letters()}
    there = await asyncio.to_thread(copied, busy, tmp_path)
    told = " ".join(capsys.readouterr().out.split())
    assert f"{len(waiting)} letters were waiting (1 of them on their way)" in told
    assert "they come a second time, each with the same Message-ID" in told
    assert "1 messages were waiting" in told
    async with await Register.open(url(there)) as register:
        gone = await sent(make_desk(register))
        assert waiting < set(gone)
        assert len(gone) == len(set(gone))
        assert [case.organisation for case in await register.cases()] == ["nordberg", "alexanderskolan"]
        assert await register.verify() == ()
        assert (await register.books()).waiting == 0
        assert [line.what for line in await register.journal()].count("restored") == 1
    assert sorted(path.name for path in there.parent.iterdir()) == [
        "lyhord.db", "lyhord.db.run", "lyhord.key", "lyhord.toml",
    ]  # fmt: skip
    assert (there.parent / "lyhord.db").stat().st_mode & 0o777 == 0o600


async def test_letters_that_the_old_service_has_sent_are_not_sent_again_where_that_is_said(
    busy: Path, tmp_path: Path, make_desk: MakeDesk
) -> None:
    there = await asyncio.to_thread(copied, busy, tmp_path, letters_have_left=True)
    async with await Register.open(url(there)) as register:
        before = {one["message_id"] for one in await register.letters()}
        (case,) = await register.cases()
        assert case.acknowledged_at is not None
        gone = await sent(make_desk(register))
        assert gone
        assert not before & set(gone)
        assert await register.verify() == ()


async def test_a_backup_is_taken_while_others_write_and_is_a_register_itself(busy: Path, tmp_path: Path) -> None:
    writer = sqlite3.connect(busy.parent / "lyhord.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO cursors VALUES ('half', 'done')")
    backup(tmp_path / "backup", busy, key=True)
    writer.execute("ROLLBACK")
    writer.close()
    assert (tmp_path / "backup").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "backup.key").read_text() == "00" * 32
    assert (tmp_path / "backup.key").stat().st_mode & 0o777 == 0o600
    shutil.copy(tmp_path / "backup", tmp_path / "copy.db")
    async with await Register.open(f"sqlite+aiosqlite:///{tmp_path / 'copy.db'}", create=False) as register:
        assert len(await register.cases()) == 1


def test_what_is_there_is_never_overwritten(busy: Path, tmp_path: Path) -> None:
    backup(tmp_path / "backup", busy, key=False)
    before = (busy.parent / "lyhord.db").read_bytes()
    with pytest.raises(Fault, match="is there already"):
        backup(tmp_path / "backup", busy, key=False)
    with pytest.raises(Fault, match="is there already"):
        restore(tmp_path / "backup", busy, letters_have_left=False)
    assert (busy.parent / "lyhord.db").read_bytes() == before


def test_a_place_where_a_service_works_is_refused(busy: Path, tmp_path: Path) -> None:
    backup(tmp_path / "backup", busy, key=False)
    there = written(tmp_path / "new")
    with only_service(url(there)), pytest.raises(BadSettings, match="another `lyhord run`"):
        restore(tmp_path / "backup", there, letters_have_left=False)
    assert not (there.parent / "lyhord.db").exists()


def test_a_backup_whose_journal_was_changed_is_not_restored(busy: Path, tmp_path: Path) -> None:
    """G8: nothing is left where it should have gone."""
    backup(tmp_path / "backup", busy, key=False)
    changed = sqlite3.connect(tmp_path / "backup")
    changed.execute("UPDATE journal SET who = 'nobody' WHERE position = 2")
    changed.commit()
    changed.close()
    there = written(tmp_path / "new")
    with pytest.raises(Permanent, match="not sound, and nothing was restored: journal"):
        restore(tmp_path / "backup", there, letters_have_left=False)
    assert sorted(path.name for path in there.parent.iterdir()) == ["lyhord.db.run", "lyhord.key", "lyhord.toml"]


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + bytes(4096)])
def test_a_file_that_is_no_backup_is_one_clear_line(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "backup").write_bytes(content)
    there = written(tmp_path / "new")
    with pytest.raises(Fault) as told:
        restore(tmp_path / "backup", there, letters_have_left=False)
    assert str(tmp_path / "backup") in told.value.public


def test_a_key_beside_the_backup_comes_back_and_its_absence_is_said(
    busy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    backup(tmp_path / "backup", busy, key=True)
    there = written(tmp_path / "new")
    (there.parent / "lyhord.key").unlink()
    restore(tmp_path / "backup", there, letters_have_left=False)
    assert (there.parent / "lyhord.key").read_text() == "00" * 32
    (tmp_path / "backup.key").unlink()
    other = written(tmp_path / "other")
    (other.parent / "lyhord.key").unlink()
    capsys.readouterr()
    restore(tmp_path / "backup", other, letters_have_left=False)
    assert "replies to letters that have left no longer find their case" in " ".join(capsys.readouterr().out.split())
