"""The settings of LMTP and SMTP."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from intake.channels import load


@pytest.mark.parametrize(("kind", "port"), [("lmtp", 8024), ("smtp", 8025)])
def test_nothing_but_loopback_is_listened_on_unless_said(kind: str, port: int) -> None:
    settings = load(kind).Settings()
    assert (settings.kind, settings.host, settings.port, settings.size_limit) == (kind, "127.0.0.1", port, 35_000_000)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"tls_cert": Path("c.pem")}, "belong together"),
        ({"require_tls": True}, "needs a certificate"),
        ({"port": 70000}, "less than or equal to 65535"),
        ({"size_limt": 1}, "Extra inputs"),
        ({"timeout": 0}, "greater than 0"),
        ({"max_connections": 0}, "greater than or equal to 1"),
    ],
)
@pytest.mark.parametrize("kind", ["lmtp", "smtp"])
def test_settings_that_cannot_work_are_refused(kind: str, table: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        load(kind).Settings(**table)
