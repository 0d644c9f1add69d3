"""The way of every chat message: it goes on with a conversation, begins one, or joins the case that was spoken of."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import datetime

from bot import meeting
from bot.conversation import asides, buttons, commands, linked, missing, questions, speaking
from bot.conversation.given import CONVERSED, Given
from bot.conversation.joining import joined
from bot.conversation.talk import FOLLOWS_WITHIN, Consider, Talk
from bot.desk import Desk
from bot.links import LINKED
from classifiers import hello
from procedures.model import Procedure
from register.dialogues import Overtaken
from register.errors import Temporary
from register.records import (
    UNSURE,
    Case,
    Dialogue,
    Disposition,
    Entered,
    Entry,
    Happening,
    Letter,
    RawMessage,
    Secrecy,
    Submission,
    Turn,
)
from replies.chat import say

#: how often a turn is thought over because another process was faster
_TRIES = 5
#: ends the external id of a message that is taken in once more, as another matter
ANEW = ":anew"
_PRIVATE = ("private", "")


async def take_part(
    raw: RawMessage, submission: Submission, procedure: Procedure, desk: Desk, now: datetime, consider: Consider
) -> Entered | None:
    """Takes a chat message in; None where it waits in the spool for the end of its conversation."""
    if submission.sender is None:
        return await desk.register.enter(await consider(raw, submission, procedure, desk, now, _nothing()), now)
    chat = submission.sender.value
    if raw.external_id.endswith(ANEW):
        submission = replace(submission, message_id="", in_reply_to=(), fingerprint=submission.fingerprint + ANEW)
    for _ in range(_TRIES):
        known = await desk.register.dialogue(procedure.id, chat)
        talk = Talk(
            raw=raw,
            submission=submission,
            procedure=procedure,
            desk=desk,
            consider=consider,
            dialogue=known or Dialogue(organisation=procedure.id, chat=chat),
            now=now,
        )
        try:
            return await _way(talk)(talk)
        except Overtaken:
            await asyncio.sleep(0)
    raise Temporary("This conversation is being written to by others.")


def _nothing() -> Given:
    return Given()


def _way(talk: Talk) -> Callable[[Talk], Awaitable[Entered | None]]:
    news = talk.submission.header("telegram-update")
    if talk.number in talk.dialogue.held:
        return _held
    if talk.submission.header("telegram-chat-type") not in _PRIVATE:
        return asides.in_a_group
    if meeting.code_in(talk.submission):
        return _invited
    ways = {"callback_query": buttons.pressed, "command": commands.commanded, "": _written}
    return ways.get(news, _news)


async def _invited(talk: Talk) -> Entered | None:
    """A code from a mail; what is left of a message whose code opens nothing goes on."""
    done = await joined(talk)
    return await _written(done) if isinstance(done, Talk) else done


async def _news(talk: Talk) -> Entered:
    """What nobody wrote: set aside as the guards and the procedure have it."""
    return await talk.enter(await talk.weighed())


# --- what a person writes ---


async def _written(talk: Talk) -> Entered | None:
    entry = await talk.weighed()
    passed_over = _is_passed_over(entry)
    if entry.joined_by or (entry.decision.disposition is not Disposition.REGISTERED and not passed_over):
        return await _joined(talk, entry)
    if talk.dialogue.state == "asking":
        return await _continued(talk, entry)
    if not questions.is_readable(talk.submission):
        return await asides.unreadable(talk)
    case = await _spoken_of(talk)
    if case is not None:
        return await _joined(talk, await talk.weighed(case=case))
    if (case := await linked.case_of(talk)) is not None:
        return await _joined(talk, await talk.weighed(case=case, joined_by=LINKED))
    if hello.said(talk.submission.text) and not talk.submission.attachments:
        return await asides.greeted(talk)
    if passed_over:
        return await asides.invited(talk, entry)
    if _needs_no_question(talk, entry):
        return await _registered(talk, entry)
    if questions.is_greeting(talk.submission, entry.understanding):
        return await asides.greeted(talk)
    return await _asked(talk, entry, talk.submission)


def _is_passed_over(entry: Entry) -> bool:
    """True for a person's own words that the procedure has no rule for but to set them aside."""
    aside = entry.decision.disposition is Disposition.SET_ASIDE
    return aside and entry.ruling.automatic is None and not entry.joined_by


async def _continued(talk: Talk, alone: Entry) -> Entered | None:
    """More of an unfinished conversation, or an answer that was typed."""
    answer = questions.typed(talk.submission.text, talk.dialogue.asked, talk.language())
    if answer:
        return await buttons.chosen(talk, answer)
    if not questions.is_readable(talk.submission):
        return await asides.unreadable(talk)
    answers = dict(talk.dialogue.answers)
    if talk.dialogue.asked in missing.PARTS:
        danger = alone.understanding.urgent.label is True
        answers |= missing.answer(talk.dialogue.asked, talk.submission, 0 if danger else talk.number)
    talk = replace(talk, dialogue=replace(talk.dialogue, answers=answers))
    whole = await talk.whole(with_this=True)
    entry = await talk.weighed(whole=whole)
    if questions.cannot_wait(entry.understanding):
        return await _registered(talk, entry)
    return await _asked(talk, entry, whole)


def _needs_no_question(talk: Talk, entry: Entry) -> bool:
    """Danger to a child skips all questions (G7); a question or praise has none."""
    stage = talk.procedure.stage(entry.decision.stage)
    return questions.cannot_wait(entry.understanding) or (stage is not None and stage.track == "enquiry")


async def _spoken_of(talk: Talk) -> Case | None:
    """The open case of this chat, if it was spoken of not long ago."""
    said = talk.dialogue
    if said.case_id is None or said.touched_at is None or talk.now - said.touched_at > FOLLOWS_WITHIN:
        return None
    case = await talk.desk.register.case(said.case_id)
    return case if case and case.status == "open" else None


async def _joined(talk: Talk, entry: Entry) -> Entered:
    """Into a case that is there, or aside; in a case the bot says so where no letter does."""
    language, case = talk.language(entry.understanding), entry.case
    answered = any(order.to == "sender" for order in entry.decision.letters)
    silent = case is None or answered or entry.joined_by == "repeat" or talk.in_album
    turn = talk.turn(*(() if silent or case is None else (_added(talk, entry, case, language),)))
    if case is not None:
        turn = replace(turn, dialogue=replace(turn.dialogue, case_id=case.id))
    return await talk.enter(replace(entry, turn=turn, compose=talk.with_buttons(entry.compose, language)))


def _added(talk: Talk, entry: Entry, case: Case, language: str) -> Letter:
    """Says where the message went; where only the conversation told, a button says that it is another matter."""
    buttons: questions.Buttons = ()
    if entry.joined_by == LINKED:
        buttons = talk.link_button(questions.CUT, case, language)
    elif entry.joined_by == CONVERSED:
        buttons = questions.separate_button(case, talk.submission.message_id, language)
    missed = (say("file_missing", language),) if talk.lacks_a_file else ()
    words = "\n\n".join((say("added", language, reference=case.reference), *missed))
    return talk.says(words, buttons, language)


async def _registered(talk: Talk, entry: Entry) -> Entered:
    """Opens a case at once; what was held back follows it."""
    rest = tuple(one for one in talk.dialogue.held if one != talk.number)
    answers = talk.dialogue.answers if rest else talk.fresh()
    turn = talk.turn(
        at_once=True,
        state="filing" if rest else "idle",
        asked="",
        held=rest,
        answers=answers,
        remind_at=None,
        ends_at=None,
        case_id=None,
    )
    language = talk.language(entry.understanding)
    entry = replace(entry, journal=(*entry.journal, *_asked_in_chat(talk)))
    decision = talk.answered(entry.decision)
    compose = entry.compose
    if decision is not entry.decision:
        compose = replace(entry.compose, decision=decision)  # type: ignore[type-var]  # `consider` makes a Writing
    return await talk.enter(replace(entry, decision=decision, turn=turn, compose=talk.with_buttons(compose, language)))


def _asked_in_chat(talk: Talk) -> Iterator[Happening]:
    """What was answered, for the journal; of who somebody is only that they said it."""
    answers = talk.dialogue.answers
    facts: dict[str, object] = {"spoken": answers[speaking.ASKED]} if answers.get(speaking.ASKED) else {}
    if parts := sorted(missing.numbers(answers)):
        facts["parts_given"] = parts
    if facts:
        yield Happening(what="asked_in_chat", who="sender", facts=facts)


async def _asked(talk: Talk, entry: Entry, whole: Submission) -> Entered | None:
    """Holds the message back and asks what comes next."""
    held = (*talk.dialogue.held, talk.number)
    answers = {**talk.dialogue.answers, "spoken": talk.language(entry.understanding)}
    known = talk.known(entry, whole, answers, str(held[0]))
    asked = known.next()
    if answers.get(missing.HANDED_IN) == "yes" and asked not in missing.PARTS:
        # The last part that was asked for: the hand has been lifted from the button long ago.
        filing = talk.turn(state="filing", asked="", held=held, answers=answers, remind_at=None, ends_at=None)
        await talk.desk.register.hold(talk.raw, replace(filing, held_until=talk.now), talk.now)
        return None
    words, buttons = questions.question(asked, known, first=True)
    if talk.lacks_a_file:
        words = f"{say('file_missing', known.language)}\n\n{words}"
    letters = () if talk.in_album else (talk.says(words, buttons, known.language),)
    turn = talk.turn(*letters, held=held, answers=answers)
    await talk.desk.register.hold(talk.raw, talk.asking(turn, asked), talk.now)
    return None


# --- what was held back ---


async def _held(talk: Talk) -> Entered | None:
    said = talk.dialogue
    if said.answers.get("anonymous") == "yes" and talk.number in missing.numbers(said.answers).values():
        return await _unsaid(talk)
    if said.state == "dropping":
        return await talk.aside(_less(talk), "withdrawn")
    if said.state == "asking" and said.ends_at is not None and talk.now < said.ends_at:
        # It was claimed before its time, for example by `replay`.
        turn = talk.turn(state="asking")
        await talk.desk.register.hold(talk.raw, replace(turn, held_until=said.ends_at), talk.now)
        return None
    if said.state == "filing" and said.case_id is not None:
        return await _followed(talk, said.case_id)
    whole = await talk.whole()
    entry = await talk.weighed(whole=whole)
    if _is_passed_over(entry):
        # Who hands something in wants it to be in the book: it is for a person to say what it is.
        entry = await talk.weighed(whole=whole, kind=UNSURE)
    return await _registered(talk, entry)


async def _unsaid(talk: Talk) -> Entered:
    """Who they are, said before they chose to stay unknown (A4): nothing of it is kept."""
    turn = _less(talk)
    empty = replace(talk, submission=replace(talk.submission, text="", reply=""))
    return await empty.aside(replace(turn, emptied=True, forget=not turn.dialogue.held))


def _less(talk: Talk) -> Turn:
    """The conversation without this message; over, when it was the last one."""
    left = tuple(one for one in talk.dialogue.held if one != talk.number)
    if left:
        return talk.turn(held=left)
    return talk.turn(held=(), state="idle", asked="", answers=talk.fresh(), remind_at=None, ends_at=None)


async def _followed(talk: Talk, case_id: str) -> Entered:
    """A part of what a case was opened with: it joins silently, the notice has its text already."""
    case = await talk.desk.register.case(case_id)
    entry = await talk.weighed(case=case)
    if case is None:
        return await _registered(talk, entry)
    decision = replace(
        entry.decision,
        disposition=Disposition.JOINED,
        rule="joined:conversation",
        unit=case.unit,
        stage=case.stage,
        owner=case.owner,
        recipients=case.recipients,
        assignments=(),
        deadlines=(),
        letters=(),
        steps=(),
        not_acknowledged_because="joined",
        because=("part of the conversation that opened the case",),
    )
    return await talk.enter(
        replace(
            entry,
            case=case,
            joined_by="conversation",
            decision=decision,
            compose=lambda _: (),
            secrecy=Secrecy(),
            turn=_less(talk),
        )
    )
