"""A service manager that has asked for it is told how we are; where none has, nothing happens."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from bot.notify import READY, tell_manager


@pytest.mark.parametrize("abstract", [False, True])
def test_who_has_asked_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, abstract: bool) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        name = f"lyhord-{tmp_path.name}" if abstract else str(tmp_path / "s")
        manager.bind(f"\0{name}" if abstract else name)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}" if abstract else name)
        tell_manager(READY)
        assert manager.recv(100) == b"READY=1"


@pytest.mark.parametrize("where", ["", "nowhere", "/no/such/socket"])
def test_where_nobody_listens_nothing_happens(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", where)
    tell_manager(READY)
