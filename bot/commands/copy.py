"""`lyhord register copy FROM TO`: a register moves to another database, e.g. from a file to PostgreSQL."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from pathlib import Path

from bot.output import say
from bot.settings import database_at
from register.copying import Copied, copy
from register.sole import only_service


def copy_register(source: str, target: str) -> None:
    """Copies, verified; refuses a target that holds something, and a file that a service works on."""
    source, target = (database_at(url, Path.cwd()) for url in (source, target))
    with ExitStack() as stack:
        for url in (source, target):
            stack.enter_context(only_service(url))
        _tell(asyncio.run(copy(source, target)))


def _tell(copied: Copied) -> None:
    books = copied.books
    rows = ", ".join(f"{count} {name}" for name, count in copied.rows.items() if count)
    say(f"copied and verified: {rows}")
    say(f"books: {books.arrived} arrived; the journal's chain is whole and the books add up")
    say("Now write the new address as database.url, and keep the old register until you have seen the new one at work.")
