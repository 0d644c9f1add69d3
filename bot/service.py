"""The running program: doors, workers and clock under one supervisor, stopped in an order that loses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import classifiers
from bot.alarms import Alarms
from bot.desk import Desk
from bot.doors import open_channels
from bot.health import Health
from bot.lasting import settle
from bot.logs import log
from bot.monitor import Monitor
from bot.settings import Settings
from bot.supervision import Supervisor
from bot.warming import warm
from bot.watch import Watch
from bot.wiring import Senders, open_desk, open_lanes
from bot.workers import Workers, now
from intake.channels import Channel, Doorway
from register.attendance import Attendance
from register.errors import Fault
from register.sole import only_service


class Service:
    """One process of Lyhord; `running()` is its whole life."""

    def __init__(self, settings: Settings, *, warm: bool = False) -> None:
        self.settings = settings
        #: True: what is loaded once is loaded beside the work, right after the start
        self._warm = warm
        #: the running channels by name, for tests that need a port
        self.doors: dict[str, Channel] = {}
        self.workers: Workers
        #: our place among the processes on this register
        self.attendance: Attendance
        #: where figures and health are shown, if anywhere
        self.monitor: Monitor | None = None
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
        operation = self.settings.operation
        alarms = Alarms(desk, operation.alarm_to, operation.acknowledge_within, operation.outbox_within)
        self.workers = Workers(desk, ordinary, alarms, urgent, Watch(operation.mailbox_within))
        self.attendance = desk.register.attendance(self.workers.name, self.workers.hear, now)
        self._supervisor, self._porter = Supervisor(), Supervisor()
        await self.attendance.sign_in()
        if operation.meaning and (why := classifiers.by_words_alone()):
            log().warning(why, action="by_words_alone")
        self._start(desk)
        try:
            await self._until_met()
            self._started = self._health.started = True
            if self._warm:
                self._supervisor.start("warming", partial(_warm_up, desk))
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
        self._start_monitor(desk)
        start("clock", partial(workers.clock, self.settings.operation.clock_seconds))

    def _start_monitor(self, desk: Desk) -> None:
        """The door for those who watch, where the settings name one."""
        operation, workers = self.settings.operation, self.workers
        clock = timedelta(seconds=operation.clock_seconds)
        self._health = Health(desk.register, workers.tally, workers.watch, self._supervisor.restarts, clock)
        if operation.metrics_port is None:
            return
        pages = {"/metrics": self._health.metrics, "/healthz": self._health.healthz}
        self.monitor = Monitor(operation.metrics_host, operation.metrics_port, pages)
        listens = self._met["monitor"] = asyncio.Event()
        run = partial(self.monitor.run, listens.set)
        self._supervisor.start("monitor", run, may_give_up=lambda: not self._started)

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
        self.workers.watch.rest(name)
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
        await self._supervisor.stop("monitor", "warming")
        await self._supervisor.finish(timedelta(seconds=self.settings.operation.stop_seconds))
        await self._porter.stop()
        await self.attendance.sign_out()
        log().info("stopped", action="stopped")


async def _warm_up(desk: Desk) -> None:
    await warm(desk)
    settle()
