from __future__ import annotations

import re
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event

from register.records import ThreadKey
from register.store import Register
from tests.unit.register.making import (
    ANSWER,
    ASIDE,
    LEASE,
    NOW,
    claimed,
    engines,
    entered,
    letter,
    mail,
    opened,
    outgoing,
)

#: what may be read whole: indexes that hold only what is just now so, the head of the chain, and values of a statement
_ALLOWED = re.compile("SCAN (chain|CONSTANT ROW|.* USING INDEX ix_(spool_waiting|cases_owed|deadlines_running))")


async def a_day(register: Register) -> None:
    """Everything that a running service asks of the register, once."""
    case = await opened(register, "1")
    await entered(register, "2", case=case, joined_by="token")
    await entered(register, "3", decision=ASIDE)
    (raw,) = await claimed(register, "4")
    await register.fail(raw, where="mime", error="OSError", now=NOW, retry_at=NOW)
    await register.spool(mail("1"))
    keys = [ThreadKey(kind=kind, value=case.id) for kind in ("token", "letter", "message_id", "reference", "returned")]
    await register.find(keys, organisation="skola", sender="a@b.example", duplicate_key="another")
    await register.answers_sent("a@b.example", [NOW, NOW - timedelta(hours=1)])
    await register.open_cases_of_unit("skola", "north", most=10)
    await register.closed_meanings("skola", "meals")
    await register.ended([case.id])
    await register.meaning(case.id)
    first, second, *_ = await outgoing(register)
    await register.letter_sent(first, NOW)
    await register.letter_deferred(second, NOW, "451", NOW)
    await register.letter_failed((await outgoing(register))[0], "550", NOW)
    await register.claim_letters("d", 5, NOW, LEASE, urgent=True)
    await register.post([letter()], [], NOW, case.id)
    await register.unacknowledged(NOW)
    await register.due(ANSWER.due_at)
    await register.deadline_handled(case.id, ANSWER, [], [], NOW)
    await register.whereabouts("lmtp", "1")
    await register.case(case.reference)
    await register.messages(case.id)
    await register.letters(case.id)
    await register.journal(case.id)
    await register.verdicts(case.id)
    await register.decision(case.id)


async def test_nothing_that_a_service_asks_reads_a_whole_table(sqlite_url: str) -> None:
    """What is asked for every message takes as long with 100,000 cases as with none."""
    statements: dict[str, Any] = {}

    def remember(_conn: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        statements[statement] = values[0] if many else values

    async with await Register.open(sqlite_url) as register:
        for engine in engines(register):
            event.listen(engine, "before_cursor_execute", remember)
        await a_day(register)
    connection = sqlite3.connect(Path(sqlite_url.removeprefix("sqlite+aiosqlite:///")))
    scans: dict[str, str] = {}
    for statement, values in statements.items():
        if not statement.startswith("BEGIN"):
            for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values):
                scans |= {step: statement} if step.startswith("SCAN") and not _ALLOWED.fullmatch(step) else {}
    connection.close()
    assert len(statements) > 40
    assert scans == {}
