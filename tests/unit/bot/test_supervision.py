"""Loops that fail are started again, without their neighbours; only a start may fail for good."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot import supervision
from bot.supervision import Supervisor, where
from register.errors import BadSettings


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop is started again at once."""
    monkeypatch.setattr(supervision, "FIRST_PAUSE", 0.001)


async def forever() -> None:
    await asyncio.get_running_loop().create_future()


async def test_a_loop_that_fails_is_started_again_and_its_neighbour_goes_on() -> None:
    supervisor, again, neighbour = Supervisor(), asyncio.Event(), asyncio.Event()
    starts: list[int] = []

    async def fails() -> None:
        starts.append(1)
        if len(starts) < 3:
            raise ValueError("no")
        again.set()
        await forever()

    async def goes_on() -> None:
        await again.wait()
        neighbour.set()
        await forever()

    supervisor.start("fails", fails)
    supervisor.start("goes on", goes_on)
    await asyncio.wait_for(neighbour.wait(), 10)
    assert dict(supervisor.restarts) == {"fails": 2}
    await supervisor.stop()


async def test_settings_that_can_never_work_end_a_start() -> None:
    """An occupied port."""
    supervisor = Supervisor()

    async def door() -> None:
        raise BadSettings("the port is in use")

    supervisor.start("door", door, may_give_up=lambda: True)
    fault = await asyncio.wait_for(supervisor.broken, 10)
    assert fault.public == "the port is in use"
    await supervisor.stop()


async def test_a_letter_file_that_is_wrong_ends_nothing() -> None:
    """The clock meets it at every look: it is tried again, and the program runs on."""
    supervisor, again = Supervisor(), asyncio.Event()
    looks: list[int] = []

    async def clock() -> None:
        looks.append(1)
        if len(looks) == 2:
            again.set()
            await forever()
        raise BadSettings("letter sv/reminder is wrong")

    supervisor.start("clock", clock)
    await asyncio.wait_for(again.wait(), 10)
    assert not supervisor.broken.done()
    await supervisor.stop()


async def test_a_loop_that_waits_to_be_started_again_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "FIRST_PAUSE", 1000.0)
    supervisor, failed = Supervisor(), asyncio.Event()

    async def fails() -> None:
        failed.set()
        raise ValueError("no")

    supervisor.start("fails", fails)
    await failed.wait()
    await asyncio.wait_for(supervisor.finish(timedelta(seconds=1000)), 10)
    assert supervisor.restarts["fails"] == 1


async def test_what_does_not_finish_in_time_is_cancelled() -> None:
    supervisor, begun, cancelled = Supervisor(), asyncio.Event(), asyncio.Event()

    async def stubborn() -> None:
        begun.set()
        try:
            await forever()
        finally:
            cancelled.set()

    supervisor.start("stubborn", stubborn)
    await begun.wait()
    await supervisor.finish(timedelta(milliseconds=1))
    assert cancelled.is_set()


def test_where_names_a_place_of_ours_and_no_content() -> None:
    with pytest.raises(ZeroDivisionError) as strange:
        _ = 1 / 0
    assert where(strange.value) == "outside"
    # No loop runs here, so that the error comes from asyncio, called by us.
    with pytest.raises(RuntimeError) as ours:
        Supervisor()
    assert where(ours.value).startswith("bot/supervision.py:")
