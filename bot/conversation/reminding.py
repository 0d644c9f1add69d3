"""The clock's part: a question that has stood for a day is repeated, once."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import datetime

from bot.conversation.asking import put
from bot.conversation.talk import END_AFTER, Consider, Talk
from bot.desk import Desk
from register.dialogues import Overtaken
from register.records import Dialogue, Turn
from replies.chat import day, say


async def remind(desk: Desk, now: datetime, consider: Consider) -> None:
    """Repeats every question that is due; a conversation that goes on meanwhile needs none."""
    for dialogue in await desk.register.dialogues_to_remind(now):
        with contextlib.suppress(Overtaken):
            await desk.register.say(await _reminder(desk, dialogue, now, consider), now)


async def _reminder(desk: Desk, dialogue: Dialogue, now: datetime, consider: Consider) -> Turn:
    silent = Turn(dialogue=replace(dialogue, remind_at=None))
    procedure = desk.procedures.get(dialogue.organisation)
    first = await desk.register.raw(dialogue.held[0]) if dialogue.held else None
    if procedure is None or first is None or dialogue.state != "asking":
        return silent
    talk = Talk(
        raw=first,
        submission=await desk.read(first),
        procedure=procedure,
        desk=desk,
        consider=consider,
        dialogue=dialogue,
        now=now,
    )
    letter, _ = await put(talk, dict(dialogue.answers), dialogue.asked)
    ends = day(dialogue.ends_at or now + END_AFTER, letter.language, procedure.organisation.time_zone)
    words = say("reminder", letter.language, day=ends)
    return replace(silent, letters=(replace(letter, body=f"{words}\n\n{letter.body}"),))
