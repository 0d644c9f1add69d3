"""The parts of `python -m benchmarks` that must be right for its figures to mean anything, in a small form."""

from __future__ import annotations

from pathlib import Path

from benchmarks.filling import fill
from benchmarks.mails import load
from benchmarks.stages import STAGES, stages
from register.store import Register


async def test_a_register_that_was_filled_in_bulk_is_sound(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'lyhord.db'}"
    await fill(url, 25)
    async with await Register.open(url, create=False) as register:
        assert await register.verify() == ()
        books = await register.books()
        assert (books.arrived, books.registered, books.waiting) == (25, 25, 0)


def test_every_stage_of_the_path_has_its_cost() -> None:
    found = stages(load(72), meaning=False)
    assert tuple(found) == STAGES
    assert min(found.values()) > 0
