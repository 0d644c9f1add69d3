"""What the pages of the monitor say: the figures, and whether the service does its work."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.metrics import CONTENT_TYPE, exposition
from bot.monitor import Answer, as_json
from bot.tally import Tally
from bot.watch import Watch
from bot.workers import now
from register.errors import Fault
from register.records import Figures
from register.store import Register

#: the clock may be this late, beside what it takes for two looks
LATE = timedelta(seconds=60)


class Health:
    """Answers from the register and the tally at the moment of asking; one question at a time reads the register."""

    def __init__(
        self, register: Register, tally: Tally, watch: Watch, restarts: Mapping[str, int], clock: timedelta
    ) -> None:
        self._register, self._tally, self._watch, self._restarts = register, tally, watch, restarts
        self._patience = LATE + 2 * clock
        self._one = asyncio.Lock()
        #: True once every channel listens or has said why not
        self.started = False
        self._since = now()

    async def metrics(self) -> Answer:
        """Everything, for Prometheus; 503 where the register cannot be read."""
        async with self._one:
            at = now()
            figures = await self._register.gauges.figures(at)
            await self._count_delays()
            return Answer(
                status=200,
                body=self._exposed(figures, at),
                content_type=CONTENT_TYPE,
            )

    def _exposed(self, figures: Figures, at: datetime) -> str:
        commits = self._register.commits
        return exposition(figures, self._tally, self._restarts, dict(self._watch), at, commits=commits)

    async def healthz(self) -> Answer:
        """200 where it works; 503 while it starts, and where register, books or clock need somebody.

        An alarm about a mailbox is told in the body and is no 503: to start the service anew would mend nothing.
        """
        async with self._one:
            at = now()
            try:
                figures = await self._register.gauges.figures(at)
            except Fault:
                figures = None
            checks = self._checks(figures, at)
            well = all(checks.values())
            alarms = dict(figures.alarms) if figures else {}
            return as_json(200 if well else 503, {"status": "ok" if well else "trouble", **checks, "alarms": alarms})

    def _checks(self, figures: Figures | None, at: datetime) -> dict[str, bool]:
        return {
            "started": self.started,
            "register": figures is not None,
            "books": figures is not None and figures.books.balanced,
            "clock": at - (self._tally.ticked or self._since) < self._patience,
        }

    async def _count_delays(self) -> None:
        """Looks up the delays of what was acknowledged since the last question, off the path of the letters."""
        remembered = self._tally.acknowledged
        cases = [remembered.popleft() for _ in range(len(remembered))]
        self._tally.count_delays(await self._register.gauges.acknowledged(cases))
