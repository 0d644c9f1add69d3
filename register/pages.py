"""The open pages of the book within one transaction: what was read under lock, and the rows to be added."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect, Insert, Table, bindparam, select, tuple_, update

from register import cases as reading
from register import filing, matching, outbox, prepared, spooling, unknown
from register.errors import Permanent
from register.records import Case, Decision, Disposition, Entered, Entry, Happening, Letter, Secrecy
from register.tables import assignments, cases, counters, deadlines, insert, meanings, messages, parties, steps
from register.writing import Pen

_CHANGE = (
    update(cases)
    .where(cases.c.id == bindparam("of_case"))
    .values({name: bindparam(name) for name in filing.CHANGEABLE})
)
_SUPERSEDE = (
    update(deadlines)
    .where(deadlines.c.case_id == bindparam("of_case"), deadlines.c.ended_at.is_(None))
    .values(ended_at=bindparam("at"), ended_because="superseded")
)
_PASS_ON = (
    update(deadlines)
    .where(
        deadlines.c.case_id == bindparam("of_case"),
        deadlines.c.ended_at.is_(None),
        deadlines.c.role == bindparam("before"),
    )
    .values(role=bindparam("after"))
)


@lru_cache(maxsize=16)
def _raising(dialect: Dialect) -> Insert:
    statement = insert(dialect, counters)
    return statement.on_conflict_do_update(index_elements=["series", "year"], set_={"last": statement.excluded.last})


@lru_cache(maxsize=16)
def _belonging(dialect: Dialect) -> Insert:
    return insert(dialect, parties).on_conflict_do_nothing()


def series_of(entry: Entry, now: datetime) -> tuple[str, date]:
    """The counter of an entry's number and the day of its registration."""
    decision = entry.decision
    on = date.fromisoformat(decision.registered_on) if decision.registered_on else now.date()
    return decision.number_series or decision.organisation, on


async def open_pages(pen: Pen, wishes: Sequence[tuple[Entry, datetime]]) -> Pages:
    """Reads, under lock, what entering these messages needs to know."""
    pages = Pages(pen)
    by_organisation: dict[str, list[str]] = defaultdict(list)
    for entry, _ in wishes:
        if entry.duplicate_key:
            by_organisation[entry.decision.organisation].append(entry.duplicate_key)
    for organisation, keys in by_organisation.items():
        found = await matching.first_of(pen.conn, organisation, keys)
        pages.firsts |= {(organisation, key): case_id or "" for key, case_id in found.items()}
    ids = {entry.case.id for entry, _ in wishes if entry.case} | (set(pages.firsts.values()) - {""})
    pages.cases = await reading.by_ids(pen.conn, ids, lock=True) if ids else {}
    await pages.open_counters({(series, on.year) for series, on in (series_of(entry, now) for entry, now in wishes)})
    return pages


class Pages:
    """What one transaction of entering knows and adds; `write` puts it down, a statement a table."""

    def __init__(self, pen: Pen) -> None:
        self._pen = pen
        #: case id of the first message with a duplicate key of an organisation; empty where it was set aside
        self.firsts: dict[tuple[str, str], str] = {}
        self.cases: dict[str, Case] = {}
        self._counters: dict[tuple[str, int], int] = {}
        self._counted: set[tuple[str, int]] = set()
        self._changed: dict[str, Case] = {}
        self._superseded: list[dict[str, Any]] = []
        self._passed: list[dict[str, Any]] = []
        self._rows: dict[Table, list[dict[str, Any]]] = defaultdict(list)
        self._letters: list[Mapping[str, Any]] = []
        self._parties: set[tuple[str, str]] = set()
        self._ended: list[tuple[int, datetime, Disposition]] = []
        self._cleansed: list[tuple[int, bytes]] = []
        self._secrecies: list[tuple[str | None, Secrecy, Sequence[Letter], datetime]] = []

    async def open_counters(self, names: set[tuple[str, int]]) -> None:
        """Reads and locks the last numbers of series and years."""
        key = tuple_(counters.c.series, counters.c.year)
        query = select(counters).where(key.in_(sorted(names))).with_for_update()
        rows = await self._pen.conn.execute(query) if names else ()
        self._counters = {(row.series, row.year): row.last for row in rows}

    def first_like(self, entry: Entry) -> str | None:
        """The case of an equal message, empty where that was set aside; None where there is none."""
        return self.firsts.get((entry.decision.organisation, entry.duplicate_key)) if entry.duplicate_key else None

    def case(self, case_id: str) -> Case:
        """A case as it stands now, this transaction's changes included."""
        if case_id not in self.cases:
            raise Permanent("The case that this message should join is not in the register.")
        return self.cases[case_id]

    def next_number(self, series: str, year: int) -> int:
        """The number after the last one; it is only used up when the transaction is committed."""
        number = self._counters.get((series, year), 0) + 1
        self._counters[series, year] = number
        self._counted.add((series, year))
        return number

    def note(self, happening: Happening, now: datetime, case: Case | None) -> None:
        """A journal line."""
        self._pen.note(happening, now, case.id if case else None)

    def add_case(self, case: Case, *, series: str, year: int, number: int) -> None:
        """A new case."""
        self.cases[case.id] = case
        self._rows[cases].append(filing.case_row(case, series=series, year=year, number=number))
        self._parties |= {(case.id, party) for party in case.parties}

    def add_meaning(self, case: Case, meaning: bytes) -> None:
        """What the message that opens a case means; of somebody who stays unknown it is not kept."""
        if meaning and not case.anonymous:
            self._rows[meanings].append({"case_id": case.id, "vector": meaning})

    def change_case(self, case: Case) -> None:
        """What a joined message changes on a case."""
        self._parties |= {(case.id, party) for party in set(case.parties) - set(self.cases[case.id].parties)}
        self.cases[case.id] = self._changed[case.id] = case

    def add_message(
        self, entry: Entry, now: datetime, case: Case | None, disposition: Disposition, reason: str = ""
    ) -> None:
        """The message itself."""
        fate = {"disposition": disposition.value, "reason": reason, "joined_by": entry.joined_by}
        self._rows[messages].append(filing.message_row(entry, now, case=case, **fate))

    def add_duties(self, decision: Decision, case: Case) -> None:
        """Deadlines, assignments and steps of the stage that begins."""
        here = {"case_id": case.id, "stage": case.stage}
        self._rows[deadlines] += [here | vars(one) for one in decision.deadlines]
        self._rows[assignments] += [here | vars(one) for one in decision.assignments]
        for step in decision.steps:
            row = {name: value for name, value in vars(step).items() if name != "id"}
            self._rows[steps].append(here | row | {"step": step.id})

    def end_deadlines(self, case: Case, now: datetime) -> None:
        """The deadlines of the stage before are replaced."""
        self._superseded.append({"of_case": case.id, "at": now})

    def pass_deadlines(self, case: Case, before: str) -> None:
        """What the owner before had to keep is the new owner's now."""
        self._passed.append({"of_case": case.id, "before": before, "after": case.owner})
        mine = (replace(one, role=case.owner) if one.role == before else one for one in case.deadlines)
        self.cases[case.id] = self._changed[case.id] = replace(case, deadlines=tuple(mine))

    def add_letter(self, letter: Letter, now: datetime, case: Case | None) -> None:
        """A letter for the outbox."""
        row = filing.letter_row(letter, now, anonymous=case is not None and case.anonymous)
        self._letters.append(row | {"case_id": letter.case_id or (case.id if case else None)})

    def add_secrecy(self, secrecy: Secrecy, case: Case | None, letters: Sequence[Letter], now: datetime) -> None:
        """What the message brings to the dialogue with somebody unknown."""
        if secrecy != Secrecy():
            self._secrecies.append((case.id if case else None, secrecy, letters, now))

    def end(self, entry: Entry, now: datetime, entered: Entered) -> None:
        """The spool's row is done, and the next equal message is a repeat."""
        assert entry.raw.spool_id is not None  # noqa: S101 - `held` let only spooled messages through
        self._ended.append((entry.raw.spool_id, now, entered.disposition))
        if entry.cleansed is not None:
            self._cleansed.append((entry.raw.spool_id, entry.cleansed))
        if entry.duplicate_key:
            key = (entry.decision.organisation, entry.duplicate_key)
            self.firsts[key] = self.firsts.get(key) or (entered.case.id if entered.case else "")

    async def write(self) -> None:
        """Puts everything down, in the order that the foreign keys ask for."""
        conn = self._pen.conn
        await self._write_counters()
        if new := self._rows[cases]:
            await prepared.put(conn, cases, new)
        # A case may change in the transaction that opens it: by an equal message that came with it.
        if changed := [filing.changed_row(case) for case in self._changed.values()]:
            await prepared.change(conn, _CHANGE, changed)
        if self._superseded:
            await conn.execute(_SUPERSEDE, self._superseded)
        if self._passed:
            await conn.execute(_PASS_ON, self._passed)
        for table in (meanings, messages, deadlines, assignments, steps):
            if rows := self._rows[table]:
                await prepared.put(conn, table, rows)
        await self._write_parties()
        await outbox.put(self._pen, self._letters)
        for case_id, secrecy, letters, now in self._secrecies:
            await unknown.add(self._pen, case_id, secrecy, letters, now)
        if self._ended:
            await spooling.end(conn, self._ended)
        if self._cleansed:
            await spooling.cleanse(self._pen, self._cleansed)

    async def _write_counters(self) -> None:
        rows = [
            {"series": series, "year": year, "last": self._counters[series, year]}
            for series, year in sorted(self._counted)
        ]
        if rows:
            await prepared.change(self._pen.conn, _raising(self._pen.conn.dialect), rows)

    async def _write_parties(self) -> None:
        if self._parties:
            rows = [{"case_id": case_id, "address": address} for case_id, address in sorted(self._parties)]
            await prepared.change(self._pen.conn, _belonging(self._pen.conn.dialect), rows)
