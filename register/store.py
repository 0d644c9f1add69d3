"""The register as the wiring sees it: one class; what it does stands in the modules that it names."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from register import (
    audit,
    cases,
    clock,
    closing,
    correcting,
    dialogues,
    earlier,
    entering,
    journal,
    mailbook,
    matching,
    outbox,
    spooling,
    sweeping,
    whereabouts,
)
from register.attendance import Attendance
from register.company import ARRIVING, ENTERING, MANY, SENDING, Company
from register.faults import told_plainly
from register.figures import Gauges
from register.invitations import Invitations
from register.line import News
from register.links import Links
from register.opening import engine_for, migrate
from register.reading import Reader
from register.records import (
    Books,
    Case,
    Deadline,
    Decision,
    Dialogue,
    EarlierCase,
    Entered,
    Entry,
    Happening,
    JournalEntry,
    Letter,
    Match,
    OpenCase,
    OutgoingLetter,
    RawMessage,
    SetAside,
    ThreadKey,
    Turn,
    Verdict,
    Whereabouts,
)
from register.staff import Staff
from register.unknown import UnknownSenders
from register.writing import Writer


class Register:
    """The book. Writing methods return once it is on disk and raise Temporary where that did not work just now."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._apart = engine.execution_options(sqlite_begin="DEFERRED")
        self._reader = Reader(engine)
        self._writer = Writer(engine)
        #: messages and letters that were claimed and are not yet dealt with
        self._messages, self._letters = Company(ENTERING), Company(SENDING)
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

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        with told_plainly():
            async with self._apart.connect() as conn:
                yield conn

    # --- the spool ---------------------------------------------------------------------------------------------

    async def spool(self, raw: RawMessage) -> bool:
        """Writes a message to disk: True if it is new, False if it was there. Concurrent callers share a commit."""
        # Who has much in hand will not come to a new one at once, and can as well let more arrive.
        patience = ARRIVING if len(self._messages) + len(self._letters) >= MANY else 0.0
        return await self._writer.write(spooling.SPOOL, raw, patience=patience)

    async def claim_messages(self, worker: str, limit: int, now: datetime, lease: timedelta) -> tuple[RawMessage, ...]:
        """Up to `limit` waiting messages for this worker, oldest first; another may have them once the lease ends."""
        claimed = await self._writer.write(spooling.CLAIM, (worker, limit, now, lease))
        self._messages.join(raw.spool_id for raw in claimed)
        return claimed

    async def fail(self, raw: RawMessage, *, where: str, error: str, now: datetime, retry_at: datetime | None) -> None:
        """A message could not be taken in: again later, or (None) set aside as `failed`; raises LeaseLost.

        `where` names the step and `error` the kind of error; neither holds personal data.
        """
        patience = self._messages.leave(raw.spool_id)
        await self._writer.write(spooling.FAIL, (raw, where, error, now, retry_at), patience=patience)

    async def set_aside(self) -> tuple[SetAside, ...]:
        """Every message that was set aside, with its reason, oldest first."""
        async with self._reading() as conn:
            return await spooling.list_set_aside(conn)

    async def replay(self, spool_ids: Sequence[int] | None, now: datetime) -> int:
        """Failed messages wait again, these or (None) all; returns how many."""
        return await self._writer.write(spooling.REPLAY, (spool_ids, now))

    async def raw(self, spool_id: int) -> RawMessage | None:
        """A message as it arrived."""
        async with self._reading() as conn:
            return await spooling.raw(conn, spool_id)

    async def whereabouts(self, channel: str, external_id: str) -> Whereabouts | None:
        """What became of a message, by the id that its channel gave it."""
        async with self._reading() as conn:
            return await whereabouts.find(conn, channel, external_id)

    async def sweep(self) -> bool:
        """Overwrites in the database's files what was forgotten; False where somebody reads just now: again later."""
        return await self._writer.sweep(patience=sweeping.LONGER)

    # --- entering ----------------------------------------------------------------------------------------------

    async def find(
        self, keys: Sequence[ThreadKey], *, organisation: str, sender: str | None, duplicate_key: str
    ) -> Match:
        """Which case a message joins and which it may belong to; the order of the keys is the order of their strength.

        An equal duplicate key is a `repeat`, whose case is None where the first one was set aside. Keys signed by us
        join whoever sends; a foreign Message-ID and a bare number only join a sender who belongs to the case.
        """
        sought = matching.Sought(
            keys=tuple(keys), organisation=organisation, sender=sender, duplicate_key=duplicate_key
        )
        return await self._reader.ask(matching.FIND, sought)

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
        claimed = await self._writer.write(outbox.CLAIM_LETTERS, (worker, limit, now, lease, urgent))
        self._letters.join(one.letter.id for one in claimed)
        return claimed

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

    async def answers_sent(self, address: str, since: Sequence[datetime]) -> tuple[int, ...]:
        """How many letters to a sender went, or wait, to an address since each moment."""
        return await self._reader.ask(mailbook.ANSWERS_SENT, (address, tuple(since)))

    async def alike(self, organisation: str, likeness: str, since: datetime) -> int:
        """How many messages of this likeness were taken in since a moment and could be answered."""
        return await self._reader.ask(mailbook.ALIKE, (organisation, likeness, since)) if likeness else 0

    async def letters(self, case_id: str | None = None) -> tuple[Mapping[str, Any], ...]:
        """The letters of a case, or of all, in the order in which they were ordered."""
        async with self._reading() as conn:
            return await mailbook.listed(conn, case_id)

    async def letter(self, letter_id: str) -> Mapping[str, Any] | None:
        """A letter with everything that is known of it, its bytes included."""
        async with self._reading() as conn:
            return await mailbook.one(conn, letter_id)

    # --- reading -----------------------------------------------------------------------------------------------

    async def cases(
        self, *, organisation: str | None = None, status: str | None = None, limit: int | None = None
    ) -> tuple[Case, ...]:
        """Cases in the order of their opening; with a limit the newest ones."""
        async with self._reading() as conn:
            return await cases.listed(conn, organisation=organisation, status=status, limit=limit)

    async def case(self, reference_or_id: str) -> Case | None:
        """A case by its number or id; raises Permanent where several schools have that number."""
        async with self._reading() as conn:
            return await cases.one(conn, reference_or_id)

    async def open_cases_of_unit(self, organisation: str, unit: str, *, most: int) -> tuple[OpenCase, ...]:
        """The newest open cases of a unit, in the order of their opening."""
        return await self._reader.ask(cases.OPEN, (organisation, unit, most))

    async def unacknowledged(self, before: datetime) -> tuple[Case, ...]:
        """Cases opened before a moment that owe an acknowledgement and have none ordered for later."""
        async with self._reading() as conn:
            return await cases.unacknowledged(conn, before)

    async def messages(self, case_id: str) -> tuple[Mapping[str, Any], ...]:
        """The messages of a case, oldest first."""
        async with self._reading() as conn:
            return await cases.messages_of(conn, case_id)

    async def verdicts(self, case_id: str) -> Mapping[str, Verdict]:
        """What the classifiers said of the message that opened a case, by question."""
        async with self._reading() as conn:
            return await cases.verdicts(conn, case_id)

    async def decision(self, case_id: str) -> Decision | None:
        """What was decided when a case was opened."""
        async with self._reading() as conn:
            return await cases.decision(conn, case_id)

    async def meaning(self, case_id: str) -> bytes:
        """What the first message of a case meant; empty where that is not kept."""
        async with self._reading() as conn:
            return await earlier.meaning(conn, case_id)

    async def closed_meanings(self, organisation: str, category: str) -> tuple[tuple[str, bytes], ...]:
        """The ids of a school's closed cases of a category, the newest first, each with what it meant."""
        async with self._reading() as conn:
            return await earlier.closed_meanings(conn, organisation, category)

    async def ended(self, ids: Sequence[str]) -> tuple[EarlierCase, ...]:
        """The closed ones of some cases, with when and how they ended, in their order."""
        async with self._reading() as conn:
            return await earlier.ended(conn, ids)

    async def journal(self, case_id: str | None = None) -> tuple[JournalEntry, ...]:
        """The lines of a case, or of the whole book."""
        async with self._reading() as conn:
            return await journal.entries(conn, case_id)

    async def books(self) -> Books:
        """The closed books (G4)."""
        async with self._reading() as conn:
            return await audit.books(conn)

    async def verify(self) -> tuple[str, ...]:
        """All that is wrong with the register, a sentence each; empty for a sound one."""
        async with self._reading() as conn:
            return await audit.problems(conn)

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
