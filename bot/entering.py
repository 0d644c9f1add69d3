"""From a weighed message to its entry: what is kept of it, and the letters that are owed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime

from bot.anonymous import Kept, is_unknown, without_sender
from bot.desk import Desk
from bot.earlier import earlier_cases
from bot.meeting import Offer, offered
from bot.proving import receipt_for, with_receipt
from bot.secrecy import Answer, answered
from bot.trust import noted
from bot.weighing import Weighed
from bot.writing import Writing
from register.proofs import fingerprint
from register.records import Decision, Disposition, EarlierCase, Entry, RawMessage, Ruling, Submission, Understanding


async def entry_of(weighed: Weighed, desk: Desk, now: datetime) -> Entry:
    """The entry that a weighed message makes; nothing is written yet."""
    kept, whole, answer = await _kept(weighed, desk)
    answer = replace(answer, decision=with_receipt(answer.decision, weighed))
    disposition, match = weighed.decision.disposition, weighed.match
    offer = None if kept.content else offered(desk, weighed.procedure, weighed.decision, whole.sender, now)
    return Entry(
        raw=weighed.raw,
        submission=kept.submission,
        ruling=weighed.situation.ruling,
        understanding=kept.understanding,
        decision=answer.decision,
        case=match.case if disposition is Disposition.JOINED else None,
        joined_by=match.joined_by,
        may_belong_to=match.may_belong_to,
        compose=await _writing(weighed, kept, whole, answer, offer, desk, now),
        journal=(*noted(weighed.said.submission, weighed.procedure), *kept.journal, *weighed.said.journal),
        duplicate_key=weighed.marks.duplicate_key,
        fingerprint=fingerprint(weighed.said.submission),
        likeness=weighed.marks.likeness,
        secrecy=answer.secrecy,
        cleansed=kept.content,
        invitation=offer.invitation if offer else None,
    )


async def _kept(weighed: Weighed, desk: Desk) -> tuple[Kept, Submission, Answer]:
    """What the register keeps of the message, the whole that the letters speak of, and what they say besides."""
    situation, decision, message = weighed.situation, weighed.decision, weighed.said.submission
    whole, understanding = situation.submission, weighed.understanding
    if not is_unknown(understanding, situation.case):
        return Kept(submission=message, understanding=understanding), whole, Answer(decision=decision)
    answer = await answered(desk, weighed.said, decision, situation.ruling, weighed.match)
    # A conversation is read as a whole and kept message by message.
    read = await desk.apart(without_sender, weighed.raw, whole, situation.ruling, understanding)
    if not weighed.in_conversation:
        return read, read.submission, answer
    kept = await desk.apart(without_sender, weighed.raw, message, situation.ruling, understanding)
    return kept, read.submission, answer


async def _writing(
    weighed: Weighed,
    kept: Kept,
    whole: Submission,
    answer: Answer,
    offer: Offer | None,
    desk: Desk,
    now: datetime,
) -> Writing:
    open_cases, linked = await asyncio.gather(
        desk.open_cases(weighed.procedure, weighed.decision), desk.register.staff.chats(weighed.procedure.id)
    )
    return Writing(
        desk=desk,
        procedure=weighed.procedure,
        situation=replace(weighed.situation, submission=whole, understanding=kept.understanding),
        decision=answer.decision,
        open_cases=open_cases,
        linked=linked,
        earlier=await _earlier(weighed, desk),
        now=now,
        receipt_code=answer.code,
        asked=answer.asked,
        receipt=receipt_for(weighed, desk),
        more=offer.facts(desk.bots[weighed.procedure.id]) if offer else {},
    )


async def _earlier(weighed: Weighed, desk: Desk) -> tuple[EarlierCase, ...]:
    """B6: only a new case is compared, and only where its notice will show it."""
    if not any(order.template == "notice" for order in weighed.decision.letters):
        return ()
    case = weighed.match.case
    said = weighed.understanding
    school = weighed.procedure.id
    return await earlier_cases(desk.register, school, said.meaning, said.category.label, but=case.id if case else "")


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
