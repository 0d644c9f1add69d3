"""What is no message for the register, and is answered all the same: groups, greetings, help."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot import meeting
from bot.conversation import linked, questions
from bot.conversation.talk import Talk
from register import codes
from register.records import Entered, Entry, Verdict
from replies.chat import say

#: in a group, where most is said to one another, a kind counts from this score on
_SURE_IN_GROUP = 0.5
#: and a complaint already from here on: rather one too many than one that nobody reads
_GRAVE_IN_GROUP = 0.15
#: a group is told once in this time where to write
_TOLD_AGAIN_AFTER = timedelta(days=1)


async def in_a_group(talk: Talk) -> Entered:
    """What is urgent or a complaint is registered; the group is offered a private chat, not more than once a day."""
    entry = await talk.weighed()
    if _is_chatter(entry):
        entry = await talk.weighed(kind=Verdict(label="other", score=1.0, by="group"))
    last = talk.dialogue.touched_at
    language = talk.language(entry.understanding)
    if codes.in_text(talk.submission.text) or meeting.code_in(talk.submission):
        words = talk.says(say("code_in_group", language), (), language)
        return await talk.enter(replace(entry, turn=talk.turn(words)))
    addressed = talk.submission.header("telegram-update") in ("group_message", "command")
    if not addressed or (last is not None and talk.now - last < _TOLD_AGAIN_AFTER):
        return await talk.enter(entry)
    return await talk.enter(replace(entry, turn=talk.turn(talk.says(say("group", language), (), language))))


def _is_chatter(entry: Entry) -> bool:
    """True in a group for words of which nobody could say what they are; a complaint that is doubtful is none such."""
    kind, urgent = entry.understanding.kind, entry.understanding.urgent
    least = _GRAVE_IN_GROUP if kind.label in ("complaint", "concern") else _SURE_IN_GROUP
    return kind.score < least and urgent.label is not True


async def unreadable(talk: Talk) -> Entered:
    """A sticker, an emoji, something that cannot be shown."""
    words = "file_missing" if talk.lacks_a_file else "unreadable"
    return await talk.aside(talk.turn(talk.says(say(words, talk.language()))))


async def invited(talk: Talk, entry: Entry) -> Entered:
    """What is no matter for the register stays where a person sees it; whoever wrote it is told how to go on."""
    language = talk.language(entry.understanding)
    return await talk.enter(replace(entry, turn=talk.turn(talk.says(say("write", language), (), language))))


async def greeted(talk: Talk) -> Entered:
    """Hello."""
    return await talk.aside(talk.turn(talk.says(welcome(talk))))


def welcome(talk: Talk) -> str:
    """Who we are and what there is to do."""
    language = talk.language()
    school = talk.procedure.in_language(talk.procedure.organisation.name, language)
    return say("welcome", language, school=school)


async def helped(talk: Talk) -> Entered:
    """Which commands there are."""
    return await talk.aside(talk.turn(talk.says(say("help", talk.language()))))


async def asks_language(talk: Talk) -> Entered:
    """Which language is wished for."""
    words = say("ask_language", talk.language())
    return await talk.aside(talk.turn(talk.says(words, questions.language_buttons())))


async def another(talk: Talk) -> Entered:
    """The next message is another matter."""
    answers = {**talk.dialogue.answers, linked.APART: "yes"}
    changes: dict[str, Any] = {} if talk.dialogue.state == "asking" else {"case_id": None, "answers": answers}
    return await talk.aside(talk.turn(talk.says(say("write", talk.language())), **changes))
