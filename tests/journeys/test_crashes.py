"""`kill -9` at seeded random moments: the small form of what `python -m benchmarks.crash` does at large."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.crash.__main__ import run
from benchmarks.crash.reckoning import words
from tests.journeys.conftest import need
from tests.journeys.servers import dovecot, postgresql


@pytest.mark.parametrize(("database", "kills"), [("sqlite", 3), ("postgresql", 2)])
async def test_kills_at_random_moments_lose_nothing_and_double_nothing(
    tmp_path: Path, database: str, kills: int
) -> None:
    """G4: each message is registered once, numbers have no gap, and a letter comes again only as it was."""
    need(dovecot.missing())
    need(postgresql.missing() if database == "postgresql" else "")
    lives, sums = await run(tmp_path, mails=30, kills=kills, database=database, seed=7)
    assert len(lives) == kills + 1
    assert sums.is_sound, words(sums)
    assert sums.books.arrived >= 30
