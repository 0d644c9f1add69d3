"""`lyhord intake` and `lyhord replay`: messages from files, or those that failed, by the same path as `run`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from rich.progress import Progress

from bot import logs
from bot.alarms import Alarms
from bot.commands import sources
from bot.output import emit, errors, say
from bot.settings import Settings, load
from bot.wiring import open_desk
from bot.workers import Workers, now
from register.errors import Permanent
from register.records import RawMessage
from register.store import Register

#: messages that are in memory at once
WINDOW = 256


def intake(paths: Sequence[Path], *, to: str | None, json: bool, config: Path | None) -> None:
    """Takes every message in and prints a line for each: registered, joined, set aside (reason)."""
    settings = load(config)
    logs.configure(format_=settings.operation.log_format, level="warning")
    asyncio.run(_intake(paths, to, json=json, settings=settings))


def replay(ids: Sequence[int] | None, config: Path | None) -> None:
    """Lets messages that failed wait again and takes them in."""
    settings = load(config)
    logs.configure(format_=settings.operation.log_format, level="warning")
    asyncio.run(_replay(ids, settings))


async def _intake(paths: Sequence[Path], to: str | None, *, json: bool, settings: Settings) -> None:
    total = sum(1 for _ in sources.messages(paths))
    async with open_desk(settings) as desk:
        workers = Workers(desk, {}, Alarms(desk, settings.operation.alarm_to, settings.operation.acknowledge_within))
        with Progress(console=errors, transient=True, disable=not errors.is_terminal) as progress:
            task = progress.add_task("Taking in", total=total)
            waiting = sources.messages(paths)
            while window := list(islice(waiting, WINDOW)):
                taken = [(name, sources.raw(content, to=to, now=now())) for name, content in window]
                await _take(workers, taken, json=json)
                progress.advance(task, len(window))


async def _take(workers: Workers, taken: Sequence[tuple[str, RawMessage]], *, json: bool) -> None:
    new = await asyncio.gather(*(workers.receive(raw) for _, raw in taken))
    while await workers.intake_once():
        pass
    for (name, raw), is_new in zip(taken, new, strict=True):
        _tell(await _whereabouts(workers.desk.register, name, raw, repeated=not is_new), json=json)


async def _whereabouts(register: Register, name: str, raw: RawMessage, *, repeated: bool) -> dict[str, Any]:
    place = await register.whereabouts(raw.channel, raw.external_id)
    if place is None:
        raise Permanent(f"{name}: was not written to the register")
    return {
        "file": name,
        "outcome": place.outcome,
        "reference": place.reference,
        "reason": place.reason or None,
        "joined_by": place.joined_by or None,
        "id": place.spool_id,
        "repeated": repeated,
    }


def _tell(line: Mapping[str, Any], *, json: bool) -> None:
    if json:
        emit(line)
        return
    words = [line["outcome"].replace("_", " ")]
    if line["reference"]:
        words.append(line["reference"])
    if line["reason"]:
        words.append(f"({line['reason']})")
    if line["repeated"]:
        words.append("- was there already")
    say(f"{line['file']}: {' '.join(words)}")


async def _replay(ids: Sequence[int] | None, settings: Settings) -> None:
    async with open_desk(settings) as desk:
        waiting = await desk.register.replay(ids or None, now())
        workers = Workers(desk, {}, Alarms(desk, settings.operation.alarm_to, settings.operation.acknowledge_within))
        while await workers.intake_once():
            pass
        failed = sum(1 for one in await desk.register.set_aside() if one.reason == "failed")
    say(f"{waiting} taken through again, {failed} set aside by an error")
