"""The made-up complaints with which the program begins."""

from __future__ import annotations

from bot.warming import warm
from tests.unit.bot.trying import Trial


async def test_what_is_tried_out_at_the_start_leaves_no_trace(trial: Trial) -> None:
    await warm(trial.desk)
    books = await trial.register.books()
    assert (books.arrived, books.registered) == (0, 0)
    assert list(await trial.register.letters()) == []
