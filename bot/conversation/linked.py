"""A chat that somebody unknown leaves open for the school's questions: the offer, the questions, the cut (G3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot import links
from bot.conversation import questions
from bot.conversation.pressing import Press
from bot.conversation.talk import Talk
from bot.desk import Desk
from bot.logs import log
from bot.writing import SENDER, Writing
from procedures.decide import Situation
from procedures.model import Procedure
from register.records import (
    Address,
    AddressKind,
    Case,
    Entered,
    Letter,
    LetterOrder,
    Ruling,
    SealedLink,
    Submission,
    Turn,
    Understanding,
    Verdict,
)
from register.unknown import LETTER
from replies.chat import languages, say

#: an answer of the dialogue: what is written next is another matter than the case that the chat is open for
APART = "apart"
#: what the two buttons choose
CHOICES = (questions.KEEP_OPEN, questions.CUT)


async def case_of(talk: Talk) -> Case | None:
    """The case that the chat was left open for, unless the sender speaks of another matter."""
    if talk.dialogue.answers.get(APART):
        return None
    return await links.case_of(talk.desk, talk.procedure, talk.chat)


async def pressed(talk: Talk, press: Press) -> Entered:
    """Open or cut; the button has to be one that was shown in this chat for this case."""
    case = await talk.desk.register.case(press.of) if press.of else None
    shown = links.is_proof(talk.desk.seals, press.of, talk.chat, press.detail)
    if case is None or not case.anonymous or case.organisation != talk.procedure.id or not shown:
        return await talk.aside(_trackless(talk, talk.says(say("no_link", talk.language()))))
    if press.choice == questions.CUT:
        return await cut(talk)
    await talk.desk.register.links.open(links.seal(talk.desk.seals, case.id, talk.chat), talk.now)
    language = talk.language()
    buttons = questions.link_button(questions.CUT, case.id, press.detail, language)
    return await talk.aside(_trackless(talk, talk.says(say("link_open", language), buttons, language)))


async def cut(talk: Talk) -> Entered:
    """Nothing leads from any anonymous case to this chat any more."""
    number = await links.cut(talk.desk, talk.chat, talk.now)
    words = say("link_cut" if number else "no_link", talk.language())
    return await talk.aside(_trackless(talk, talk.says(words)))


def _trackless(talk: Talk, letter: Letter) -> Turn:
    """Keeps nothing of the chat, unless something in it waits to be handed in."""
    return replace(talk.turn(letter), forget=not talk.dialogue.held)


# --- the school's questions ---


async def tell_questions(desk: Desk, now: datetime) -> None:
    """What the school asks goes out to every chat that was left open."""
    for link in await desk.register.links.with_questions():
        case = await desk.register.case(link.case_id)
        procedure = desk.procedures.get(case.organisation) if case else None
        chat = links.opened(desk.seals, link)
        if case is not None and procedure is not None and chat is not None:
            await _tell(desk, procedure, case, link, chat, now)


async def _tell(desk: Desk, procedure: Procedure, case: Case, link: SealedLink, chat: str, now: datetime) -> None:
    asked = await desk.register.unknown.questions(case.id, waiting=True)
    letter = await _letter(desk, procedure, case, chat, tuple(one.text for one in asked), now)
    # Where another process was faster, or the link was cut meanwhile, nothing is written.
    if asked and letter and await desk.register.links.tell(link, [one.id for one in asked], letter, now):
        log().info("asked", action="question_sent", case=case.reference)


async def _letter(
    desk: Desk, procedure: Procedure, case: Case, chat: str, asked: tuple[str, ...], now: datetime
) -> Letter | None:
    decision = await desk.register.decision(case.id)
    if decision is None:
        return None
    order = LetterOrder(template=LETTER, to=SENDER, clause=decision.clause)
    known = Understanding(language=Verdict(label=case.language, score=1.0), anonymous=Verdict(label=True, score=1.0))
    sender = Address(kind=AddressKind.TELEGRAM, value=chat)
    writing = Writing(
        desk=desk,
        procedure=procedure,
        situation=Situation(
            submission=Submission(channel=case.channel, sender=sender), ruling=Ruling(), understanding=known
        ),
        decision=replace(decision, letters=(order,), owner=case.owner, stage=case.stage, deadlines=case.deadlines),
        open_cases=(),
        now=now,
        asked=asked,
        more={"linked": True},
    )
    language = case.language if case.language in languages() else procedure.default_language
    proof = links.proof(desk.seals, case.id, chat)
    buttons = questions.link_button(questions.CUT, case.id, proof, language)
    return next((replace(letter, buttons=buttons) for letter in writing(case)), None)
