"""What stands behind a door in the tests: a spool in memory that recognises repeats and can refuse."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from intake.channels import Doorway
from register.errors import Temporary
from register.records import RawMessage

#: domains and the organisations that claim them
ORGANISATIONS = {
    "alexanderskolan.se": "alexanderskolan",
    "huddinge.example": "huddinge",
    "nordberg.example": "nordberg",
}


def claimed_by(address: str) -> str | None:
    """The organisation of an address: `hej`, `reception` and `blåbär` at its domain, plus detail and case ignored."""
    local, _, domain = address.lower().rpartition("@")
    return ORGANISATIONS.get(domain) if local.partition("+")[0] in ("hej", "reception", "blåbär") else None


class Spool:
    """Keeps what a channel hands over."""

    def __init__(self) -> None:
        self.raws: list[RawMessage] = []
        #: external ids of every hand-over, repeats too
        self.handed: list[str] = []
        self.stored_cursor: str | None = None
        #: `opened`, or the code of a trouble, as they were told
        self.told: list[str] = []
        self.texts: list[str] = []
        #: raises what shall go wrong with a message, or does nothing
        self.fault: Callable[[RawMessage], None] = lambda raw: None
        #: cleared: every hand-over waits
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self._changed = asyncio.Condition()

    async def receive(self, raw: RawMessage) -> bool:
        """Writes a message; False where it was there already."""
        self.handed.append(raw.external_id)
        await self._notify()
        await self.may_go_on.wait()
        self.fault(raw)
        new = all((one.channel, one.external_id) != (raw.channel, raw.external_id) for one in self.raws)
        if new:
            self.raws.append(raw)
        await self._notify()
        return new

    def refuse(self, times: int | None = None) -> None:
        """From now on messages are refused, the given number of times or until `accept`."""
        left = [times]

        def fault(_raw: RawMessage) -> None:
            if left[0] is None or left[0] > 0:
                left[0] = None if left[0] is None else left[0] - 1
                raise Temporary("The register is away.")

        self.fault = fault

    def accept(self) -> None:
        """From now on nothing goes wrong."""
        self.fault = lambda raw: None

    async def until(self, claim: Callable[[], bool], *, seconds: float = 30) -> None:
        """Waits until a claim about this spool holds."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(claim)

    async def received(self, number: int) -> list[RawMessage]:
        """Everything, once there are that many."""
        await self.until(lambda: len(self.raws) >= number)
        return self.raws

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _cursor(self) -> str | None:
        return self.stored_cursor

    async def _set_cursor(self, cursor: str) -> None:
        self.stored_cursor = cursor
        await self._notify()

    async def _opened(self) -> None:
        self.told.append("opened")
        await self._notify()

    async def _trouble(self, code: str, text: str) -> None:
        self.told.append(code)
        self.texts.append(text)
        await self._notify()

    def doorway(self, name: str = "door") -> Doorway:
        """The way in."""
        return Doorway(
            name=name,
            receive=self.receive,
            claimed_by=claimed_by,
            cursor=self._cursor,
            set_cursor=self._set_cursor,
            opened=self._opened,
            trouble=self._trouble,
        )
