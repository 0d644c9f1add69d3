"""Real mails of other projects: read as well as was promised. They stay outside; without them this is skipped."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from intake.measure import GOALS, main, measure
from tests.unit.intake.mails import MAILS

COLLECTION = Path(os.environ.get("LYHORD_MAIL_COLLECTION", Path(__file__).resolve().parents[4] / "shared" / "mail"))


@pytest.fixture(scope="module")
def rows() -> dict[str, dict[str, Any]]:
    if not (COLLECTION / "index.jsonl").is_file():
        pytest.skip("no collection of mails: set LYHORD_MAIL_COLLECTION to a folder with an index.jsonl")
    return {row["field"]: row for row in measure(COLLECTION)}


#: how fast a machine reads says nothing of the program
PROMISED = {name: goal for name, goal in GOALS.items() if name != "small mails a second"}


@pytest.mark.parametrize(("field", "share"), PROMISED.items())
def test_real_mail_is_read_as_promised(rows: dict[str, dict[str, Any]], field: str, share: float) -> None:
    assert rows[field]["share"] >= share, rows[field]["misses"]


def test_our_own_mails_are_read_wholly_right() -> None:
    own = {row["field"]: row for row in measure(MAILS)}
    assert {name: row["misses"] for name, row in own.items() if row["misses"]} == {}
    assert own["bounces"]["of"] + own["auto-replies"]["of"] >= 55


def test_the_table_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(MAILS)]) == 0
    out = capsys.readouterr().out
    assert "word for word" in out
    assert "goal" in out


def test_a_folder_without_expectations_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 1
    assert main([]) == 2
    assert "no index.jsonl" in capsys.readouterr().err
