"""From the settings' channels to doors: each with what it may use of the house, and watched from its opening on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from pydantic import ValidationError

from bot.desk import Desk
from bot.logs import log
from bot.settings import Settings, first_problem
from bot.watch import CHANNEL
from bot.workers import Workers, now
from intake import channels
from intake.channels import Channel, Doorway
from register.errors import BadSettings

#: seconds between two looks of a channel that does not say so itself
LONGEST_LOOK = 60


def open_channels(
    settings: Settings, desk: Desk, workers: Workers, met: dict[str, asyncio.Event]
) -> dict[str, tuple[Channel, Doorway]]:
    """A channel with its doorway for every table of the settings, by its name; `met` gets an event for each."""
    made: dict[str, tuple[Channel, Doorway]] = {}
    for number, table in enumerate(settings.channels, 1):
        name = channel_name(table, number)
        if name in made:
            raise BadSettings(f"channels.{number}: {name} is there twice")
        met[name] = asyncio.Event()
        owner = _owner(table, desk)
        workers.watch.expect(name, organisation=owner, pause=_longest_pause(table), now=now())
        door = doorway(name, desk, workers, met[name], owner=owner)
        made[name] = open_channel(table, number, door), door
    return made


def _longest_pause(table: Mapping[str, Any]) -> timedelta | None:
    """How long a channel that looks for mail may be silent by itself; None for one that waits for others to come."""
    if table.get("kind") not in ("imap", "telegram"):
        return None
    seconds = table.get("poll_seconds", LONGEST_LOOK)
    return timedelta(seconds=seconds if isinstance(seconds, int | float) else LONGEST_LOOK)


def _owner(table: Mapping[str, Any], desk: Desk) -> str | None:
    """The organisation that a channel belongs to: it is told when the channel cannot be used."""
    address = str(table.get("address") or table.get("user") or "")
    return table.get("organisation") or desk.procedures.claimed_by(address)


def channel_name(table: Mapping[str, Any], number: int) -> str:
    """What a channel is called in alarms and cursors: its kind and what tells it from others."""
    detail = table.get("user") or table.get("path") or table.get("organisation") or table.get("port") or number
    return f"{table.get('kind', '')}:{detail}"


def open_channel(table: Mapping[str, Any], number: int, door: Doorway) -> Channel:
    """The channel of one `[[channels]]` table; raises BadSettings with the key that is wrong."""
    module = channels.load(str(table.get("kind", "")))
    try:
        channel: Channel = module.Channel(module.Settings.model_validate(dict(table)), door)
    except ValidationError as error:
        raise BadSettings(f"channels.{number} ({table.get('kind')}): {first_problem(error)}") from None
    return channel


def doorway(name: str, desk: Desk, workers: Workers, met: asyncio.Event, owner: str | None = None) -> Doorway:
    """What a channel may use of the house; `owner` is the organisation that alarms about it go to."""
    register, alarms, watch = desk.register, workers.alarms, workers.watch

    async def opened() -> None:
        met.set()
        watch.well(name, now())
        log().info("open", action="opened", channel=name)
        await alarms.well(CHANNEL, name, now(), organisation=owner)
        workers.letters()

    async def trouble(code: str, text: str) -> None:
        met.set()
        log().warning("trouble", action="trouble", channel=name, code=code)
        if watch.trouble(name, code, text, now()):
            await alarms.ring(CHANNEL, name, code, text, now(), organisation=owner)
            workers.letters()

    return Doorway(
        name=name,
        receive=workers.receive,
        claimed_by=desk.procedures.claimed_by,
        cursor=partial(register.cursor, name),
        set_cursor=partial(register.set_cursor, name),
        opened=opened,
        trouble=trouble,
        seen=lambda: watch.seen(name, now()),
    )
