"""`lyhord register correct`: what a person knows better than the classifiers, kept for the school's own training."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot.commands.keeping import case_and_role
from bot.conversation.given import CONVERSED
from bot.output import complain, emit, say
from bot.settings import load
from bot.wiring import load_procedures, open_register
from bot.workers import now
from bot.writing import first_message
from classifiers import categories
from procedures.decide import Situation, decide
from procedures.model import Procedure
from register.correcting import Labels
from register.errors import Permanent
from register.records import Case, Decision, Disposition, Ruling, Understanding, Verdict
from register.store import Register

KINDS = ("complaint", "concern", "question", "praise", "follow_up", "other")
#: the kinds that have a category
WITH_CATEGORY = ("complaint", "concern")


def correct(reference: str, labels: Labels, *, by: str | None, config: Path | None) -> None:
    """Corrects the facts of a case, and says what the procedure would make of it now; passes nothing on by itself."""
    if not labels:
        raise Permanent("say what is to be corrected: --kind, --category, --unit, --urgent or --not-urgent")
    settings = load(config)

    async def put() -> None:
        procedures = load_procedures(settings)
        async with open_register(settings) as register:
            case, role = await case_and_role(register, procedures, reference, by)
            procedure = procedures.get(case.organisation)
            assert procedure is not None  # noqa: S101 - `case_and_role` has looked
            known = _checked(labels, case, procedure)
            if not await register.correct(case.id, role, known, now()):
                raise Permanent(f"{case.reference}: is so already; nothing was changed")
            say(f"{case.reference}: corrected by {role}")
            for line in await _now_due(register, case, replace(case, **known), procedure):
                say(line)

    asyncio.run(put())


def _checked(labels: Labels, case: Case, procedure: Procedure) -> dict[str, Any]:
    """The labels; whatever is no complaint and no concern has no category."""
    wrong = [
        *_unknown("kind", labels, KINDS),
        *_unknown("category", labels, tuple(categories())),
        *_unknown("unit", labels, tuple(unit.id for unit in procedure.units)),
    ]
    kind = labels.get("kind", case.kind)
    if kind is not None and kind not in WITH_CATEGORY:
        if labels.get("category"):
            wrong.append(f"a {kind} has no category")
        return _right({**labels, "category": None}, wrong)
    return _right(labels, wrong)


def _unknown(name: str, labels: Labels, known: Sequence[str]) -> Iterator[str]:
    if name in labels and labels[name] not in known:
        yield f"there is no {name} {labels[name]}; there are {', '.join(known)}"


def _right(labels: Labels, wrong: Sequence[str]) -> dict[str, Any]:
    if wrong:
        raise Permanent("; ".join(wrong))
    return dict(labels)


async def _now_due(register: Register, before: Case, case: Case, procedure: Procedure) -> list[str]:
    """What the procedure would decide of the case with its facts as they are now, where that differs."""
    messages, verdicts = await register.messages(case.id), await register.verdicts(case.id)
    if not messages:
        return []
    submission = replace(first_message(case, messages[0]), text=messages[0]["text"], form=dict(messages[0]["form"]))
    situation = Situation(
        submission=submission,
        ruling=Ruling(),
        understanding=_as_corrected(case, verdicts),
        received_at=case.opened_at,
    )
    decision = decide(procedure, situation, case.opened_at)
    moves = _moves(decision, case) if case.status == "open" else ()
    return [*moves, *(_calls(decision) if case.urgent and not before.urgent else ())]


def _as_corrected(case: Case, verdicts: Mapping[str, Verdict]) -> Understanding:
    said = {name: Verdict(label=getattr(case, name), score=1.0, by="person") for name in ("kind", "category", "unit")}
    said |= {"urgent": Verdict(label=case.urgent, score=1.0, by="person")}
    known: dict[str, Any] = {**verdicts, **said, "accused_roles": Verdict(label=case.excluded, score=1.0)}
    return replace(Understanding(), **known)


def _moves(decision: Decision, case: Case) -> Iterator[str]:
    dates = {(one.kind, one.due_at) for one in decision.deadlines}
    moves = (decision.owner, decision.stage) != (case.owner, case.stage)
    if not moves and dates <= {(one.kind, one.due_at) for one in case.deadlines}:
        yield "By the procedure it stays with its owner and its dates."
        return
    if moves:
        yield f"By the procedure it would now go to {decision.owner}, stage {decision.stage} ({decision.clause})."
    for kind, due_at in sorted(dates, key=lambda one: one[1]):
        yield f"By the procedure it would be due: {kind} by {due_at.astimezone():%Y-%m-%d}."
    yield f"Nothing of this was done: {case.owner} has it, with the dates that it had."


def _calls(decision: Decision) -> Iterator[str]:
    """Whom the procedure tells at once when a child may be in danger."""
    if told := [order.to for order in decision.letters if order.template == "urgent_notice"]:
        yield f"No urgent notice has left. By the procedure these are told at once, so call them: {', '.join(told)}."


# --- labelled examples ---


def corrections(config: Path | None) -> None:
    """Prints every corrected case as a labelled example, one JSON object a line."""
    for example in examples(config):
        emit(example)


@contextmanager
def corrections_file(config: Path | None) -> Iterator[Path]:
    """The corrections as a file of labelled messages, gone afterwards."""
    with TemporaryDirectory(prefix="lyhord-") as folder:
        file = Path(folder, "corrections.jsonl")
        lines = (json.dumps(one, ensure_ascii=False) + "\n" for one in examples(config))
        file.write_text("".join(lines), encoding="utf-8")
        yield file


def examples(config: Path | None) -> list[dict[str, Any]]:
    """Corrected cases as `classifiers/corpus/SCHEMA.md` describes labelled messages."""
    settings = load(config)

    async def read() -> list[dict[str, Any]]:
        async with open_register(settings) as register:
            return [one async for one in _examples(register)]

    return asyncio.run(read())


async def _examples(register: Register) -> AsyncIterator[dict[str, Any]]:
    for case_id, labels in (await register.corrections()).items():
        case = await register.case(case_id)
        if case is None:
            continue
        if case.kind is None:
            complain(f"{case.reference}: is no example yet; say what it is: lyhord register correct … --kind")
            continue
        text = words_of(case, await register.messages(case_id))
        yield {**text, **_labels(case, await register.verdicts(case_id), labels)}


def words_of(case: Case, messages: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Subject and body as the register keeps them: of a sender who stays unknown they were cleansed.

    A case that a conversation opened has all that was written in it until then.
    """
    first = next(one for one in messages if one["disposition"] == Disposition.REGISTERED.value)
    talked = (one for one in messages if one["joined_by"] == CONVERSED and one["received_at"] <= case.opened_at)
    parts = sorted((first, *talked), key=lambda one: one["received_at"])
    return {
        "channel": "chat" if first["channel"] == "telegram" else "email",
        "subject": first["subject"],
        "body": "\n".join(one["reply"] or one["text"] for one in parts),
    }


def _labels(case: Case, verdicts: Mapping[str, Verdict], labels: Labels) -> dict[str, Any]:
    def said(name: str) -> Any:
        return verdicts[name].label if name in verdicts else None

    has_category = case.kind in WITH_CATEGORY
    return {
        "id": case.reference,
        "lang": case.language,
        "organisation": case.organisation,
        "kind": case.kind,
        "category": case.category if has_category else None,
        "also": [],
        # A later message may have made the case urgent; the example is the first one.
        "urgent": labels.get("urgent", said("urgent") is True),
        "anonymous": case.anonymous,
        "wants_investigation": said("wants_investigation"),
        "unit": labels.get("unit", said("unit")),
        "persons": list(said("persons") or ()),
        "about_education": said("about_education") if has_category else None,
    }
