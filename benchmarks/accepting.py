"""What listening alone costs: each receiver of LMTP that we have, before a register that does nothing."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from benchmarks.ceilings import Ceiling
from benchmarks.mails import Mail
from benchmarks.serving import pumping
from intake.channels import Doorway, lmtp
from register.records import RawMessage
from tests.journeys.ports import free_port

_WARM = 20
Receiver = Literal["own", "aiosmtpd"]
NAMES: dict[Receiver, str] = {
    "own": "our LMTP receiver, empty register",
    "aiosmtpd": "our LMTP by aiosmtpd, empty register",
}


def accepting(mails: Sequence[Mail], receiver: Receiver) -> Ceiling:
    """Mails a second from a pump in another process, and what one costs ours."""
    return asyncio.run(_accepting(mails, receiver))


async def _accepting(mails: Sequence[Mail], receiver: Receiver) -> Ceiling:
    opened = asyncio.Event()
    channel = lmtp.Channel(lmtp.Settings(port=free_port(), receiver=receiver), _doorway(opened))
    running = asyncio.create_task(channel.run())
    try:
        await opened.wait()
        # The first few load what is loaded once.
        await asyncio.to_thread(_pumped, channel.port, mails[:_WARM])
        begun = time.thread_time()
        span = await asyncio.to_thread(_pumped, channel.port, mails)
        cost = (time.thread_time() - begun) / len(mails) * 1e3
    finally:
        running.cancel()
        await asyncio.wait({running})
    return Ceiling(name=NAMES[receiver], rate=len(mails) / span, cpu=cost)


def _doorway(opened: asyncio.Event) -> Doorway:
    async def taken(raw: RawMessage) -> bool:
        return True

    async def no_cursor() -> None:
        return None

    async def nothing(*_: str) -> None:
        return None

    async def opens() -> None:
        opened.set()

    return Doorway(
        name="benchmark",
        receive=taken,
        claimed_by=lambda address: "school",
        cursor=no_cursor,
        set_cursor=nothing,
        opened=opens,
        trouble=nothing,
    )


def _pumped(port: int, mails: Sequence[Mail]) -> float:
    """The seconds from the first mail to the last reply."""
    with tempfile.TemporaryDirectory(prefix="lyhord-benchmark-") as folder:
        out = Path(folder) / "times.json"
        pump = pumping(Path(folder) / "mails", out, port, mails)
        assert pump.wait(120) == 0
        moments = json.loads(out.read_text(encoding="utf-8"))["times"].values()
    return float(max(until for _, until in moments) - min(since for since, _ in moments))
