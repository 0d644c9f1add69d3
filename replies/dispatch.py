"""From the outbox to the world: each claimed letter goes to the sender for its kind of address, once, again, or never.

A temporary fault waits: 30 seconds after the first attempt, then twice as long each time, at most an hour; an urgent
letter 5 seconds, at most two minutes. Up to a fifth is added so that many letters do not come back at the same moment.
After five days a letter is given up, as mail servers do (RFC 5321, 4.5.4.1), and a role is told by whoever called.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from register.errors import Fault, LeaseLost, Permanent, Unauthorised
from register.records import AddressKind, Letter, OutgoingLetter
from replies.senders import Sender

#: first pause and longest pause, by lane
_PAUSES = {False: (timedelta(seconds=30), timedelta(hours=1)), True: (timedelta(seconds=5), timedelta(minutes=2))}
GIVE_UP_AFTER = timedelta(days=5)
#: how long a claim holds, by lane
LEASE = {False: timedelta(minutes=10), True: timedelta(minutes=2)}
#: letters on their way at the same time
AT_ONCE = 8


class Outbox(Protocol):
    """What dispatching needs of the register; every write is fenced and raises LeaseLost where the claim has gone."""

    async def claim_letters(
        self, worker: str, limit: int, now: datetime, lease: timedelta, *, urgent: bool
    ) -> tuple[OutgoingLetter, ...]:
        """Letters that are due, each held by this worker for the lease."""
        ...

    async def letter_sent(self, outgoing: OutgoingLetter, now: datetime, detail: str = "") -> None:
        """It has left; `detail` is what the other side said."""
        ...

    async def letter_deferred(self, outgoing: OutgoingLetter, until: datetime, reason: str, now: datetime) -> None:
        """It is tried again from `until` on."""
        ...

    async def letter_failed(self, outgoing: OutgoingLetter, reason: str, now: datetime) -> None:
        """It is never tried again."""
        ...


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one letter in this claim."""

    letter: Letter
    #: sent; deferred: tried again later; failed: never again, a role has to know; lost: another worker has it now
    result: str
    #: why not sent, without personal data; for a sent letter what the other side said
    reason: str = ""
    attempts: int = 0
    #: True: our own login is refused, and every letter waits until a person has put it right
    unauthorised: bool = False
    #: an error that no sender should raise, for the log; the letter is deferred all the same
    error: BaseException | None = None
    #: how long the other side asked us to wait, in seconds
    wait: float | None = None


async def dispatch_once(
    outbox: Outbox,
    senders: Mapping[AddressKind, Sender],
    *,
    worker: str,
    now: datetime,
    urgent: bool,
    limit: int,
    at_once: int = AT_ONCE,
) -> tuple[Outcome, ...]:
    """Claims up to `limit` letters of a lane and sends them; says what became of each, nothing when none waited.

    One letter's error stops no other. Where the outbox cannot be written to, its error is raised once all letters have
    been tried: those stay claimed until their lease ends and then go out again with the same Message-ID.
    """
    claimed = await outbox.claim_letters(worker, limit, now, LEASE[urgent], urgent=urgent)
    return await carry(outbox, senders, claimed, now=now, urgent=urgent, at_once=at_once)


async def carry(
    outbox: Outbox,
    senders: Mapping[AddressKind, Sender],
    claimed: Sequence[OutgoingLetter],
    *,
    now: datetime,
    urgent: bool,
    at_once: int = AT_ONCE,
) -> tuple[Outcome, ...]:
    """As `dispatch_once`, of letters of a lane that are claimed already, not long ago."""
    if not claimed:
        return ()
    way_out = _WayOut(outbox, senders, now, LEASE[urgent], asyncio.Semaphore(at_once))
    ended = await asyncio.gather(*(way_out.carry(one) for one in claimed), return_exceptions=True)
    for outcome in ended:
        if isinstance(outcome, BaseException):
            raise outcome
    return tuple(outcome for outcome in ended if isinstance(outcome, Outcome))


def pause(letter_id: str, attempts: int, *, urgent: bool) -> timedelta:
    """How long a letter waits after its n-th attempt; the same letter and attempt always wait equally long."""
    spread = 1 + zlib.crc32(f"{letter_id}/{attempts}".encode()) / 2**32 / 5
    return _plain_pause(attempts, urgent=urgent) * spread


def is_given_up(attempts: int, *, urgent: bool) -> bool:
    """True once the pauses up to this attempt add up to five days."""
    first, longest = _PAUSES[urgent]
    growing = (longest // first).bit_length()
    waited = sum(
        (_plain_pause(attempt, urgent=urgent) for attempt in range(1, min(attempts, growing + 1))), timedelta()
    )
    return waited + longest * max(0, attempts - 1 - growing) >= GIVE_UP_AFTER


def _plain_pause(attempts: int, *, urgent: bool) -> timedelta:
    first, longest = _PAUSES[urgent]
    # The power is bounded: two to the 126th times half a minute is no timedelta.
    doublings = min(max(0, attempts - 1), 20)
    return min(first * (1 << doublings), longest)


class _WayOut:
    """One claim's letters on their way: what they share."""

    def __init__(
        self,
        outbox: Outbox,
        senders: Mapping[AddressKind, Sender],
        now: datetime,
        lease: timedelta,
        gate: asyncio.Semaphore,
    ) -> None:
        self._outbox, self._senders, self._gate = outbox, senders, gate
        loop = asyncio.get_running_loop()
        self._started, self._now, self._clock = loop.time(), now, loop.time
        # Whoever claims next may do so when the lease ends; ours stops trying before that.
        self._until = self._started + lease.total_seconds() * 0.8

    def now(self) -> datetime:
        """The caller's time plus what has passed since."""
        return self._now + timedelta(seconds=self._clock() - self._started)

    async def carry(self, outgoing: OutgoingLetter) -> Outcome:
        """Sends one letter and writes down what became of it."""
        async with self._gate:
            # Whatever a sender raises comes back as a value, so that it is written down instead of ending the others.
            (answer,) = await asyncio.gather(self._send(outgoing.letter), return_exceptions=True)
        outcome = _judged(outgoing, answer)
        try:
            await self._write(outgoing, outcome)
        except LeaseLost as lost:
            return replace(outcome, result="lost", reason=lost.public)
        return outcome

    async def _send(self, letter: Letter) -> str:
        sender = self._senders.get(letter.to.kind)
        if sender is None:
            raise Permanent(f"there is no way to send to an address of the kind {letter.to.kind.value}")
        async with asyncio.timeout_at(self._until):
            return await sender.send(letter)

    async def _write(self, outgoing: OutgoingLetter, outcome: Outcome) -> None:
        now = self.now()
        match outcome.result:
            case "sent":
                await self._outbox.letter_sent(outgoing, now, outcome.reason)
            case "failed":
                await self._outbox.letter_failed(outgoing, outcome.reason, now)
            case _:
                letter = outgoing.letter
                usual = pause(letter.id, outgoing.attempts, urgent=letter.urgent)
                until = now + (usual if outcome.wait is None else timedelta(seconds=outcome.wait))
                await self._outbox.letter_deferred(outgoing, until, outcome.reason, now)


def _judged(outgoing: OutgoingLetter, answer: str | BaseException) -> Outcome:
    """What an answer or an error means for the letter."""
    letter, attempts = outgoing.letter, outgoing.attempts
    if isinstance(answer, str):
        return Outcome(letter=letter, result="sent", reason=answer, attempts=attempts)
    # The text of an error that no sender should raise may hold anything; its kind may not.
    reason = answer.public if isinstance(answer, Fault) else type(answer).__name__
    error = None if isinstance(answer, Fault) else answer
    if isinstance(answer, Permanent):
        return Outcome(letter=letter, result="failed", reason=reason, attempts=attempts)
    if is_given_up(attempts, urgent=letter.urgent):
        given_up = f"given up after {GIVE_UP_AFTER.days} days: {reason}"
        return Outcome(letter=letter, result="failed", reason=given_up, attempts=attempts, error=error)
    # A chat server that asks for patience says how long; a sender passes that on as `retry_after`.
    wait = getattr(answer, "retry_after", None)
    return Outcome(
        letter=letter,
        result="deferred",
        reason=reason,
        attempts=attempts,
        unauthorised=isinstance(answer, Unauthorised),
        error=error,
        wait=wait,
    )
