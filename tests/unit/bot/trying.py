"""One desk without doors, at any moment that a test names: what arrives then, what it sets off, what may leave."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.alarms import Alarms
from bot.clock import tick
from bot.desk import Desk
from bot.pipeline import take_in
from register.records import AddressKind, Case, Entered, Letter, RawMessage
from register.store import Register
from replies.dispatch import dispatch_once
from replies.senders import Sender
from tests.journeys.mails import Mail

LEASE = timedelta(minutes=5)
SOFIA, STOCKHOLM, OSLO = ZoneInfo("Europe/Sofia"), ZoneInfo("Europe/Stockholm"), ZoneInfo("Europe/Oslo")
_numbers = itertools.count(1)


class Bag:
    """A sender that keeps every letter."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    async def send(self, letter: Letter) -> str:
        """Takes a letter."""
        self.letters.append(letter)
        return "250"

    async def probe(self) -> None:
        """Letters can be sent."""

    async def close(self) -> None:
        """Nothing is open."""


class Trial:
    """A desk over a register of its own; time is what each call says it is."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.bag = Bag()
        self.alarms = Alarms(desk, (), timedelta(minutes=10))

    @property
    def register(self) -> Register:
        """The book."""
        return self.desk.register

    async def take(self, one: Mail, at: datetime, **raw: Any) -> Entered:
        """A mail arrives and is taken in at that moment; `raw` changes how it arrived."""
        arrived = RawMessage(
            channel="lmtp",
            external_id=str(next(_numbers)),
            content=one.content,
            received_at=at,
            recipients=(one.to,),
            envelope_from=one.sender,
        )
        await self.register.spool(replace(arrived, **raw))
        entered = [await take_in(raw, self.desk, at) for raw in await self.register.claim_messages("w", 9, at, LEASE)]
        last = entered[-1]
        assert last is not None, "it waits for the end of its conversation"
        return last

    async def case(self, one: Mail, at: datetime, **raw: Any) -> Case:
        """As `take`, of a mail that is in a case."""
        case = (await self.take(one, at, **raw)).case
        assert case is not None, "it was set aside"
        return case

    async def tick(self, at: datetime) -> None:
        """The clock looks at that moment."""
        await tick(self.desk, self.alarms, at)

    async def send(self, at: datetime, *, urgent: bool = False) -> list[Letter]:
        """What leaves in one lane at that moment, in its order."""
        before = len(self.bag.letters)
        senders: Mapping[AddressKind, Sender] = {AddressKind.MAIL: self.bag, AddressKind.TELEGRAM: self.bag}
        while await dispatch_once(self.register, senders, worker="w", now=at, urgent=urgent, limit=50, at_once=1):
            pass
        return self.bag.letters[before:]

    async def letters(self, case: Case, template: str = "") -> list[Mapping[str, Any]]:
        """The letters of a case as ordered."""
        return [one for one in await self.register.letters(case.id) if template in ("", one["template"])]

    async def roles(self, case: Case, template: str) -> list[str]:
        """The roles that letters of a template go to."""
        return [one["role"] for one in await self.letters(case, template)]

    async def journal(self, case: Case) -> list[str]:
        """What happened to a case, in order."""
        return [entry.what for entry in await self.register.journal(case.id)]


def to_roles(letters: Sequence[Letter]) -> list[tuple[str, str]]:
    """Template and role of each letter."""
    return [(one.template, one.role) for one in letters]
