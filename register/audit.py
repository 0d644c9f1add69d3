"""Do the books add up? The four columns (G4), and everything that can be wrong with a register, said in words."""

from __future__ import annotations

from collections.abc import AsyncIterator

from sqlalchemy import ColumnElement, exists, func, select

from register import journal, spooling
from register.records import Books, Disposition
from register.tables import ARRIVED, cases, counters, letters, messages, spool
from register.tables import journal as lines
from register.transactions import Connection


async def books(conn: Connection) -> Books:
    """The columns, each counted on its own: arrivals by their counter, the rest by what stands in the tables."""
    arrived = await conn.execute(
        select(counters.c.last).where(counters.c.series == ARRIVED["series"], counters.c.year == ARRIVED["year"])
    )
    by_fate = select(messages.c.disposition, func.count()).group_by(messages.c.disposition)
    counted = {row[0]: row[1] for row in await conn.execute(by_fate)}
    failed = select(func.count()).select_from(spool).where(spool.c.outcome == spooling.FAILED)
    return Books(
        arrived=arrived.scalar_one_or_none() or 0,
        registered=counted.get(Disposition.REGISTERED.value, 0),
        joined=counted.get(Disposition.JOINED.value, 0),
        set_aside=counted.get(Disposition.SET_ASIDE.value, 0) + (await conn.execute(failed)).scalar_one(),
        waiting=await spooling.waiting(conn),
    )


async def problems(conn: Connection) -> tuple[str, ...]:
    """All that is wrong, a sentence each; empty for a sound register."""
    found = [problem async for problem in journal.problems(conn)]
    found += [problem async for problem in _numbers(conn)]
    found += [problem async for problem in _loose_ends(conn)]
    found += [problem async for problem in _letters(conn)]
    sums = await books(conn)
    if not sums.balanced:
        found.append(
            f"books: {sums.arrived} arrived, but {sums.registered} registered + {sums.joined} joined + "
            f"{sums.set_aside} set aside + {sums.waiting} waiting do not make that"
        )
    return tuple(found)


async def _numbers(conn: Connection) -> AsyncIterator[str]:
    """Gaps in the numbers, by series and year, and counters that do not fit."""
    given = select(cases.c.series, cases.c.year, func.count(), func.max(cases.c.number)).group_by(
        cases.c.series, cases.c.year
    )
    highest = {(row[0], row[1]): (row[2], row[3]) for row in await conn.execute(given)}
    last = {
        (row.series, row.year): row.last
        for row in await conn.execute(select(counters))
        if row.series != ARRIVED["series"]
    }
    for series, year in sorted(highest.keys() | last.keys()):
        count, top = highest.get((series, year), (0, 0))
        counter = last.get((series, year), 0)
        if count != max(top, counter):
            async for gap in _gaps(conn, series, year, max(top, counter)):
                yield gap
        if top > counter:
            yield f"numbers: {series} {year} goes up to {top}, but its counter stands at {counter}"


async def _gaps(conn: Connection, series: str, year: int, top: int) -> AsyncIterator[str]:
    query = select(cases.c.number).where(cases.c.series == series, cases.c.year == year)
    there = set((await conn.execute(query)).scalars())
    missing = [number for number in range(1, top + 1) if number not in there]
    if missing:
        more = ", ..." if len(missing) > 10 else ""
        yield f"numbers: {series} {year} lacks {', '.join(map(str, missing[:10]))}{more}"


async def _letters(conn: Connection) -> AsyncIterator[str]:
    """Letters that the journal knows and the outbox does not, or the other way round."""
    ordered = select(func.count()).select_from(lines).where(lines.c.what == "letter_ordered")
    known = (await conn.execute(ordered)).scalar_one()
    there = (await conn.execute(select(func.count()).select_from(letters))).scalar_one()
    if known != there:
        yield f"letters: the journal knows {known}, the outbox holds {there}"


async def _loose_ends(conn: Connection) -> AsyncIterator[str]:
    """Rows whose other half is missing."""
    in_case = messages.c.disposition.in_([Disposition.REGISTERED.value, Disposition.JOINED.value])
    counted = (
        select(func.count()).select_from(messages).where(messages.c.case_id == cases.c.id, in_case).scalar_subquery()
    )
    has_case = exists().where(cases.c.id == letters.c.case_id)
    opened = exists().where(lines.c.case_id == cases.c.id, lines.c.what == "registered")
    entered = exists().where(messages.c.spool_id == spool.c.id)
    done = spool.c.ended_at.is_not(None) & (spool.c.outcome != spooling.FAILED)
    checks: tuple[tuple[str, ColumnElement[str] | ColumnElement[int], ColumnElement[bool]], ...] = (
        ("letters: {} belongs to a case that is not there", letters.c.id, letters.c.case_id.is_not(None) & ~has_case),
        ("cases: {} has no line `registered` in the journal", cases.c.reference, ~opened),
        ("cases: {} does not count its messages right", cases.c.reference, cases.c.messages != counted),
        ("messages: {} is in a case that is not there", messages.c.spool_id, in_case & ~_case_of_message()),
        ("spool: {} is marked as done, but was never entered", spool.c.id, done & ~entered),
    )
    for sentence, column, wrong in checks:
        for one in (await conn.execute(select(column).where(wrong).order_by(column).limit(20))).scalars():
            yield sentence.format(one)


def _case_of_message() -> ColumnElement[bool]:
    return exists().where(cases.c.id == messages.c.case_id)
