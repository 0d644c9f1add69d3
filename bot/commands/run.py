"""`lyhord run`: the service, from `ready` to a clean stop."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

from bot import logs
from bot.service import Service
from bot.settings import load


def run(config: Path | None) -> None:
    """Runs until SIGTERM or SIGINT; prints `ready` once everything listens; raises what makes running impossible."""
    settings = load(config)
    logs.configure(format_=settings.operation.log_format, level=settings.operation.log_level)
    asyncio.run(_serve(Service(settings)))


async def _serve(service: Service) -> None:
    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    async with service.running():
        print("ready", flush=True)
        await service.until(asked)
