"""Buttons that are pressed, and the answers that are typed in their place."""

from __future__ import annotations

from dataclasses import replace

from bot.conversation import asides, asking, cases, linked, missing, pressing, speaking
from bot.conversation.pressing import UNKNOWN
from bot.conversation.talk import Talk
from register.records import Entered
from replies.chat import languages, say


async def pressed(talk: Talk) -> Entered:
    """A button; one that is no longer of use says what there is to do."""
    press = pressing.read(talk.submission.header("telegram-callback-data"))
    if press is None:
        return await asides.helped(talk)
    if press.kind == "language":
        return await _speaks(talk, press.choice)
    if press.kind == "matter" and press.choice in linked.CHOICES:
        return await linked.pressed(talk, press)
    if press.kind == "matter":
        return await cases.about(talk, press)
    if talk.dialogue.state != "asking" or press.of != talk.of:
        return await talk.aside(talk.turn(talk.says(say("already", talk.language())), emptied=True))
    if press.kind == "change" and press.choice == "back":
        return await asking.goes_on(talk, dict(talk.dialogue.answers), emptied=True)
    if press.kind == "change" and press.choice in ("unit", "wants_investigation"):
        return await asking.asks(talk, press.choice)
    return await _chosen(talk, press.kind, press.choice, emptied=True)


async def chosen(talk: Talk, answer: str) -> Entered:
    """An answer that was typed instead of pressed."""
    asked = talk.dialogue.asked
    kind = "parts" if asked in missing.PARTS else _KINDS.get(asked, asked)
    return await _chosen(talk, kind, UNKNOWN if answer == "other_unit" else answer)


_KINDS = {"wants_investigation": "wish", speaking.ASKED: "spoken"}


async def _chosen(talk: Talk, kind: str, choice: str, *, emptied: bool = False) -> Entered:
    answers = dict(talk.dialogue.answers)
    if kind == "summary" and choice in ("with_name", "without_name"):
        return await asking.signed(talk, answers, choice, emptied=emptied)
    if kind == "parts":
        return await asking.handed_in(talk, {**answers, missing.SKIPPED: "yes"}, emptied=emptied)
    if kind == "summary" and choice == "change":
        return await asking.asks(talk, "change")
    if choice == "discard":
        return await asking.dropped(talk, emptied=emptied)
    if kind == "unit":
        answers["unit"] = _unit_at(talk, choice)
    elif kind == "wish" and choice in ("yes", "no"):
        answers["wants_investigation"] = choice
    elif kind == "spoken" and choice in speaking.CHOICES:
        answers[speaking.ASKED] = choice
    return await asking.goes_on(talk, answers, emptied=emptied)


def _unit_at(talk: Talk, place: str) -> str:
    units = talk.procedure.units
    return units[int(place)].id if place.isascii() and place.isdigit() and int(place) < len(units) else UNKNOWN


async def _speaks(talk: Talk, language: str) -> Entered:
    if language not in languages():
        return await asides.asks_language(talk)
    answers = {**talk.dialogue.answers, "language": language}
    if talk.dialogue.state == "asking":
        spoken = replace(talk, dialogue=replace(talk.dialogue, answers=answers))
        return await asking.goes_on(spoken, answers, emptied=True)
    return await talk.aside(talk.turn(talk.says(say("language", language), (), language), answers=answers))
