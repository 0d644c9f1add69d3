"""The running program: doors, workers and clock under one supervisor, stopped in an order that loses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from pydantic import ValidationError

from bot.alarms import Alarms
from bot.desk import Desk
from bot.logs import log
from bot.settings import Settings, first_problem
from bot.supervision import Supervisor
from bot.wiring import Senders, open_desk, open_lanes
from bot.workers import Workers, now
from intake import channels
from intake.channels import Channel, Doorway
from register.attendance import Attendance
from register.errors import BadSettings, Fault
from register.sole import only_service


class Service:
    """One process of Lyhord; `running()` is its whole life."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        #: the running channels by name, for tests that need a port
        self.doors: dict[str, Channel] = {}
        self.workers: Workers
        #: our place among the processes on this register
        self.attendance: Attendance
        self._met: dict[str, asyncio.Event] = {}
        #: False until every door listens or has said why not
        self._started = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Starts everything, yields once each channel listens or has said why not, and stops in order."""
        async with AsyncExitStack() as stack:
            stack.enter_context(only_service(self.settings.database.url))
            desk = await stack.enter_async_context(open_desk(self.settings))
            lanes = await stack.enter_async_context(open_lanes(self.settings))
            await stack.enter_async_context(self._working(desk, *lanes))
            yield

    @asynccontextmanager
    async def _working(self, desk: Desk, ordinary: Senders, urgent: Senders) -> AsyncIterator[None]:
        alarms = Alarms(desk, self.settings.operation.alarm_to, self.settings.operation.acknowledge_within)
        self.workers = Workers(desk, ordinary, alarms, urgent)
        self.attendance = desk.register.attendance(self.workers.name, self.workers.hear, now)
        self._supervisor, self._porter = Supervisor(), Supervisor()
        self._start(desk)
        try:
            await self._until_met()
            self._started = True
            yield
        finally:
            await self._stop()

    async def until(self, asked: asyncio.Event) -> None:
        """Returns when a stop is asked for; whatever fails after the start is mended or told, never the end."""
        await asked.wait()

    def _start(self, desk: Desk) -> None:
        workers, start = self.workers, self._supervisor.start
        self._porter.start("attendance", self.attendance.keep)
        for name, (channel, door) in open_channels(self.settings, desk, workers, self._met).items():
            self.doors[name] = channel
            keep_open = partial(self._keep_open, name, channel, door)
            start(f"door:{name}", keep_open, may_give_up=lambda: not self._started)
        start("intake", workers.intake)
        start("dispatch:urgent", partial(workers.dispatch, urgent=True))
        start("dispatch", partial(workers.dispatch, urgent=False))
        start("clock", partial(workers.clock, self.settings.operation.clock_seconds))

    async def _keep_open(self, name: str, channel: Channel, door: Doorway) -> None:
        """A door that breaks in a way it did not foresee rings the alarm; the supervisor opens it again."""
        try:
            if channel.for_one_process:
                await self.attendance.attend(name, channel.run, partial(self._stand_by, name))
            else:
                await channel.run()
        except Fault as error:
            if self._started:
                await door.trouble("fault", error.public)
            raise

    def _stand_by(self, name: str) -> None:
        """Another process attends to this door; ours takes over when that one ends."""
        if not self._met[name].is_set():
            log().info("stands by", action="standing_by", channel=name)
            self._met[name].set()

    async def _until_met(self) -> None:
        """Returns once every door is met; raises BadSettings where one can never be opened."""
        met = asyncio.create_task(self._all_met())
        broken = self._supervisor.broken
        waiting: set[asyncio.Future[Any]] = {met, broken}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        met.cancel()
        if broken.done():
            raise broken.result()

    async def _all_met(self) -> None:
        for event in self._met.values():
            await event.wait()

    async def _stop(self) -> None:
        """Doors first, so that nothing new is promised; then the workers finish what they hold."""
        log().info("stopping", action="stopping")
        await self._supervisor.stop(*(f"door:{name}" for name in self.doors))
        self.workers.stop()
        await self._supervisor.finish(timedelta(seconds=self.settings.operation.stop_seconds))
        await self._porter.stop()
        await self.attendance.sign_out()
        log().info("stopped", action="stopped")


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
        door = doorway(name, desk, workers, met[name], owner=_owner(table, desk))
        made[name] = open_channel(table, number, door), door
    return made


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
    register, alarms = desk.register, workers.alarms

    async def opened() -> None:
        met.set()
        log().info("open", action="opened", channel=name)
        await alarms.well("channel", name, now(), organisation=owner)
        workers.letters()

    async def trouble(code: str, text: str) -> None:
        met.set()
        log().warning("trouble", action="trouble", channel=name, code=code)
        await alarms.ring("channel", name, code, text, now(), organisation=owner)
        workers.letters()

    return Doorway(
        name=name,
        receive=workers.receive,
        claimed_by=desk.procedures.claimed_by,
        cursor=partial(register.cursor, name),
        set_cursor=partial(register.set_cursor, name),
        opened=opened,
        trouble=trouble,
    )
