"""A listener of ours at work during a test."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from intake.channels import lmtp, smtp
from tests.journeys.servers.doorway import Spool


@contextlib.asynccontextmanager
async def listening(kind: str, spool: Spool, **settings: Any) -> AsyncIterator[lmtp.Channel | smtp.Channel]:
    """A channel that listens on a free port; what it raises in the end fails the test."""
    channel: lmtp.Channel | smtp.Channel
    if kind == "lmtp":
        channel = lmtp.Channel(lmtp.Settings(port=0, **settings), spool.doorway(kind))
    else:
        channel = smtp.Channel(smtp.Settings(port=0, **settings), spool.doorway(kind))
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
