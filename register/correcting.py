"""What a person corrects of a case's facts; the journal keeps each correction, for the school's own next training."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from register.records import Happening
from register.tables import cases, journal
from register.transactions import Connection
from register.writing import Order, Pen, Work, one_by_one

CORRECTED = "corrected"
#: the facts that a person may correct
FACTS = ("kind", "category", "unit", "urgent")

Labels = Mapping[str, str | bool | None]


async def _correct(pen: Pen, wish: tuple[str, str, Labels, datetime]) -> bool:
    case_id, role, labels, now = wish
    row = select(*(cases.c[name] for name in FACTS)).where(cases.c.id == case_id).with_for_update()
    before = (await pen.conn.execute(row)).mappings().one_or_none()
    changed = {name: labels[name] for name in FACTS if before and name in labels and labels[name] != before[name]}
    if before is None or not changed:
        return False
    await pen.conn.execute(update(cases).where(cases.c.id == case_id).values(changed))
    facts = {"labels": dict(labels), "before": {name: before[name] for name in changed}}
    pen.note(Happening(what=CORRECTED, who=role, facts=facts), now, case_id)
    return True


CORRECT = Work(one_by_one(_correct), Order.JOURNALLED)


async def corrections(conn: Connection) -> dict[str, Labels]:
    """What people have said of each corrected case, by its id, in the order of the first correction."""
    query = select(journal.c.case_id, journal.c.facts).where(journal.c.what == CORRECTED)
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for row in await conn.execute(query.order_by(journal.c.position)):
        found[row.case_id] |= json.loads(row.facts)["labels"]
    return dict(found)
