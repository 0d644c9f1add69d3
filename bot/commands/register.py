"""`lyhord register …`: the book, for people and for scripts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import typer
from rich.table import Table
from rich.text import Text

from bot import shapes
from bot.output import console, emit, say, show, table
from bot.settings import load
from bot.wiring import open_register
from register.errors import Permanent
from register.records import Case
from register.store import Register

T = TypeVar("T")


def list_cases(config: Path | None, *, json: bool, aside: bool, organisation: str | None) -> None:
    """Every case, one a line; or every message that is in no case."""
    if aside:
        _list_set_aside(config, json=json)
        return
    cases = _with_register(config, lambda register: register.cases(organisation=organisation))
    if json:
        for case in cases:
            emit(shapes.case(case))
        return
    console.print(cases_table(cases))


def cases_table(cases: Sequence[Case]) -> Table:
    """The register as a table for people."""
    columns = ("case", "about", "who has it", "dates")
    return table(f"{len(cases)} cases", columns, (_row(case) for case in cases), lines=True)


def show_case(reference: str, config: Path | None, *, json: bool) -> None:
    """One case whole."""
    whole = _with_register(config, lambda register: _whole_of(register, reference))
    if json:
        emit(whole)
        return
    _print_case(whole)


def export_cases(config: Path | None) -> None:
    """Every case whole, one JSON object a line."""

    async def each(register: Register) -> None:
        for case in await register.cases():
            emit(await whole_case(register, case))

    _with_register(config, each)


def verify_register(config: Path | None, *, json: bool) -> None:
    """The hash chain, the numbers and the books; exit status 1 where something does not add up."""

    async def look(register: Register) -> tuple[dict[str, Any], tuple[str, ...]]:
        books = await register.books()
        return {**vars(books), "balanced": books.balanced}, await register.verify()

    books, problems = _with_register(config, look)
    if json:
        emit({**books, "problems": problems, "sound": not problems})
    else:
        show("The books", tuple(books), [tuple(str(value) for value in books.values())])
        for problem in problems:
            say(problem, style="red")
        say("sound: the journal's chain is whole and the books add up" if not problems else "not sound")
    if problems or not books["balanced"]:
        raise typer.Exit(1)


async def whole_case(register: Register, case: Case) -> dict[str, Any]:
    """A case with its journal, letters, messages, verdicts and decision."""
    return {
        **shapes.case(case),
        "journal": [shapes.journal_entry(entry) for entry in await register.journal(case.id)],
        "letters": [dict(letter) for letter in await register.letters(case.id)],
        "messages": [dict(message) for message in await register.messages(case.id)],
        "verdicts": {name: asdict(verdict) for name, verdict in (await register.verdicts(case.id)).items()},
        "decision": (decision := await register.decision(case.id)) and asdict(decision),
    }


def _with_register(config: Path | None, work: Callable[[Register], Awaitable[T]]) -> T:
    async def inside() -> T:
        async with open_register(load(config)) as register:
            return await work(register)

    return asyncio.run(inside())


async def _whole_of(register: Register, reference: str) -> dict[str, Any]:
    case = await register.case(reference)
    if case is None:
        raise Permanent(f"the register has no case {reference}; `lyhord register list` shows the numbers")
    return await whole_case(register, case)


def _list_set_aside(config: Path | None, *, json: bool) -> None:
    aside = _with_register(config, lambda register: register.set_aside())
    if json:
        for one in aside:
            emit(shapes.set_aside(one))
        return
    rows = (
        (one.spool_id, one.channel, one.received_at.isoformat(" ", "minutes"), one.reason, one.detail) for one in aside
    )
    show(f"{len(aside)} set aside", ("id", "channel", "received", "reason", "detail"), rows)


def _row(case: Case) -> tuple[Text, ...]:
    number = Text(f"{case.reference}\n{case.organisation}\n{_minute(case.opened_at)}")
    about = Text("URGENT\n" if case.urgent else "", style="bold red")
    about.append("\n".join(filter(None, (_kind(case), case.unit, f"in {case.language} by {case.channel}"))), style="")
    holders = Text(f"{case.owner}\nstage {case.stage}")
    others = [role for role in case.recipients if role != case.owner]
    holders.append(f"\nalso {', '.join(others)}" if others else "", style="dim")
    return number, about, holders, Text("\n".join(_dates(case)))


def _kind(case: Case) -> str:
    anonymous = "anonymous " if case.anonymous else ""
    return f"{anonymous}{case.kind or 'unsure'}" + (f": {case.category}" if case.category else "")


def _dates(case: Case) -> Iterator[str]:
    if case.status == "closed":
        yield "CLOSED"
    if case.acknowledged_at:
        yield f"acknowledged {_minute(case.acknowledged_at)}"
    else:
        yield f"not acknowledged: {case.not_acknowledged_because or 'owed'}"
    running = (one for one in case.deadlines if one.kind != "acknowledge" or case.acknowledged_at is None)
    for deadline in sorted(running, key=lambda one: one.due_at):
        yield f"{deadline.kind} by {deadline.due_at.astimezone():%Y-%m-%d}"


def _print_case(whole: Mapping[str, Any]) -> None:
    parts = ("journal", "letters", "messages", "verdicts", "decision", "deadlines")
    show(whole["reference"], ("", ""), ((name, value) for name, value in whole.items() if name not in parts))
    _show_columns("Dates", whole["deadlines"], ("kind", "due_at", "clause", "role"))
    _show_columns("Journal", whole["journal"], ("position", "at", "what", "who", "clause"))
    for letter in whole["letters"]:
        say(f"\n{letter['template']} to {letter['role']} ({letter['state']}): {letter['subject']}", style="bold")
        say(str(letter["body"]))


def _show_columns(title: str, lines: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    show(title, columns, ([line[name] for name in columns] for line in lines))


def _minute(moment: datetime) -> str:
    return moment.astimezone().isoformat(" ", "minutes")[:16]
