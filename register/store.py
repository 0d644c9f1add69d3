"""The register as the wiring sees it: one class; what it does stands in the modules that it names.

Here is what writes, and what belongs to it; what only looks something up stands in `consulting`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from sqlalchemy.ext.asyncio import AsyncEngine

from register import (
    cases,
    clock,
    closing,
    correcting,
    dialogues,
    entering,
    outbox,
    spooling,
)
from register.attendance import Attendance
from register.company import ARRIVING, ASKING, CLAIMING, ENTERING, MANY, SENDING, Company
from register.consulting import Reading
from register.figures import Gauges
from register.hand import Hand
from register.invitations import Invitations
from register.line import News
from register.links import Links
from register.opening import engine_for, migrate
from register.records import (
    Case,
    Deadline,
    Dialogue,
    Entered,
    Entry,
    Happening,
    Letter,
    OutgoingLetter,
    RawMessage,
    Turn,
)
from register.staff import Staff
from register.unknown import UnknownSenders
from register.writing import Claims, Writer


class Register(Reading):
    """The book. Writing methods return once it is on disk and raise Temporary where that did not work just now."""

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__(engine)
        self._writer = Writer(engine)
        #: messages and letters that were claimed and are not yet dealt with
        self._messages, self._letters = Company(ENTERING), Company(SENDING)
        self._reader.leisure = lambda: self._leisure(ASKING)
        #: how the register does, for whoever watches it
        self.gauges = Gauges(self._reading)
        #: receipt codes, and the dialogue with people whom nobody knows
        self.unknown = UnknownSenders(self._reading, self._writer)
        #: staff in chats: codes, linked chats, who has taken a case
        self.staff = Staff(self._reading, self._reader, self._writer)
        #: codes that bring mail and chat together, and chats that unknown people left open
        self.invitations = Invitations(self._reading, self._writer)
        self.links = Links(self._reading, self._writer)

    @classmethod
    async def open(cls, url: str, *, create: bool = True) -> Self:
        """Opens a database and brings it up to date; `create=False`: only one that is there already.

        Raises BadSettings, NewerRegister or Temporary, each with a line that says what to do.
        """
        engine = engine_for(url, create=create)
        try:
            await migrate(engine)
        except BaseException:
            await engine.dispose()
            raise
        return cls(engine)

    async def close(self) -> None:
        """Writes what waits, then lets the database go."""
        await self._writer.close()
        await self._reader.close()
        await self._engine.dispose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def commits(self) -> int:
        """How many transactions of this object have changed something (on PostgreSQL: all that it has committed)."""
        return self._writer.commits

    def attendance(self, name: str, heard: Callable[[News], None], now: Callable[[], datetime]) -> Attendance:
        """The place of a process that works on this register and claims under `name`; see `Attendance`."""
        return Attendance(self._engine, self._writer, name, heard, now)

    def _leisure(self, patience: float) -> float:
        """So many seconds where there is enough to do meanwhile."""
        return patience if len(self._messages) + len(self._letters) >= MANY else 0.0

    # --- the spool ---------------------------------------------------------------------------------------------

    async def spool(self, raw: RawMessage) -> bool:
        """Writes a message to disk: True if it is new, False if it was there. Concurrent callers share a commit."""
        return await self._spool(spooling.Arrival(raw=raw)) is not None

    async def take(self, raw: RawMessage, worker: str, now: datetime, lease: timedelta) -> RawMessage | None:
        """As `spool`, and claimed by this worker in the same transaction: the message as claimed, None if not new."""
        arrival = spooling.Arrival(raw=raw, worker=worker, until=now + lease)
        number = await self._spool(arrival)
        if number is None:
            return None
        self._messages.join((number,))
        return arrival.claimed(number)

    async def _spool(self, arrival: spooling.Arrival) -> int | None:
        # Who has much in hand will not come to a new one at once, and can as well let more arrive.
        return await self._writer.write(spooling.SPOOL, arrival, patience=self._leisure(ARRIVING))

    async def claim_messages(self, worker: str, limit: int, now: datetime, lease: timedelta) -> tuple[RawMessage, ...]:
        """Up to `limit` waiting messages for this worker, oldest first; another may have them once the lease ends."""
        claimed = await self._writer.write(
            spooling.CLAIM, (worker, limit, now, lease), patience=self._leisure(CLAIMING)
        )
        self._messages.join(raw.spool_id for raw in claimed)
        return claimed

    async def fail(self, raw: RawMessage, *, where: str, error: str, now: datetime, retry_at: datetime | None) -> None:
        """A message could not be taken in: again later, or (None) set aside as `failed`; raises LeaseLost.

        `where` names the step and `error` the kind of error; neither holds personal data.
        """
        patience = self._messages.leave(raw.spool_id)
        await self._writer.write(spooling.FAIL, (raw, where, error, now, retry_at), patience=patience)

    async def replay(self, spool_ids: Sequence[int] | None, now: datetime) -> int:
        """Failed messages wait again, these or (None) all; returns how many."""
        return await self._writer.write(spooling.REPLAY, (spool_ids, now))

    async def sweep(self, *, thrifty: bool = False) -> bool:
        """Overwrites in the database's files what was forgotten; False where that has to wait: again later.

        It waits for whoever reads just now; where `thrifty` also so that it takes a hundredth of the time at most.
        """
        return await self._writer.sweep(thrifty=thrifty)

    # --- entering ----------------------------------------------------------------------------------------------

    async def enter(self, entry: Entry, now: datetime) -> Entered:
        """Adds everything that one message brings, in one transaction; raises LeaseLost where its claim is over."""
        if entry.raw.spool_id is None:
            raise ValueError("only a spooled message can be entered")
        patience = self._messages.leave(entry.raw.spool_id)
        urgent = entry.understanding.urgent.label is True
        return await self._writer.write(entering.ENTER, (entry, now), patience=0.0 if urgent else patience)

    # --- the outbox --------------------------------------------------------------------------------------------

    async def claim_letters(
        self, worker: str, limit: int, now: datetime, lease: timedelta, *, urgent: bool
    ) -> tuple[OutgoingLetter, ...]:
        """Up to `limit` letters of one lane that may leave now, the longest due first."""
        patience = 0.0 if urgent else self._leisure(CLAIMING)
        claimed = await self._writer.write(outbox.CLAIM_LETTERS, (worker, limit, now, lease, urgent), patience=patience)
        self._letters.join(one.letter.id for one in claimed)
        return claimed

    def dispatching(
        self,
        worker: str,
        leases: Mapping[bool, timedelta],
        hands: Mapping[bool, Hand[OutgoingLetter]],
        wake: Callable[[bool], None],
    ) -> None:
        """From now on letters that this process orders are claimed by this worker at once, as far as hands have room.

        By lane (urgent or not): how long the claim holds, the hand, and what is called when something was put there.
        """

        def room() -> Claims:
            return Claims(worker=worker, leases=leases, room={lane: hand.room() for lane, hand in hands.items()})

        def take(claims: Claims) -> None:
            self._letters.join(one.letter.id for one in claims.claimed)
            for lane, hand in hands.items():
                hand.behind = hand.behind or lane in claims.left
                mine = [one for one in claims.claimed if one.letter.urgent == lane]
                hand.give(mine)
                if mine or lane in claims.left:
                    wake(lane)

        self._writer.taker = (room, take)

    async def letter_sent(self, outgoing: OutgoingLetter, now: datetime, detail: str = "") -> None:
        """A letter has left; an acknowledgement acknowledges its case. Raises LeaseLost."""
        patience = self._letters.leave(outgoing.letter.id)
        await self._writer.write(outbox.LETTER_SENT, (outgoing, now, detail), patience=patience)

    async def letter_deferred(self, outgoing: OutgoingLetter, until: datetime, reason: str, now: datetime) -> None:
        """A letter could not leave now and waits until a moment. Raises LeaseLost."""
        patience = self._letters.leave(outgoing.letter.id)
        await self._writer.write(outbox.LETTER_DEFERRED, (outgoing, max(until, now), reason), patience=patience)

    async def letter_failed(self, outgoing: OutgoingLetter, reason: str, now: datetime) -> None:
        """A letter can never leave; its case says so. Raises LeaseLost."""
        patience = self._letters.leave(outgoing.letter.id)
        await self._writer.write(outbox.LETTER_FAILED, (outgoing, now, reason), patience=patience)

    async def post(
        self, letters: Sequence[Letter], happenings: Sequence[Happening], now: datetime, case_id: str | None = None
    ) -> None:
        """Letters and journal lines outside the entering of a message, in one transaction."""
        await self._writer.write(outbox.POST, (letters, happenings, now, case_id))

    async def note(self, happening: Happening, now: datetime, case_id: str | None = None) -> None:
        """One journal line."""
        await self._writer.write(outbox.POST, ((), (happening,), now, case_id))

    # --- conversations -----------------------------------------------------------------------------------------

    async def dialogue(self, organisation: str, chat: str) -> Dialogue | None:
        """What the bot of an organisation and a chat are talking about."""
        async with self._reading() as conn:
            return await dialogues.one(conn, organisation, chat)

    async def hold(self, raw: RawMessage, turn: Turn, now: datetime) -> None:
        """A message waits for the end of its conversation; raises LeaseLost or Overtaken."""
        patience = self._messages.leave(raw.spool_id)
        await self._writer.write(dialogues.HOLD, (raw, turn, now), patience=patience)

    async def say(self, turn: Turn, now: datetime) -> None:
        """A turn that no message makes; raises Overtaken."""
        await self._writer.write(dialogues.SAY, (turn, now))

    async def dialogues_to_remind(self, now: datetime) -> tuple[Dialogue, ...]:
        """Conversations whose question is to be repeated."""
        async with self._reading() as conn:
            return await dialogues.to_be_reminded(conn, now)

    async def latest_case_of(self, organisation: str, party: str) -> Case | None:
        """The case that a party wrote to last."""
        async with self._reading() as conn:
            found = await dialogues.latest_case_id(conn, organisation, party)
            return None if found is None else await cases.one(conn, found)

    async def raw_by_message_id(self, case_id: str, message_id: str) -> RawMessage | None:
        """A message of a case as it arrived, by its Message-ID."""
        async with self._reading() as conn:
            found = await dialogues.raw_of(conn, case_id, message_id)
            return None if found is None else await spooling.raw(conn, found)

    # --- the clock ---------------------------------------------------------------------------------------------

    async def due(self, now: datetime) -> tuple[tuple[Case, Deadline], ...]:
        """Deadlines of open cases that are reached and not yet dealt with."""
        async with self._reading() as conn:
            return await clock.due(conn, now)

    async def deadline_handled(
        self,
        case_id: str,
        deadline: Deadline,
        happenings: Sequence[Happening],
        letters: Sequence[Letter],
        now: datetime,
    ) -> bool:
        """The clock has dealt with a deadline; False, and nothing written, where another did so before."""
        return await self._writer.write(clock.DEADLINE_HANDLED, (case_id, deadline, happenings, letters, now))

    async def close_case(self, case_id: str, role: str, because: str, letters: Sequence[Letter], now: datetime) -> bool:
        """A role closes a case, and its dates end; False, and nothing written, where it is closed already."""
        return await self._writer.write(closing.CLOSE, (case_id, role, because, letters, now))

    async def correct(self, case_id: str, role: str, labels: correcting.Labels, now: datetime) -> bool:
        """A role corrects kind, category, unit or urgency; False, and nothing written, where they were so already."""
        return await self._writer.write(correcting.CORRECT, (case_id, role, labels, now))

    async def corrections(self) -> Mapping[str, correcting.Labels]:
        """What people have corrected, by the id of the case."""
        async with self._reading() as conn:
            return await correcting.corrections(conn)

    async def alarm(self, code: str, subject: str, now: datetime) -> bool:
        """Raises an alarm; True only when it did not stand already."""
        return await self._writer.write(clock.ALARM, (code, subject, now))

    async def all_clear(self, code: str, subject: str, now: datetime) -> bool:
        """Ends an alarm; True only when it stood."""
        return await self._writer.write(clock.ALL_CLEAR, (code, subject, now))

    async def cursor(self, name: str) -> str | None:
        """Where a channel stopped reading."""
        async with self._reading() as conn:
            return await clock.cursor(conn, name)

    async def set_cursor(self, name: str, value: str) -> None:
        """Keeps where a channel stopped reading."""
        await self._writer.write(clock.SET_CURSOR, (name, value))
