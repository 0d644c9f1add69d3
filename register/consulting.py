"""What the register is asked: its half that changes nothing. The lookups of every message are made together."""

from __future__ import annotations

from asyncio import Future
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from register import audit, cases, earlier, journal, mailbook, matching, spooling, whereabouts
from register.faults import told_plainly
from register.reading import Reader, known
from register.records import (
    Books,
    Case,
    Decision,
    EarlierCase,
    JournalEntry,
    Match,
    OpenCase,
    RawMessage,
    SetAside,
    ThreadKey,
    Verdict,
    Whereabouts,
)


class Reading:
    """The book as who reads in it sees it. Every method raises Temporary where it cannot be reached just now."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._apart = engine.execution_options(sqlite_begin="DEFERRED")
        self._reader = Reader(engine)

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        with told_plainly():
            async with self._apart.connect() as conn:
                yield conn

    def find(
        self, keys: Sequence[ThreadKey], *, organisation: str, sender: str | None, duplicate_key: str
    ) -> Future[Match]:
        """Which case a message joins and which it may belong to; the order of the keys is the order of their strength.

        An equal duplicate key is a `repeat`, whose case is None where the first one was set aside. Keys signed by us
        join whoever sends; a foreign Message-ID and a bare number only join a sender who belongs to the case.
        """
        sought = matching.Sought(
            keys=tuple(keys), organisation=organisation, sender=sender, duplicate_key=duplicate_key
        )
        return self._reader.ask(matching.FIND, sought)

    def answers_sent(self, address: str, since: Sequence[datetime]) -> Future[tuple[int, ...]]:
        """How many letters to a sender went, or wait, to an address since each moment."""
        return self._reader.ask(mailbook.ANSWERS_SENT, (address, tuple(since)))

    def alike(self, organisation: str, likeness: str, since: datetime) -> Future[int]:
        """How many messages of this likeness were taken in since a moment and could be answered."""
        return self._reader.ask(mailbook.ALIKE, (organisation, likeness, since)) if likeness else known(0)

    def open_cases_of_unit(self, organisation: str, unit: str, *, most: int) -> Future[tuple[OpenCase, ...]]:
        """The newest open cases of a unit, in the order of their opening."""
        return self._reader.ask(cases.OPEN, (organisation, unit, most))

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

    async def letters(self, case_id: str | None = None) -> tuple[Mapping[str, Any], ...]:
        """The letters of a case, or of all, in the order in which they were ordered."""
        async with self._reading() as conn:
            return await mailbook.listed(conn, case_id)

    async def letter(self, letter_id: str) -> Mapping[str, Any] | None:
        """A letter with everything that is known of it, its bytes included."""
        async with self._reading() as conn:
            return await mailbook.one(conn, letter_id)

    async def set_aside(self) -> tuple[SetAside, ...]:
        """Every message that was set aside, with its reason, oldest first."""
        async with self._reading() as conn:
            return await spooling.list_set_aside(conn)

    async def raw(self, spool_id: int) -> RawMessage | None:
        """A message as it arrived."""
        async with self._reading() as conn:
            return await spooling.raw(conn, spool_id)

    async def whereabouts(self, channel: str, external_id: str) -> Whereabouts | None:
        """What became of a message, by the id that its channel gave it."""
        async with self._reading() as conn:
            return await whereabouts.find(conn, channel, external_id)

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
