"""The settings of a mailbox."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from intake.channels.imap import Channel, Settings
from register.errors import BadSettings
from tests.journeys.servers.doorway import Spool

TABLE = {"host": "imap.example", "user": "hej@alexanderskolan.se", "password_env": "HEJ_PASSWORD"}


def test_tls_is_what_one_gets_without_asking() -> None:
    settings = Settings.model_validate(TABLE)
    assert (settings.security, settings.port, settings.mailbox, settings.done) == ("tls", 993, "INBOX", None)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"user": "hej"}, "write the mailbox's own as address"),
        ({"password_env": None}, "write password_env or password_file"),
        ({"done": "INBOX"}, "write another folder"),
        ({"password": "sommar"}, "Extra inputs"),
        ({"security": "ssl"}, "'tls', 'starttls' or 'none'"),
        ({"host": ""}, "at least 1 character"),
    ],
)
def test_settings_that_cannot_work_are_refused(change: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Settings.model_validate({**TABLE, **change})


def test_a_password_that_is_not_there_is_one_clear_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HEJ_PASSWORD", raising=False)
    with pytest.raises(BadSettings, match="no variable HEJ_PASSWORD"):
        Channel(Settings.model_validate(TABLE), Spool().doorway())
    file = tmp_path / "absent"
    with pytest.raises(BadSettings, match="absent cannot be read"):
        Channel(Settings.model_validate({**TABLE, "password_env": None, "password_file": file}), Spool().doorway())


async def test_an_authority_that_is_none_is_one_clear_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HEJ_PASSWORD", "sommar")
    for name, text in (("absent.pem", None), ("empty.pem", ""), ("none.pem", "no certificate")):
        if text is not None:
            (tmp_path / name).write_text(text)
        channel = Channel(Settings.model_validate({**TABLE, "tls_ca": tmp_path / name}), Spool().doorway())
        with pytest.raises(BadSettings, match=f"{name} cannot be used"):
            await channel.run()
