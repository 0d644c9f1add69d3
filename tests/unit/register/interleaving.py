"""A register and the world around it, driven in any order: deliveries, workers, crashes, clocks; and what must hold."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from register.attendance import SIGN_IN, STRIKE
from register.errors import LeaseLost
from register.records import Case, Letter, OutgoingLetter, RawMessage
from register.store import Register
from tests.unit.register.making import ASIDE, LEASE, NOW, entry, letter, mail

Result = TypeVar("Result")
WORKERS = st.sampled_from(["one", "two"])
#: few ids, so that messages are repeated
IDS = st.integers(1, 6).map(str)
PLACES = st.integers(0, 50)


class BrokenError(Exception):
    """A letter that cannot be written."""


def _broken(_case: Case) -> tuple[Letter, ...]:
    raise BrokenError


class Interleaving(RuleBasedStateMachine):
    """One history."""

    #: gives the address of a register without entries
    address: Callable[[], str]

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._url, self.now = type(self).address(), NOW
        #: what was accepted, and what of it was entered, failed for now, or ended as failed
        self.accepted: set[str] = set()
        self.entered: Counter[str] = Counter()
        #: who holds a message or a letter by right: worker and attempt
        self.holders: dict[str, tuple[str, int]] = {}
        self.until: dict[str, datetime] = {}
        #: what workers have in their hands, rightly or no longer
        self.raws: list[RawMessage] = []
        self.outgoing: list[OutgoingLetter] = []
        #: what reached the readers, by Message-ID
        self.delivered: defaultdict[str, set[bytes]] = defaultdict(set)
        self._open()

    def do(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Runs something to its end."""
        return self._runner.run(work)

    def _open(self) -> None:
        self.register = self.do(Register.open(self._url))
        for name in ("one", "two"):
            self.do(self.register._writer.write(SIGN_IN, (name, self.now)))

    # --- time and death ------------------------------------------------------------------------------------------

    @rule(minutes=st.sampled_from([1, 5, 11, 90, -60]))
    def time_passes(self, minutes: int) -> None:
        """Or the clock is set back an hour."""
        self.now += timedelta(minutes=minutes)

    @rule(strikes=st.booleans())
    def crashes(self, strikes: bool) -> None:
        """All connections are gone; the next start may know that the workers are dead."""
        self.do(self._break_off())
        self._open()
        if strikes:
            self._strike(None)

    @rule(name=WORKERS)
    def a_worker_dies(self, name: str) -> None:
        """And another process sees it."""
        self._strike((name,))

    def _strike(self, names: tuple[str, ...] | None) -> None:
        gone = self.do(self.register._writer.write(STRIKE, names))
        self.holders = {key: holder for key, holder in self.holders.items() if holder[0] not in gone}
        for name in gone:
            self.do(self.register._writer.write(SIGN_IN, (name, self.now)))

    async def _break_off(self) -> None:
        self.register._writer._task.cancel()
        with suppress(asyncio.CancelledError):
            await self.register._writer._task
        await self.register._writer.transactions.close()
        await self.register._reader.close()
        await self.register._engine.dispose()

    # --- messages ------------------------------------------------------------------------------------------------

    @rule(name=IDS)
    def arrives(self, name: str) -> None:
        """New once."""
        assert self.do(self.register.spool(mail(name))) is (name not in self.accepted)
        self.accepted.add(name)

    @rule(worker=WORKERS, most=st.integers(1, 4))
    def claims(self, worker: str, most: int) -> None:
        """Nobody is given what another holds."""
        for raw in self.do(self.register.claim_messages(worker, most, self.now, LEASE)):
            self._given(raw.external_id, raw.claimed_by, raw.attempts)
            self.raws.append(raw)

    def _given(self, key: str, worker: str, attempts: int) -> None:
        if key in self.holders:
            assert self.until[key] <= self.now, f"{key} is held by another"
        self.holders[key], self.until[key] = (worker, attempts), self.now + LEASE

    def _holds(self, key: str, worker: str, attempts: int) -> bool:
        return self.holders.get(key) == (worker, attempts)

    @precondition(lambda self: self.raws)
    @rule(place=PLACES, kind=st.sampled_from(["case", "case", "aside", "broken", "twice"]))
    def enters(self, place: int, kind: str) -> None:
        """Only who holds it; a letter that cannot be written leaves nothing."""
        raw = self.raws[place % len(self.raws)]
        changes = {"decision": ASIDE} if kind == "aside" else {"compose": _broken} if kind == "broken" else {}
        times = 2 if kind == "twice" else 1
        answers = self.do(self._enter(raw, changes, times))
        held = self._holds(raw.external_id, raw.claimed_by, raw.attempts)
        good = [one for one in answers if not isinstance(one, BaseException)]
        assert len(good) == (held and kind != "broken"), answers
        expected = BrokenError if held and kind == "broken" else LeaseLost
        assert all(isinstance(one, expected) for one in answers[len(good) :])
        if good:
            self.entered[raw.external_id] += 1
            del self.holders[raw.external_id]

    async def _enter(self, raw: RawMessage, changes: dict[str, Any], times: int) -> list[Any]:
        made = entry(raw, **{"compose": _written} | changes)
        results = await asyncio.gather(
            *(self.register.enter(made, self.now) for _ in range(times)), return_exceptions=True
        )
        return sorted(results, key=lambda one: isinstance(one, BaseException))

    @rule(worker=WORKERS, again=WORKERS)
    def comes_back_too_late(self, worker: str, again: str) -> None:
        """A slow worker enters what it, or another, has claimed anew since."""
        place = len(self.raws)
        self.claims(worker, 1)
        self.time_passes(11)
        self.claims(again, 4)
        if place < len(self.raws):
            self.enters(place, "case")

    @precondition(lambda self: self.raws)
    @rule(place=PLACES, steps=st.integers(0, 12))
    def crashes_while_entering(self, place: int, steps: int) -> None:
        """It was entered whole or not at all."""
        raw = self.raws[place % len(self.raws)]
        self.do(self._crash_while_entering(raw, steps))
        self._open()
        found = self.do(self.register.whereabouts(raw.channel, raw.external_id))
        assert found is not None
        if found.outcome == "registered" and not self.entered[raw.external_id]:
            assert self._holds(raw.external_id, raw.claimed_by, raw.attempts)
            self.entered[raw.external_id] += 1
            del self.holders[raw.external_id]

    async def _crash_while_entering(self, raw: RawMessage, steps: int) -> None:
        doing = asyncio.create_task(self.register.enter(entry(raw, compose=_written), self.now))
        for _ in range(steps):
            await asyncio.sleep(0)
        await self._break_off()
        doing.cancel()
        await asyncio.gather(doing, return_exceptions=True)

    @precondition(lambda self: self.raws)
    @rule(place=PLACES, again=st.booleans())
    def fails(self, place: int, again: bool) -> None:
        """For now, or until somebody replays it."""
        raw = self.raws[place % len(self.raws)]
        held = self._holds(raw.external_id, raw.claimed_by, raw.attempts)
        until = self.now + timedelta(minutes=2) if again else None
        try:
            self.do(self.register.fail(raw, where="here", error="KeyError", now=self.now, retry_at=until))
        except LeaseLost:
            assert not held
        else:
            assert held
            del self.holders[raw.external_id]

    @rule()
    def is_replayed(self) -> None:
        """What failed waits again."""
        aside = [one for one in self.do(self.register.set_aside()) if one.reason == "failed"]
        assert self.do(self.register.replay(None, self.now)) == len(aside)

    # --- letters -------------------------------------------------------------------------------------------------

    @rule(worker=WORKERS, urgent=st.booleans())
    def claims_letters(self, worker: str, urgent: bool) -> None:
        """Each is with one dispatcher."""
        for one in self.do(self.register.claim_letters(worker, 3, self.now, LEASE, urgent=urgent)):
            self._given(one.letter.id, one.claimed_by, one.attempts)
            self.outgoing.append(one)

    @precondition(lambda self: self.outgoing)
    @rule(place=PLACES, end=st.sampled_from(["sent", "sent", "dies", "deferred", "failed"]))
    def sends(self, place: int, end: str) -> None:
        """It leaves; what became of it is written down, by who holds it and nobody else, or the sender dies."""
        one = self.outgoing[place % len(self.outgoing)]
        if end in ("sent", "dies"):
            self.delivered[one.letter.message_id].add(one.letter.content)
        if end != "dies":
            held = self._holds(one.letter.id, one.claimed_by, one.attempts)
            assert self.do(self._told(one, end)) is held
            if held:
                del self.holders[one.letter.id]

    async def _told(self, one: OutgoingLetter, end: str) -> bool:
        try:
            if end == "sent":
                await self.register.letter_sent(one, self.now)
            elif end == "deferred":
                await self.register.letter_deferred(one, self.now + timedelta(minutes=1), "451", self.now)
            else:
                await self.register.letter_failed(one, "550", self.now)
        except LeaseLost:
            return False
        return True

    # --- what must hold ------------------------------------------------------------------------------------------

    @invariant()
    def all_adds_up(self) -> None:
        """The books; nothing is entered twice. The chain is walked at the end: what breaks it stays broken."""
        books = self.do(self.register.books())
        assert books.balanced
        assert books.arrived == len(self.accepted)
        assert max(self.entered.values(), default=0) <= 1

    def teardown(self) -> None:
        """Nobody is left behind: once time passes and workers work, every message and every letter ends."""
        try:
            self.do(self._finish())
        finally:
            self._runner.close()

    async def _finish(self) -> None:
        register, later = self.register, self.now + timedelta(hours=3)
        await register.replay(None, later)
        while raws := await register.claim_messages("last", 20, later, LEASE):
            await asyncio.gather(*(register.enter(entry(raw, compose=_written), later) for raw in raws))
        for urgent in (True, False):
            while found := await register.claim_letters("last", 20, later, LEASE, urgent=urgent):
                for one in found:
                    self.delivered[one.letter.message_id].add(one.letter.content)
                    await register.letter_sent(one, later)
        books = await register.books()
        assert (books.waiting, books.arrived) == (0, len(self.accepted))
        assert await register.verify() == ()
        ended = [dict(one) for one in await register.letters()]
        assert {one["state"] for one in ended} <= {"sent", "failed"}
        assert {one["message_id"] for one in ended if one["state"] == "sent"} <= set(self.delivered)
        assert all(len(contents) == 1 for contents in self.delivered.values())
        assert set(self.delivered) <= {one["message_id"] for one in ended}
        await register.close()


def _written(case: Case) -> tuple[Letter, ...]:
    """An acknowledgement, and a notice in the urgent lane; each with a Message-ID and bytes of its own."""
    made = (letter(case), letter(case, role="head", template="notice", urgent=True))
    return tuple(_own(one, case) for one in made)


def _own(one: Letter, case: Case) -> Letter:
    name = f"{one.template}.{case.id}@skola.example"
    return replace(one, message_id=name, content=f"Message-ID: <{name}>\r\n\r\nHej\r\n".encode())
