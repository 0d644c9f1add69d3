"""One running service on an SQLite file; the lock ends with who holds it, however that ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from register.errors import BadSettings
from register.sole import only_service


def url(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder / 'lyhord.db'}"


def test_a_second_service_is_refused_and_told_which_process_works_there(tmp_path: Path) -> None:
    with (
        only_service(url(tmp_path)),
        pytest.raises(BadSettings, match=rf"process {os.getpid()}\) works on .*lyhord\.db; stop"),
        only_service(url(tmp_path)),
    ):
        pytest.fail("two at once")
    with only_service(url(tmp_path)):
        assert (tmp_path / "lyhord.db.run").stat().st_mode & 0o777 == 0o600


def test_a_service_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=_hold, args=(url(tmp_path), there))
    process.start()
    assert here.recv() == "held"
    with pytest.raises(BadSettings, match=f"process {process.pid}"), only_service(url(tmp_path)):
        pytest.fail("two at once")
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    with only_service(url(tmp_path)):
        pass


def _hold(address: str, pipe: object) -> None:
    with only_service(address):
        pipe.send("held")  # type: ignore[attr-defined]  # a Connection, whose class differs by platform
        signal.pause()


@pytest.mark.parametrize("address", ["postgresql+asyncpg://u@h/n", "sqlite+aiosqlite:///:memory:", "?", "sqlite://"])
def test_where_there_is_no_file_there_is_no_lock(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with only_service(address), only_service(address):
        assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_told_when_the_register_opens(tmp_path: Path) -> None:
    with only_service(url(tmp_path / "gone")):
        assert list(tmp_path.iterdir()) == []
