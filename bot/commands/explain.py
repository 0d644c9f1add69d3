"""`lyhord explain`: what a mail would set off (a dry run, G10), or why a case is where it is."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.commands import sources
from bot.commands.register import whole_case
from bot.desk import Desk
from bot.earlier import SHOWN, earlier_of, lines
from bot.output import console, emit, say, show
from bot.pipeline import consider
from bot.settings import SQLITE, Database, Security, Settings, load
from bot.wiring import load_procedures, open_desk, open_register
from bot.workers import now
from bot.writing import Writing
from procedures.model import Procedure
from register.errors import Permanent
from register.records import Case, EarlierCase, Entry, Understanding
from register.seals import new_id

#: the parts of a decision that are shown one by one
DECIDED = (
    *("disposition", "rule", "clause", "procedure", "unit", "stage"),
    *("owner", "recipients", "excluded", "questions", "missing_parts"),
)
#: stands in for the number that only registering gives
NO_NUMBER = "(number)"


def explain(subject: str, *, to: str | None, json: bool, config: Path | None) -> None:
    """A file that exists is tried out; anything else is the number of a case."""
    settings = load(config)
    shape = asyncio.run(_file(Path(subject), to, settings) if Path(subject).exists() else _case(subject, settings))
    if json:
        emit(shape)
    else:
        _show(shape)


async def _file(file: Path, to: str | None, settings: Settings) -> dict[str, Any]:
    _, content = next(iter(sources.messages([file])), ("", b""))
    raw = sources.raw(content, to=to, now=now())
    async with _dry_desk(settings) as desk:
        submission = await desk.read(raw)
        procedure = desk.procedure_for(raw, submission)
        if procedure is None:
            raise Permanent(f"{file}: is to no school that we know; say which mailbox it was sent to: --to ADDRESS")
        entry = await consider(raw, submission, procedure, desk, now())
    case = entry.case or preview(entry)
    letters = entry.compose(case)
    return {
        "file": str(file),
        "organisation": procedure.id,
        "joins": entry.case.reference if entry.case else None,
        "joined_by": entry.joined_by or None,
        "may_belong_to": list(entry.may_belong_to),
        "answerable": entry.ruling.answerable,
        "reason": entry.ruling.reason or None,
        "because": entry.ruling.because or None,
        "decision": asdict(entry.decision),
        "verdicts": {name: asdict(verdict) for name, verdict in entry.understanding.questions().items()},
        "similar": list(_similar(entry.compose.earlier, procedure)) if isinstance(entry.compose, Writing) else [],
        "letters": [
            {"template": one.template, "role": one.role, "to": one.to.value, "subject": one.subject, "body": one.body}
            for one in letters
        ],
    }


@asynccontextmanager
async def _dry_desk(settings: Settings) -> AsyncIterator[Desk]:
    """The desk over the real register where there is one, else over an empty one that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="lyhord-") as folder:
        file = Path(settings.database.url.removeprefix(SQLITE))
        missing = settings.database.url.startswith(SQLITE) and not file.exists()
        empty = {
            "database": Database(url=f"{SQLITE}{folder}/lyhord.db"),
            "security": Security(key_file=Path(folder, "key")),
        }
        async with open_desk(settings.model_copy(update=empty) if missing else settings) as desk:
            yield desk


def preview(entry: Entry) -> Case:
    """The case that an entry would open, with no number yet."""
    decision, understanding = entry.decision, entry.understanding
    return Case(
        id=new_id(),
        reference=NO_NUMBER,
        organisation=decision.organisation,
        unit=decision.unit,
        channel=entry.raw.channel,
        opened_at=entry.raw.received_at,
        kind=_word(understanding, "kind"),
        category=_word(understanding, "category"),
        urgent=understanding.urgent.label is True,
        anonymous=understanding.anonymous.label is True,
        language=_word(understanding, "language") or "",
        stage=decision.stage,
        status="open",
        owner=decision.owner,
        recipients=decision.recipients,
        excluded=decision.excluded,
        deadlines=decision.deadlines,
        subject=entry.submission.subject,
        gist=understanding.gist,
    )


def _word(understanding: Understanding, question: str) -> str | None:
    label = understanding.questions()[question].label
    return label if isinstance(label, str) else None


async def _case(reference: str, settings: Settings) -> dict[str, Any]:
    async with open_register(settings) as register:
        case = await register.case(reference)
        if case is None:
            raise Permanent(f"{reference}: is no file that exists and no number in the register")
        found = await earlier_of(register, case)
        procedure = load_procedures(settings).get(case.organisation)
        similar = list(_similar(found, procedure)) if procedure else []
        return {**await whole_case(register, case), "similar": similar}


def _similar(earlier: Iterable[EarlierCase], procedure: Procedure) -> Iterator[str]:
    """B6: number, category, day and how it ended."""
    return lines(tuple(earlier)[:SHOWN], "en", procedure.zone)


def _show(shape: dict[str, Any]) -> None:
    decision = shape["decision"]
    if shape.get("joins"):
        say(f"It joins {shape['joins']} ({shape['joined_by']}).", style="bold")
    _show_decision(decision)
    verdicts = ((name, *_verdict(verdict)) for name, verdict in shape["verdicts"].items())
    show("What was understood", ("question", "answer", "score", "because"), verdicts)
    for line in shape["similar"]:
        say(f"Similar earlier case: {line}")
    for letter in shape["letters"]:
        say(f"\n{letter['template']} → {letter['role']}: {letter['subject']}", style="bold")
        console.print(letter["body"], markup=False)


def _show_decision(decision: dict[str, Any]) -> None:
    rows = [(name, _words(decision[name])) for name in ("disposition", "rule", "clause", "procedure", "unit", "stage")]
    rows += [
        (name, _words(decision[name])) for name in ("owner", "recipients", "excluded", "questions", "missing_parts")
    ]
    rows += [(f"date: {one['kind']}", f"{one['due_at']} ({one['clause']})") for one in decision["deadlines"]]
    rows += [("because", line) for line in decision["because"]]
    if decision["not_acknowledged_because"]:
        rows.append(("not acknowledged", decision["not_acknowledged_because"]))
    show("What the procedure says", ("", ""), rows)


def _verdict(verdict: dict[str, Any]) -> tuple[str, str, str]:
    return _words(verdict["label"]), f"{verdict['score']:.2f}", " · ".join(verdict["because"])


def _words(value: object) -> str:
    if isinstance(value, str) or not isinstance(value, Iterable):
        return "" if value is None else str(value)
    return ", ".join(map(str, value))
