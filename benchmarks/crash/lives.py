"""The lives of a house: each begins where the one before was killed, and the last ends when all is done."""

from __future__ import annotations

import asyncio
import random
import signal
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks.crash.world import Message, World
from register.store import Register
from tests.journeys.running import Starting

#: when a life is ended, and how often so in six
MOMENTS = {"starting": 1, "receiving": 2, "sending": 3}
#: at most so many seconds after its beginning (always within a start), its `ready`, or its n-th letter
LONGEST = {"starting": 0.5, "receiving": 3.0, "sending": 0.2}
MOST_LETTERS = 12
#: seconds until a life that has nothing to send is ended all the same
ENOUGH = 15.0
#: seconds until a run is given up
PATIENCE = 300.0


@dataclass(frozen=True, kw_only=True)
class Life:
    """One life, as it is told afterwards."""

    #: seconds from the start of the process to its end
    seconds: float
    #: one of MOMENTS, done, or given up where something never came
    end: str
    #: messages that were accepted in it, the letters that the receiver had and the chats' messages at its end
    accepted: tuple[Message, ...]
    letters: int


async def live(world: World, messages: list[Message], kills: int, dice: random.Random) -> list[Life]:
    """Sends all messages, a share in each life, and kills every life but the last."""
    *early, last = _shares(messages, kills + 1, dice)
    lives = [await _one(world, share, dice) for share in early]
    return [*lives, await _last(world, last)]


def _shares(messages: list[Message], number: int, dice: random.Random) -> list[list[Message]]:
    cuts = sorted(dice.sample(range(len(messages) + 1), number - 1))
    return [messages[start:end] for start, end in zip([0, *cuts], [*cuts, len(messages)], strict=True)]


async def _one(world: World, share: list[Message], dice: random.Random) -> Life:
    moment = dice.choices(list(MOMENTS), list(MOMENTS.values()))[0]
    seconds, letters = dice.uniform(0.05, LONGEST[moment]), dice.randint(1, MOST_LETTERS)
    house, born, before = Starting(world.config), _seconds(), len(world.accepted)
    await house.begin()
    world.send(share)
    if moment != "starting":
        await house.ready()
    if moment == "sending":
        with suppress(TimeoutError):
            await world.post.arrived(len(world.post.mails) + letters, seconds=ENOUGH)
    await asyncio.sleep(seconds)
    await house.end(signal.SIGKILL)
    return _told(world, born, before, moment)


async def _last(world: World, share: list[Message]) -> Life:
    house, born, before = Starting(world.config), _seconds(), len(world.accepted)
    await house.begin()
    try:
        await house.ready()
        world.send(share)
        async with asyncio.timeout(PATIENCE):
            await world.delivered()
            await _all_done(world)
        end = "done"
    except TimeoutError:
        # What is missing is seen in the reckoning.
        end = "given up"
    said = await house.end()
    assert said.status == 0, said.err
    return _told(world, born, before, end)


async def _all_done(world: World) -> None:
    """Waits until nothing waits in the spool, and no letter that may leave now in the outbox."""
    parents = {one.mail.sender for one in world.accepted if one.is_complaint and one.way != "chat"}
    await world.post.until(lambda: {one.to for one in world.post.letters} >= parents, seconds=PATIENCE)
    async with await Register.open(world.database, create=False) as register:
        while (await register.books()).waiting or await _unsent(register):
            await asyncio.sleep(0.5)


async def _unsent(register: Register) -> int:
    now = datetime.now(UTC)
    letters = await register.letters()
    return sum(one["state"] == "waiting" and (one["send_at"] is None or one["send_at"] <= now) for one in letters)


def _told(world: World, born: float, before: int, end: str) -> Life:
    return Life(
        seconds=_seconds() - born,
        end=end,
        accepted=tuple(world.accepted[before:]),
        letters=len(world.post.mails),
    )


def _seconds() -> float:
    return asyncio.get_running_loop().time()
