"""A listener of ours at work during a test."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from intake.channels import lmtp, smtp
from tests.journeys.servers.doorway import Spool

#: every way to listen: SMTP, and LMTP by our own receiver and by aiosmtpd's
WAYS = ("smtp", "lmtp", "lmtp by aiosmtpd")


def made(way: str, spool: Spool, **settings: Any) -> lmtp.Channel | smtp.Channel:
    """A channel that does not listen yet."""
    settings = {"port": 0} | settings
    if way == "smtp":
        return smtp.Channel(smtp.Settings(**settings), spool.doorway(way))
    receiver: Any = "aiosmtpd" if way.endswith("aiosmtpd") else "own"
    return lmtp.Channel(lmtp.Settings(receiver=receiver, **settings), spool.doorway(way))


@contextlib.asynccontextmanager
async def listening(way: str, spool: Spool, **settings: Any) -> AsyncIterator[lmtp.Channel | smtp.Channel]:
    """A channel that listens on a free port; what it raises in the end fails the test."""
    channel = made(way, spool, **settings)
    told = len(spool.told)
    task = asyncio.create_task(channel.run())
    opened = asyncio.create_task(spool.until(lambda: len(spool.told) > told))
    await asyncio.wait({task, opened}, return_when=asyncio.FIRST_COMPLETED)
    opened.cancel()
    try:
        yield channel
    finally:
        task.cancel()
        await asyncio.wait({task, opened})
        if not task.cancelled():
            task.result()
