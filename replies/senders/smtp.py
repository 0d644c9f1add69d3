"""Letters leave by SMTP submission, on a few connections that are kept open (RFC 5321, RFC 6409)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol

from register.errors import Temporary
from register.records import Letter
from replies.senders import _smtp_envelope as envelope
from replies.senders._smtp_login import Login
from replies.senders._smtp_pipelined import Pipelined
from replies.senders._smtp_replies import UNREACHABLE, Stale
from replies.senders._smtp_stepwise import Stepwise
from replies.senders.outgoing import Outgoing

#: seconds after which a kept connection is not trusted any more: relays and firewalls forget it, not always aloud
LONGEST_IDLE = 60.0


class Line(Protocol):
    """An open connection; `Stepwise` speaks with every relay, `Pipelined` with those that offer PIPELINING."""

    @property
    def room(self) -> int:
        """How many letters may be in hand at once."""
        ...

    @property
    def alive(self) -> bool:
        """False once it has broken, as far as anybody knows."""
        ...

    async def hand_over(self, letter: Letter) -> str:
        """Sends a letter; returns what the relay said. Raises a Fault, and Stale where nothing was handed over."""
        ...

    async def quit(self) -> None:
        """Takes leave and hangs up; nothing is in hand."""
        ...

    def close(self) -> None:
        """Hangs up."""
        ...


@dataclass(eq=False)
class _Place:
    line: Line
    letters: int = 0
    #: when the last letter was done with, in the loop's time
    since: float = 0.0


class SmtpSender:
    """Sends mail over at most `connections` connections at once; each is kept and used again."""

    def __init__(self, settings: Outgoing) -> None:
        self._settings = settings
        self._login = Login(settings)
        self._places: list[_Place] = []
        self._opening = 0
        self._changed = asyncio.Event()
        self._closed = False

    async def send(self, letter: Letter) -> str:
        """Sends a letter as it is; returns the relay's reply code. Raises Temporary or Permanent."""
        envelope.check(letter)
        while True:
            place, fresh = await self._place()
            try:
                return await place.line.hand_over(letter)
            except Stale as stale:
                # A kept one may have been closed while nobody looked; nothing of this letter was handed over.
                if fresh:
                    raise Temporary(UNREACHABLE, private=stale.private) from None
            finally:
                self._give_back(place)

    async def probe(self) -> None:
        """Connects and logs in, and no more. Raises Temporary where that is not possible."""
        await (await self._open()).quit()

    async def close(self) -> None:
        """Says QUIT on every open connection; what is being sent is finished by its own call of `send`."""
        self._closed = True
        idle = [place for place in self._places if not place.letters]
        self._places = [place for place in self._places if place.letters]
        for place in idle:
            await place.line.quit()

    async def _place(self) -> tuple[_Place, bool]:
        """A place for one more letter, and whether its connection is fresh; waits for one where all are taken."""
        while True:
            for place in self._kept():
                if place.letters < place.line.room:
                    place.letters += 1
                    return place, False
            if len(self._places) + self._opening < self._settings.connections:
                return await self._fresh(), True
            self._changed.clear()
            await self._changed.wait()

    def _kept(self) -> list[_Place]:
        oldest = asyncio.get_running_loop().time() - LONGEST_IDLE
        for place in tuple(self._places):
            if not place.letters and not (place.line.alive and place.since > oldest):
                self._places.remove(place)
                place.line.close()
        return [place for place in self._places if place.line.alive]

    async def _fresh(self) -> _Place:
        self._opening += 1
        try:
            place = _Place(await self._open(), letters=1)
            self._places.append(place)
        finally:
            self._opening -= 1
            self._changed.set()
        return place

    async def _open(self) -> Line:
        connection = await self._login.connection()
        if self._settings.pipelining and connection.supports_extension("pipelining"):
            return Pipelined.taking_over(connection, self._settings.timeout)
        return Stepwise(connection)

    def _give_back(self, place: _Place) -> None:
        place.letters -= 1
        place.since = asyncio.get_running_loop().time()
        if not place.letters and (self._closed or not place.line.alive):
            place.line.close()
            if place in self._places:
                self._places.remove(place)
        self._changed.set()
