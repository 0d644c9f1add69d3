"""How a case stands, as a letter to the chat that asks (D6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.conversation.given import said
from bot.writing import SENDER, Writing
from procedures.decide import Situation
from register.records import Case, Letter, LetterOrder, Ruling, Understanding

if TYPE_CHECKING:
    from bot.conversation.talk import Talk


async def standing_letters(
    talk: Talk, case: Case, template: str = "status", *, receipt: Callable[[Case], str] = lambda case: ""
) -> tuple[Letter, ...]:
    """The status letter of a case as the book has it now, or another one; `receipt` signs what it shows."""
    decision = await talk.desk.register.decision(case.id)
    if decision is None:
        return ()
    stage = talk.procedure.stage(case.stage)
    order = LetterOrder(template=template, to=SENDER, clause=stage.clause if stage else decision.clause)
    language = talk.dialogue.answers.get("language") or case.language
    situation = Situation(
        submission=replace(talk.submission, message_id=""),
        ruling=Ruling(),
        understanding=Understanding(language=said(language)),
    )
    writing = Writing(
        desk=talk.desk,
        procedure=talk.procedure,
        situation=situation,
        decision=replace(
            decision, letters=(order,), owner=case.owner, stage=case.stage, deadlines=case.deadlines, unit=case.unit
        ),
        open_cases=(),
        now=talk.now,
        receipt=receipt,
    )
    letters = talk.with_buttons(writing, talk.language())(case)
    return tuple(replace(letter, case_id=case.id) for letter in letters)
