"""THE path of every message: read, rule, match, understand, decide, compose, enter. Read this first."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.anonymous import Kept, is_unknown, wished, without_sender
from bot.conversation import Given, take_part
from bot.desk import Desk
from bot.secrecy import Answer, answered, spoken, without_codes
from bot.writing import Writing
from procedures.decide import Situation, decide
from procedures.model import Procedure
from register.proofs import fingerprint
from register.records import (
    Decision,
    Disposition,
    Entered,
    Entry,
    RawMessage,
    Ruling,
    Submission,
    Understanding,
    Verdict,
)

#: kinds that a procedure answers in another way than a complaint, where it is sure of them
UNSURE_IN_A_COMPLAINT = ("praise", "question", "other")
#: the channel whose messages make conversations
CHAT = "telegram"
NOTHING = Given()
#: below this score a category is not worth naming where the kind was unsure
SURE_CATEGORY = 0.7


async def take_in(raw: RawMessage, desk: Desk, now: datetime) -> Entered | None:
    """Takes one spooled message through the house and enters it in the register, in one transaction.

    Whatever fails before the last line has changed nothing: the message waits in the spool and the same call may be
    made again. After it nothing is owed but the sending of the letters. None: a chat message that waits, safe in the
    spool, for the end of its conversation.
    """
    if raw.channel == CHAT:
        # One chat message after the other: what somebody writes in three lines is read in their order.
        async with desk.chats:
            return await _take_in(raw, desk, now)
    return await _take_in(raw, desk, now)


async def _take_in(raw: RawMessage, desk: Desk, now: datetime) -> Entered | None:
    submission = await desk.read(raw)
    procedure = desk.procedure_for(raw, submission)
    if procedure is None:
        return await desk.register.enter(nobodys(raw, submission, now), now)
    if raw.channel == CHAT:
        return await take_part(raw, submission, procedure, desk, now, consider)
    entry = await consider(raw, submission, procedure, desk, now)
    return await desk.register.enter(entry, now)


async def consider(
    raw: RawMessage,
    submission: Submission,
    procedure: Procedure,
    desk: Desk,
    now: datetime,
    given: Given = NOTHING,
) -> Entry:
    """The entry that a message would make: everything but the writing. `lyhord explain` stops here.

    `given` is what a conversation has settled before.
    """
    said = await spoken(desk, submission, procedure, now)
    submission = said.submission
    ruling = await desk.rule(submission, now)
    match = said.match or given.matched(await desk.match(submission, procedure))
    whole = without_codes(given.whole) if given.whole else submission
    understanding = said.understood(given.understood(await desk.understand(whole, procedure)))
    understanding = wished(submission, ruling, understanding)
    situation = Situation(
        submission=whole,
        ruling=ruling,
        understanding=understanding,
        case=match.case,
        joined_by=match.joined_by,
        may_belong_to=match.may_belong_to,
        received_at=raw.received_at,
    )
    decision = decide(procedure, situation, now)
    kept = Kept(submission=submission, understanding=treated(understanding, decision, procedure))
    answer = Answer(decision=decision)
    if is_unknown(understanding, match.case):
        answer = await answered(desk, said, decision, ruling, match)
        # A conversation is read as a whole and kept message by message.
        read = await desk.apart(without_sender, raw, whole, ruling, kept.understanding)
        one = submission if given.whole else None
        kept = await desk.apart(without_sender, raw, one, ruling, kept.understanding) if one else read
        whole = read.submission
    situation = replace(situation, submission=whole, understanding=kept.understanding)
    return Entry(
        raw=raw,
        submission=kept.submission,
        ruling=ruling,
        understanding=situation.understanding,
        decision=answer.decision,
        case=match.case if decision.disposition is Disposition.JOINED else None,
        joined_by=match.joined_by,
        may_belong_to=match.may_belong_to,
        compose=Writing(
            desk=desk,
            procedure=procedure,
            situation=situation,
            decision=answer.decision,
            open_cases=await desk.open_cases(procedure, decision),
            now=now,
            receipt_code=answer.code,
            asked=answer.asked,
        ),
        journal=(*kept.journal, *said.journal),
        duplicate_key=desk.duplicate_key(submission),
        fingerprint=fingerprint(submission),
        secrecy=answer.secrecy,
        cleansed=kept.content,
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


def nobodys(raw: RawMessage, submission: Submission, now: datetime) -> Entry:
    """The entry of a message to no school that we know: set aside, where a person can see it."""
    return Entry(
        raw=raw,
        submission=submission,
        ruling=Ruling(answerable=False, reason="no_school"),
        understanding=Understanding(),
        decision=Decision(
            disposition=Disposition.SET_ASIDE,
            rule="set_aside:no_school",
            clause="",
            procedure="",
            organisation="",
            not_acknowledged_because="no_school",
            registered_on=now.date().isoformat(),
            because=("no procedure claims any of its recipients",),
        ),
    )
