"""Earlier cases like a new one, so that like cases are treated alike (B6): only closed ones, of the same school."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from classifiers import category_title
from register.records import Case, EarlierCase, Label
from register.store import Register

#: how much alike two cases of one category must be to be shown, from -1 to 1. Chosen on the corpus: of 499 complaints
#: nearly two in five find one above it
ALIKE = 0.57
#: how many are found, so that enough are left of them for a role that may not see all
_FOUND = 12
#: how many are shown
SHOWN = 3


async def earlier_cases(
    register: Register, organisation: str, meaning: bytes, category: Label, *, but: str = ""
) -> tuple[EarlierCase, ...]:
    """The closed cases of a school that are most like a message of this category, the nearest first.

    None where category or meaning are not known. `but` is the id of the case itself.
    """
    if not meaning or not isinstance(category, str):
        return ()
    kept = [one for one in await register.closed_meanings(organisation, category) if one[0] != but]
    if not kept:
        return ()
    # numpy has no place among what is imported with the commands.
    from classifiers.alike import nearest

    found = await asyncio.to_thread(nearest, meaning, kept, above=ALIKE, most=_FOUND)
    return await register.ended(found) if found else ()


async def earlier_of(register: Register, case: Case) -> tuple[EarlierCase, ...]:
    """The closed cases that are most like a case of the register."""
    meaning = await register.meaning(case.id)
    return await earlier_cases(register, case.organisation, meaning, case.category, but=case.id)


def seen_by(role: str, earlier: Iterable[EarlierCase], case: Case) -> tuple[EarlierCase, ...]:
    """Those that a role may see: never one that is about its holder, nor the case itself (G2)."""
    return tuple(one for one in earlier if role not in one.case.excluded and one.case.id != case.id)[:SHOWN]


def lines(earlier: Iterable[EarlierCase], language: str, zone: ZoneInfo) -> Iterator[str]:
    """Number, category, day and how it ended, a line each."""
    for one in earlier:
        title = category_title(one.case.category, language) if one.case.category else ""
        day = one.closed_at.astimezone(zone).date().isoformat()
        yield f"{', '.join(filter(None, (one.case.reference, title, day)))}: {one.how}"
