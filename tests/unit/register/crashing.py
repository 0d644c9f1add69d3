"""Run by a test as a process of its own: spools and enters without end, says what it was promised, and is killed."""

from __future__ import annotations

import asyncio
import itertools
import sys

from register.errors import LeaseLost
from register.records import RawMessage
from register.store import Register
from tests.unit.register.making import LEASE, NOW, entry, mail

#: messages that are on their way to the spool at the same time
AT_ONCE = 8


def say(*words: object) -> None:
    """A line that the test can rely on: what it names was promised before."""
    print(*words, flush=True)


async def receive(register: Register, numbers: itertools.count[int], start: str) -> None:
    """A channel: the next message is sent when the last one was accepted."""
    for number in numbers:
        name = f"{start}-{number}"
        await register.spool(mail(name))
        say("accepted", name)


async def take_in(register: Register, worker: str) -> None:
    """A worker: claims and enters what waits."""
    while True:
        raws = await register.claim_messages(worker, 5, NOW, LEASE)
        await asyncio.gather(*(enter(register, raw) for raw in raws))


async def enter(register: Register, raw: RawMessage) -> None:
    """Enters one message."""
    try:
        entered = await register.enter(entry(raw), NOW)
    except LeaseLost:
        return
    assert entered.case is not None
    say("entered", raw.external_id, entered.case.reference)


async def work(url: str, start: str) -> None:
    """Channels and workers side by side until the process is killed."""
    register = await Register.open(url)
    numbers = itertools.count()
    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(receive(register, numbers, start))
        for number in range(2):
            group.create_task(take_in(register, f"{start}-{number}"))


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:]))
