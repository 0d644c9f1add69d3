"""Weighing a message: what it is, which case it belongs to, and what the procedure says; nothing is written yet."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime

from bot.anonymous import believed, wished
from bot.conversation.given import Given
from bot.desk import Desk, Marks
from bot.secrecy import Spoken, spoken, without_codes
from procedures.decide import Situation, decide
from procedures.model import Procedure
from register.records import Decision, Disposition, Match, RawMessage, Submission, Understanding, Verdict

#: kinds that a procedure answers in another way than a complaint, where it is sure of them
UNSURE_IN_A_COMPLAINT = ("praise", "question", "other")
#: below this score a category is not worth naming where the kind was unsure
SURE_CATEGORY = 0.7


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """A message with everything that was found out about it."""

    raw: RawMessage
    procedure: Procedure
    #: the message itself, without the codes that stood in it
    said: Spoken
    marks: Marks
    match: Match
    #: what the decision was made from; its submission is the whole conversation where the message is a part of one
    situation: Situation
    decision: Decision
    #: True: the situation's submission is more than this message
    in_conversation: bool = False

    @property
    def understanding(self) -> Understanding:
        """What was understood, as far as the procedure goes by it."""
        return treated(self.situation.understanding, self.decision, self.procedure)


async def weigh(
    raw: RawMessage, submission: Submission, procedure: Procedure, desk: Desk, now: datetime, given: Given
) -> Weighed:
    """Finds out what a message is and decides; `given` is what a conversation has settled before."""
    said = await spoken(desk, submission, procedure, now)
    marks = desk.marks(said.submission)
    whole = without_codes(given.whole) if given.whole else said.submission
    (ruling, found), understood = await asyncio.gather(
        desk.judge(said.submission, procedure, marks, now), desk.understand(whole, procedure)
    )
    match = said.match or given.matched(found)
    understanding = said.understood(given.understood(understood))
    ruling = believed(ruling, understanding)
    situation = Situation(
        submission=whole,
        ruling=ruling,
        understanding=wished(said.submission, ruling, understanding),
        case=match.case,
        joined_by=match.joined_by,
        may_belong_to=match.may_belong_to,
        letter_role=match.letter_role,
        letter_template=match.letter_template,
        received_at=raw.received_at,
    )
    return Weighed(
        raw=raw,
        procedure=procedure,
        said=said,
        marks=marks,
        match=match,
        situation=situation,
        decision=decide(procedure, situation, now),
        in_conversation=given.whole is not None,
    )


def treated(understanding: Understanding, decision: Decision, procedure: Procedure) -> Understanding:
    """What was understood, as far as the procedure goes by it.

    A message that it handles like a complaint, because the classifiers were not sure enough of praise, a question or
    something else, is none of these: nobody is thanked for kind words by mistake. And it has a category (B3).
    """
    stage, kind, category = procedure.stage(decision.stage), understanding.kind, understanding.category
    if decision.disposition is not Disposition.REGISTERED or stage is None or stage.track == "enquiry":
        return understanding
    if kind.label in UNSURE_IN_A_COMPLAINT:
        kind = Verdict(label=None, score=kind.score, because=(f"not sure of {kind.label}",), by=kind.by)
    likeliest = max(understanding.categories, key=lambda name: understanding.categories[name], default="")
    if category.label is None and understanding.categories.get(likeliest, 0.0) >= SURE_CATEGORY:
        category = Verdict(label=likeliest, score=understanding.categories[likeliest], by=category.by)
    return replace(understanding, kind=kind, category=category)
