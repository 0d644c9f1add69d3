"""The letters of an act: about the case as the book has it, to the parent in their language or to a role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.answering import last_used
from bot.desk import Desk
from bot.earlier import earlier_of
from bot.reach import REACHABLE, Reach
from bot.writing import SENDER, Writing
from procedures.decide import Situation
from procedures.model import Procedure
from register.records import (
    Attachment,
    Case,
    Contact,
    Decision,
    Letter,
    LetterOrder,
    Ruling,
    Submission,
    Understanding,
    Verdict,
)

#: why a sender can never be written to
_DEAF = ("no_reply", "no_sender", "null_path", "daemon", "bounce")


async def written(
    desk: Desk, case: Case, reach: Reach, orders: Sequence[LetterOrder], now: datetime, *, said: str = "", by: str = ""
) -> tuple[Letter, ...]:
    """The letters of these orders; `said` is what the role `by` writes to the parent.

    A letter to a parent whom no letter can reach is left out.
    """
    decision, messages = await desk.register.decision(case.id), await desk.register.messages(case.id)
    if decision is None or not messages:
        return ()
    sender = last_used(case, messages, await desk.register.journal(case.id))
    kept = [order for order in orders if order.to != SENDER or is_reachable(sender, messages)]
    situation = Situation(
        submission=_as_one(sender, messages),
        ruling=Ruling(),
        understanding=_understood(case, await desk.register.verdicts(case.id)),
    )
    writing = Writing(
        desk=desk,
        procedure=reach.procedure,
        situation=situation,
        decision=_as_it_stands(decision, case, tuple(kept)),
        open_cases=await desk.open_cases(reach.procedure, replace(decision, unit=case.unit)),
        now=now,
        earlier=await earlier_of(desk.register, case),
        linked=reach.linked,
        said=said,
        writer=contact(reach.procedure, by) if by else None,
    )
    return writing(case)


async def can_be_written_to(desk: Desk, case: Case) -> bool:
    """Whether a letter can reach the sender of a case, by mail or chat."""
    messages = await desk.register.messages(case.id)
    journal = await desk.register.journal(case.id)
    return bool(messages) and is_reachable(last_used(case, messages, journal), messages)


def is_reachable(said: Submission, messages: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the sender of a case has a place that a letter can go to, and does not only send."""
    known = said.sender is not None and bool(said.sender.value) and said.sender.kind in REACHABLE
    return known and messages[0]["unanswered_because"] not in _DEAF


def contact(procedure: Procedure, role_id: str) -> Contact | None:
    """A role as a letter names it."""
    role = procedure.role(role_id)
    if role is None:
        return None
    title = procedure.in_language(procedure.title(role), procedure.default_language)
    return Contact(title=title, name=role.name, mail=role.mail, phone=role.phone)


def _understood(case: Case, verdicts: Mapping[str, Verdict]) -> Understanding:
    known: dict[str, Any] = dict(verdicts)
    spoken = {"language": Verdict(label=case.language, score=1.0)} if case.language else {}
    return replace(Understanding(gist=case.gist), **(known | spoken))


def _as_one(sender: Submission, messages: Sequence[Mapping[str, Any]]) -> Submission:
    """Everything that was written in the case, as one message from the place that the sender used last."""
    people = [one for one in messages if not one["automatic"] and one["joined_by"] != "repeat"] or messages[:1]
    files = (file for one in people for file in one["attachments"])
    return replace(
        sender,
        text="\n\n".join(one["text"] for one in people if one["text"]),
        form=dict(messages[0]["form"]),
        attachments=tuple(Attachment(name=file["name"], type=file["type"], content=b"") for file in files),
    )


def _as_it_stands(decision: Decision, case: Case, orders: tuple[LetterOrder, ...]) -> Decision:
    """The decision that opened the case, with who has it now; whoever must not see it is named nowhere (G2)."""
    return replace(
        decision,
        letters=orders,
        owner=case.owner,
        recipients=case.recipients,
        stage=case.stage,
        unit=case.unit,
        deadlines=case.deadlines,
        excluded=case.excluded,
        assignments=tuple(one for one in decision.assignments if one.role not in case.excluded),
        steps=tuple(replace(one, role=case.owner) if one.role in case.excluded else one for one in decision.steps),
    )
