"""A chat that joins a case by a code from a mail, and a code that lets a mail join the case of a chat (G9)."""

from __future__ import annotations

from dataclasses import replace

from bot import meeting
from bot.conversation import questions
from bot.conversation.talk import Talk
from register import codes
from register.records import AddressKind, Case, Entered, Entry, Letter
from replies.chat import day, say

#: fewer words than this beside a code say nothing
_FEW_WORDS = 3


async def joined(talk: Talk) -> Entered | Talk:
    """The chat belongs to the case from now on; a message beside a code that opens nothing goes on without it."""
    case = await meeting.met(talk.desk, talk.submission, talk.procedure, talk.now)
    talk = replace(talk, submission=meeting.without_code(talk.submission))
    silent = len(talk.submission.text.replace(codes.HIDDEN, " ").split()) < _FEW_WORDS
    if case is None:
        return await talk.aside(talk.turn(talk.says(say("code_invalid", talk.language())))) if silent else talk
    if silent or talk.submission.header("telegram-command"):
        return await talk.aside(talk.turn(_welcome(talk, case, talk.language()), case_id=case.id))
    return await _said_more(talk, case, await talk.weighed(case=case))


async def _said_more(talk: Talk, case: Case, entry: Entry) -> Entered:
    language = talk.language(entry.understanding)
    turn = talk.turn(_welcome(talk, case, language), case_id=case.id)
    joined_by = meeting.INVITED if entry.joined_by else ""
    compose = talk.with_buttons(entry.compose, language)
    return await talk.enter(replace(entry, joined_by=joined_by, turn=turn, compose=compose))


def _welcome(talk: Talk, case: Case, language: str) -> Letter:
    stages = tuple(stage.id for stage in talk.procedure.stages)
    buttons = questions.case_buttons(case, stages, language)
    return talk.says(say("joined", language, reference=case.reference), buttons, language)


async def by_mail(talk: Talk, case: Case | None) -> Entered:
    """A code that the sender writes into a mail, once; it stands in the chat and nowhere else."""
    language = talk.language()
    if case is None or case.anonymous:
        return await talk.aside(talk.turn(talk.says(say("no_case", language))))
    offer = meeting.new_offer(talk.desk, AddressKind.MAIL, talk.now, case.id)
    words = say(
        "by_mail",
        language,
        mailbox=talk.procedure.answers_from((), case.unit),
        code=codes.spoken(offer.code),
        day=day(offer.invitation.expires_at, language, talk.procedure.organisation.time_zone),
    )
    return await talk.aside(talk.turn(talk.says(words), case_id=case.id), invitation=offer.invitation)
