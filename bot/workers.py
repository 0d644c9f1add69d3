"""The loops of the running program: take in, dispatch, clock; woken when there is work, and polling besides."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from bot.alarms import Alarms
from bot.clock import tick
from bot.desk import Desk
from bot.links import unreachable
from bot.logs import log
from bot.pipeline import take_in
from bot.supervision import where
from bot.tally import Tally
from bot.watch import Watch
from bot.writing import SENDER
from register.cases import ACKNOWLEDGING
from register.errors import LeaseLost, Permanent, Temporary
from register.hand import Hand
from register.line import News
from register.outbox import CONVERSATION
from register.records import AddressKind, Entered, OutgoingLetter, RawMessage
from register.spooling import SUSPECTED
from replies import dispatch
from replies.dispatch import Outcome
from replies.senders import Sender

#: a message that a killed process held is taken up again after this; fencing keeps a slow one from entering it twice
LEASE = timedelta(minutes=2)
#: how many messages a worker claims at once, and letters a dispatcher
BATCH, LETTERS = 32, 64
#: how many messages are in hand at most: the next are read while those before are being written
IN_HAND = 2 * BATCH
#: how long a loop sleeps when nobody wakes it, in seconds
POLL = 5.0
#: how long the loop of urgent letters does: one that was put off goes again after five
URGENT_POLL = 1.0
POLLS = {False: POLL, True: URGENT_POLL}
#: a letter in hand that has waited so much of its lease goes back into the row
STALE = 0.25
#: channels whose messages, taken in, bring no other of the spool back into the row of those that wait
_ALONE = ("lmtp", "smtp", "imap")
#: after a temporary fault a message waits this long, doubling, at most six hours
FIRST_RETRY = timedelta(seconds=30)
#: the code of the alarm that rings when our own login is refused
OUTGOING = "outgoing"
LONGEST_RETRY = timedelta(hours=6)
#: a message that was in hand when a process died, so many times, is set aside unread
MOST_DEATHS = 10


def now() -> datetime:
    """The current moment, aware; the only clock of the loops."""
    return datetime.now(UTC)


class Wake:
    """Wakes sleeping loops: set by whoever makes work for them."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def __call__(self) -> None:
        """There is work."""
        self._event.set()

    async def wait(self, seconds: float) -> None:
        """Until there is work, or for `seconds`."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._event.wait(), seconds)
        self._event.clear()


class Workers:
    """The loops over one desk; `stopping` makes each finish what it holds and return."""

    def __init__(
        self,
        desk: Desk,
        senders: Mapping[AddressKind, Sender],
        alarms: Alarms,
        urgent_senders: Mapping[AddressKind, Sender] | None = None,
        watch: Watch | None = None,
    ) -> None:
        self.desk = desk
        self.senders = senders
        #: of letters in the urgent lane, without a wait for a connection that others hold
        self.urgent_senders = senders if urgent_senders is None else urgent_senders
        self.alarms = alarms
        #: the doors that must look for mail
        self.watch = watch or Watch(timedelta())
        self.tally = Tally()
        #: kinds of address whose server has refused our login; at the start it may be so, from before
        self._locked_out = {kind.value for kind in senders}
        #: unique among all processes on one register
        self.name = f"{os.uname().nodename}-{os.getpid()}-{secrets.token_hex(3)}"
        self._arrived = Hand[RawMessage](IN_HAND, POLL * 0.9)
        self._ordered = {urgent: Hand[OutgoingLetter](2 * LETTERS, poll * 0.9) for urgent, poll in POLLS.items()}
        self.messages = Wake()
        self.letters = Wake()
        self.urgent = Wake()
        self.tick = Wake()
        wakes = {True: self.urgent, False: self.letters}
        desk.register.dispatching(self.name, dispatch.LEASE, self._ordered, lambda lane: wakes[lane]())
        self.stopping = asyncio.Event()
        #: told of every message that was taken in, for whoever shows it
        self.entered: Callable[[RawMessage, Entered], None] = lambda raw, entered: None
        #: told of every letter that was tried, once what became of it is written down
        self.tried: Callable[[Outcome], None] = lambda outcome: None

    def hear(self, news: News) -> None:
        """What another process on the same register has brought is there for ours too."""
        if news is News.MESSAGES:
            self._arrived.behind = True
        else:
            self._ordered[news is News.URGENT].behind = True
        {News.MESSAGES: self.messages, News.LETTERS: self.letters, News.URGENT: self.urgent}[news]()

    async def receive(self, raw: RawMessage) -> bool:
        """What a channel calls: the spool, and a nudge to the intake worker once it is on disk."""
        if self._arrived.room() and not self.stopping.is_set():
            # A door that is closed meanwhile must not leave a message claimed that nobody has in hand.
            return await asyncio.shield(asyncio.create_task(self._take(raw), name="arriving"))
        new = await self.desk.register.spool(raw)
        self._arrived.behind = True
        self.messages()
        return new

    async def _take(self, raw: RawMessage) -> bool:
        self._arrived.busy += 1
        try:
            taken = await self.desk.register.take(raw, self.name, now(), LEASE)
        finally:
            self._arrived.busy -= 1
        if taken is not None:
            self._arrived.give((taken,))
            self.messages()
        return taken is not None

    async def intake(self) -> None:
        """Takes in what waits in the spool; the next are read while those before are being written."""
        hands: set[asyncio.Task[None]] = set()
        self._arrived.open = True
        try:
            await self._until_stopped(self.messages, functools.partial(self._intake_next, hands))
            await asyncio.gather(*hands, return_exceptions=True)
        finally:
            self._arrived.open = False
            for task in hands:
                task.cancel()

    async def _intake_next(self, hands: set[asyncio.Task[None]]) -> int:
        """Some messages, taken in beside those in `hands`; raises what one of these has met."""
        if hands and self._arrived.busy >= IN_HAND:
            await asyncio.wait(hands, return_when=asyncio.FIRST_COMPLETED)
        for task in [one for one in hands if one.done()]:
            hands.discard(task)
            task.result()
        claimed = await self._arrived.fetch(self._claim, BATCH)
        if claimed:
            hands.add(asyncio.create_task(self._take_all_in(claimed), name="taking-in"))
        return len(claimed)

    async def intake_once(self) -> int:
        """What is in hand, or one claim; returns how many messages that were."""
        claimed = await self._arrived.fetch(self._claim, BATCH, always=True)
        await self._take_all_in(claimed)
        return len(claimed)

    async def _claim(self, most: int) -> Sequence[RawMessage]:
        return await self.desk.register.claim_messages(self.name, most, now(), LEASE)

    async def _take_all_in(self, claimed: Sequence[RawMessage]) -> None:
        moment = now()
        self._arrived.busy += len(claimed)
        try:
            results = await asyncio.gather(*(self._take_in(raw, moment) for raw in claimed), return_exceptions=True)
        finally:
            self._arrived.busy -= len(claimed)
        if any(raw.channel not in _ALONE or raw.deaths >= SUSPECTED for raw in claimed):
            self._arrived.behind = True
            self.messages()
        if claimed:
            self.letters()
        for error in filter(None, results):
            raise error

    async def _take_in(self, raw: RawMessage, moment: datetime) -> None:
        try:
            await self._enter_or_fail(raw, moment)
        except LeaseLost:
            log().warning("lease lost", action="lease_lost", message=raw.spool_id)

    async def _enter_or_fail(self, raw: RawMessage, moment: datetime) -> None:
        try:
            _spare(raw)
            entered = await take_in(raw, self.desk, moment)
        except LeaseLost:
            raise
        except Temporary as error:
            await self._fail(raw, error, retry_at=now() + retry_pause(raw.attempts))
        # design: any other error sets the message aside, where a person finds it, and the others go on.
        except Exception as error:  # noqa: BLE001
            await self._fail(raw, error, retry_at=None)
        else:
            if entered is None:
                log().info("waits", action="asked", message=raw.spool_id)
            else:
                self._tell(raw, entered)

    def _tell(self, raw: RawMessage, entered: Entered) -> None:
        case = entered.case
        if case and case.urgent:
            # Danger to a child does not wait until the rest of the batch is taken in (G7).
            self.urgent()
        reference = case.reference if case else None
        log().info("taken in", action=entered.disposition.value, case=reference, reason=entered.reason or None)
        self.entered(raw, entered)

    async def _fail(self, raw: RawMessage, error: Exception, *, retry_at: datetime | None) -> None:
        place, kind = where(error), type(error).__name__
        log().error("not taken in", action="failed", message=raw.spool_id, error=kind, at=place)
        await self.desk.register.fail(raw, where=place, error=kind, now=now(), retry_at=retry_at)
        if retry_at is None:
            await self.alarms.needs_human(raw, place, kind, now())
            self.letters()

    async def dispatch(self, *, urgent: bool) -> None:
        """Sends what waits in the outbox; urgent letters have a loop of their own."""
        wake, hand = self.urgent if urgent else self.letters, self._ordered[urgent]
        hand.open = True
        try:
            await self._until_stopped(wake, lambda: self._dispatch(urgent=urgent), POLLS[urgent])
        finally:
            hand.open = False

    async def dispatch_once(self, *, urgent: bool) -> int:
        """What is in hand, or one claim; returns how many letters. One that can never arrive is told to a role."""
        return await self._dispatch(urgent=urgent, always=True)

    async def _dispatch(self, *, urgent: bool, always: bool = False) -> int:
        hand, lease = self._ordered[urgent], dispatch.LEASE[urgent]

        async def claim(most: int) -> Sequence[OutgoingLetter]:
            return await self.desk.register.claim_letters(self.name, most, now(), lease, urgent=urgent)

        for letter in hand.stale(lease.total_seconds() * STALE):
            hand.behind = True
            await self.desk.register.letter_deferred(letter, now(), "", now())
        claimed = await hand.fetch(claim, LETTERS, always=always)
        senders = self.urgent_senders if urgent else self.senders
        outcomes = await dispatch.carry(self.desk.register, senders, claimed, now=now(), urgent=urgent)
        for outcome in outcomes:
            await self._sent(outcome)
        return len(outcomes)

    async def _sent(self, outcome: Outcome) -> None:
        letter = outcome.letter
        log().info("letter", action=outcome.result, template=letter.template, role=letter.role, reason=outcome.reason)
        self._count(outcome)
        await self._tell_of_login(outcome)
        if outcome.result == "failed":
            await unreachable(self.desk, letter, now())
        # Who blocks the bot in the middle of a conversation hears no more of it; what they wrote is registered.
        if outcome.result == "failed" and letter.template != CONVERSATION:
            await self.alarms.undeliverable(letter, outcome.reason, now())
            self.letters()
        self.tried(outcome)

    async def _tell_of_login(self, outcome: Outcome) -> None:
        """A refused login of ours rings at once: no letter leaves by that way until a person has put it right."""
        way = outcome.letter.to.kind.value
        if outcome.unauthorised:
            self._locked_out.add(way)
            await self.alarms.ring(OUTGOING, way, "login_refused", outcome.reason, now())
        elif outcome.result == "sent" and way in self._locked_out:
            self._locked_out.discard(way)
            await self.alarms.well(OUTGOING, way, now())

    def _count(self, outcome: Outcome) -> None:
        letter = outcome.letter
        self.tally.letters[outcome.result] += 1
        if outcome.result == "sent" and letter.role == SENDER and letter.template in ACKNOWLEDGING and letter.case_id:
            self.tally.acknowledged.append(letter.case_id)

    async def clock(self, seconds: float) -> None:
        """Looks every so often at what is due."""
        while not self.stopping.is_set():
            await tick(self.desk, self.alarms, now())
            await self.watch.look(self.alarms, now())
            self.tally.ticked = now()
            # Whoever read while somebody was forgotten has finished by now.
            await self.desk.register.sweep(thrifty=True)
            self.letters()
            await self.tick.wait(seconds)

    async def _until_stopped(self, wake: Wake, once: Callable[[], Awaitable[int]], poll: float = POLL) -> None:
        while not self.stopping.is_set():
            try:
                found = await once()
            except Temporary as error:
                # The register is away: nothing is lost, the doors say so, and it is asked again soon.
                log().warning("away", action="away", at=where(error), why=error.private)
                found = 0
            if not found:
                await wake.wait(poll)

    async def drain(self) -> None:
        """Takes in and sends everything that can be done at once; for commands that end."""
        while await self.intake_once() + await self.dispatch_once(urgent=True) + await self.dispatch_once(urgent=False):
            pass

    def stop(self) -> None:
        """Asks every loop to finish what it holds."""
        self.stopping.set()
        for wake in (self.messages, self.letters, self.urgent, self.tick):
            wake()


def _spare(raw: RawMessage) -> None:
    """Raises Permanent for a message that seems to kill whoever reads it; a person looks at it, the others go on."""
    if raw.deaths >= MOST_DEATHS:
        raise Permanent(f"the program has died {raw.deaths} times while it held this message")


def retry_pause(attempts: int) -> timedelta:
    """How long a message waits after its n-th attempt met a temporary fault."""
    return min(FIRST_RETRY * (1 << min(max(0, attempts - 1), 20)), LONGEST_RETRY)
