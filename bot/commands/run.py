"""`lyhord run`: the service, from `ready` to a clean stop, which may be asked for before it is ready."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

from bot import logs
from bot.notify import READY, STOPPING, tell_manager
from bot.service import Service
from bot.settings import load


def run(config: Path | None) -> None:
    """Runs until SIGTERM or SIGINT; prints `ready` once everything listens; raises what makes running impossible."""
    settings = load(config)
    logs.configure(format_=settings.operation.log_format, level=settings.operation.log_level)
    asyncio.run(_serve(Service(settings, warm=True)))


async def _serve(service: Service) -> None:
    asked, ready = asyncio.Event(), asyncio.Event()
    life = asyncio.create_task(_live(service, asked, ready))

    def stop() -> None:
        # A start that waits for a mailbox or a database is broken off, once: what it began is ended in order.
        if not asked.is_set() and not ready.is_set():
            life.cancel()
        asked.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    await asyncio.wait({life})
    if not life.cancelled():
        life.result()


async def _live(service: Service, asked: asyncio.Event, ready: asyncio.Event) -> None:
    async with service.running():
        ready.set()
        print("ready", flush=True)
        tell_manager(READY)
        await service.until(asked)
        tell_manager(STOPPING)
