"""Who looks after the doors that look for mail: what mends itself gets time, silence is noticed, both ring once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.alarms import Alarms

CHANNEL = "channel"
#: troubles that often mend themselves: they ring only when they last; any other needs a person, and rings at once
PASSING = ("unreachable", "register")
SILENT = "silent"


@dataclass(kw_only=True)
class Door:
    """What is known of one door."""

    #: whose alarms go where
    organisation: str | None
    #: how long it may be silent by itself, beside everybody's patience; None: it waits for others and is always silent
    pause: timedelta | None
    seen: datetime
    #: since when it is in trouble, with code and text; None: it works
    since: datetime | None = None
    code: str = ""
    text: str = ""
    #: True: the clock rang for it
    rang: bool = False
    #: True: another process attends to it
    rests: bool = False


class Watch:
    """The doors of a service; `patience` is what a trouble that may pass is given."""

    def __init__(self, patience: timedelta) -> None:
        self._patience = patience
        self._doors: dict[str, Door] = {}

    def expect(self, name: str, *, organisation: str | None, pause: timedelta | None, now: datetime) -> None:
        """From now on a door is watched."""
        self._doors[name] = Door(organisation=organisation, pause=pause, seen=now)

    def seen(self, name: str, now: datetime) -> None:
        """A door was answered."""
        self._doors[name].seen = now

    def well(self, name: str, now: datetime) -> None:
        """A door works."""
        door = self._doors[name]
        door.seen, door.since, door.code, door.text = now, None, "", ""
        door.rang = door.rests = False

    def rest(self, name: str) -> None:
        """Another process attends to a door, and watches it."""
        self._doors[name].rests = True

    def trouble(self, name: str, code: str, text: str, now: datetime) -> bool:
        """A door is in trouble; True where that has to ring at once."""
        door = self._doors[name]
        door.since, door.code, door.text, door.rests = door.since or now, code, text, False
        return code not in PASSING or not self._patience

    async def look(self, alarms: Alarms, now: datetime) -> None:
        """Rings for what has lasted too long, and ends what was only silence."""
        for name, door in self._doors.items():
            code = self._overdue(door, now)
            if code and not door.rang:
                await alarms.ring(CHANNEL, name, code, door.text, now, organisation=door.organisation)
                door.rang = True
            elif door.rang and not code and not door.rests:
                self.well(name, now)
                await alarms.well(CHANNEL, name, now, organisation=door.organisation)

    def _overdue(self, door: Door, now: datetime) -> str:
        if door.rests:
            return ""
        if door.since is not None:
            return door.code if now - door.since >= self._patience else ""
        silent = door.pause is not None and now - door.seen >= self._patience + 2 * door.pause
        return SILENT if silent else ""

    def __iter__(self) -> Iterator[tuple[str, datetime]]:
        """The doors that look for mail here, each with when it was last answered."""
        doors = self._doors.items()
        return ((name, door.seen) for name, door in doors if door.pause is not None and not door.rests)
