"""The way of every message and press from a chat of staff, and of every code that would make it one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from bot.conversation import turns as parents
from bot.conversation.given import Given
from bot.conversation.talk import Talk
from bot.desk import Desk
from bot.staff.acts import pressed
from bot.staff.codes import code_in, digest
from bot.staff.drafts import drafted, is_awaited, stopped
from bot.staff.notices import Buttons
from bot.staff.pressing import MARK, data, read
from bot.staff.seats import Seat
from procedures.model import Procedure
from register.acting import OvertakenAct
from register.dialogues import Overtaken
from register.errors import Temporary
from register.records import Dialogue, Entered, Entry, RawMessage, Submission
from replies.staff import button, say

_TRIES = 5
_PRIVATE = ("private", "")

Way = Callable[[Seat], Awaitable[Entered]]


async def take_part(
    raw: RawMessage, submission: Submission, procedure: Procedure, desk: Desk, now: datetime
) -> Entered | None:
    """Takes in what comes from a chat of staff; None where it is a parent's, and goes the way of those."""
    if submission.sender is None or raw.external_id.endswith(parents.ANEW):
        return None
    for _ in range(_TRIES):
        seat = await _seat(raw, submission, procedure, desk, now)
        way = _way(seat)
        if way is None:
            return None
        try:
            return await way(seat)
        except (Overtaken, OvertakenAct):
            await asyncio.sleep(0)
    raise Temporary("This case is being worked on by others.")


async def _seat(raw: RawMessage, submission: Submission, procedure: Procedure, desk: Desk, now: datetime) -> Seat:
    chat = submission.sender.value if submission.sender else ""
    talk = Talk(
        raw=raw,
        submission=submission,
        procedure=procedure,
        desk=desk,
        consider=_never,
        dialogue=await desk.register.dialogue(procedure.id, chat) or Dialogue(organisation=procedure.id, chat=chat),
        now=now,
    )
    reach = await desk.reach(procedure)
    return Seat(talk=talk, reach=reach, roles=reach.roles_in(chat))


async def _never(
    raw: RawMessage, submission: Submission, procedure: Procedure, desk: Desk, now: datetime, given: Given
) -> Entry:
    raise AssertionError("what staff write in their chats is not weighed")


def _way(seat: Seat) -> Way | None:
    if code_in(seat.talk.submission) is not None:
        return _linked
    if not seat.roles:
        return _way_of_stranger(seat)
    if seat.talk.number in seat.talk.dialogue.held:
        return None
    if seat.header("migrated-to"):
        return _moved
    ways: dict[str, Way | None] = {
        "callback_query": _pressed if seat.header("callback-data").startswith(MARK) else None,
        "command": _way_of_command(seat),
        "group_message": drafted if is_awaited(seat) else _quiet,
        "": _way_of_text(seat),
    }
    return ways.get(seat.header("update"))


def _way_of_stranger(seat: Seat) -> Way | None:
    ours = seat.header("command") == "staff" or seat.header("callback-data").startswith(MARK)
    return _strange if ours else None


def _way_of_command(seat: Seat) -> Way | None:
    name, private = seat.header("command"), seat.header("chat-type") in _PRIVATE
    if name == "cancel" and (seat.talk.dialogue.answers.get("doing") or not private):
        return stopped
    if not private or name == "staff":
        return _told
    if name == "new":
        return _as_parent
    greeting = name in ("start", "help") and not seat.header("command-argument")
    return _told if greeting and not _is_parent(seat) else None


def _way_of_text(seat: Seat) -> Way | None:
    if is_awaited(seat):
        return drafted
    return None if _is_parent(seat) else _asked


def _is_parent(seat: Seat) -> bool:
    """Whether this person writes as a parent just now: they have said so, or an unfinished conversation goes on."""
    said = seat.talk.dialogue
    return said.state != "idle" or bool(said.answers.get("as_parent") or said.answers.get("anonymous"))


# --- linking ---


async def _linked(seat: Seat) -> Entered:
    talk = seat.talk
    found, kind = code_in(talk.submission), seat.header("chat-type") or "private"
    key = digest(found or "", talk.desk.seals)
    role = await talk.desk.register.staff.link(key, seat.procedure.id, talk.chat, kind, talk.now)
    if role is None:
        return await seat.ends(seat.says("bad_code"))
    return await seat.ends(seat.says("linked", role=seat.title(role)))


async def _strange(seat: Seat) -> Entered:
    return await seat.ends(seat.says("stranger"))


async def _moved(seat: Seat) -> Entered:
    """A group has grown and has another number; its letters go there from now on."""
    to = seat.header("migrated-to")
    await seat.talk.desk.register.staff.move(seat.procedure.id, seat.talk.chat, to, seat.talk.now)
    return await seat.ends()


# --- what is no press ---


async def _told(seat: Seat) -> Entered:
    return await seat.ends(seat.says("help", role="; ".join(map(seat.title, seat.roles))))


async def _quiet(seat: Seat) -> Entered:
    """What colleagues write to each other in a group is not for the bot, and is not kept."""
    return await seat.ends()


async def _asked(seat: Seat) -> Entered:
    """A text that nobody has asked for: it is kept where a person sees it, and never taken for a complaint."""
    rows: Buttons = (((button("parent", seat.language), data("parent", str(seat.talk.number))),),)
    return await seat.ends(seat.letter(say("ask_what", seat.language), rows), kept=True)


async def _as_parent(seat: Seat) -> Entered:
    return await seat.ends(seat.says("as_parent"), answers=seat.answers(as_parent="yes"), about_no_case=True)


async def _pressed(seat: Seat) -> Entered:
    press = read(seat.header("callback-data"))
    if press is None:
        return await seat.ends(seat.says("stale"))
    if press.verb == "stop":
        return await stopped(seat)
    return await (_written_as_parent(seat, press.of) if press.verb == "parent" else pressed(seat, press))


async def _written_as_parent(seat: Seat, number: str) -> Entered:
    """The text is taken in once more, as a parent's; only what came from this chat."""
    register = seat.talk.desk.register
    first = await register.raw(int(number)) if number.isascii() and number.isdigit() and len(number) < 18 else None
    sender = (await seat.talk.desk.read(first)).sender if first else None
    if first is None or first.channel != seat.talk.raw.channel or sender is None or sender.value != seat.talk.chat:
        return await seat.ends(seat.says("stale"))
    again = RawMessage(
        channel=first.channel,
        external_id=first.external_id + parents.ANEW,
        content=first.content,
        received_at=first.received_at,
        organisation=first.organisation,
    )
    # Before this press is written: after a crash in between it comes again, and the copy is not spooled twice.
    await register.spool(again)
    return await seat.ends()
