"""THE path of every message: read, rule, match, understand, decide, compose, enter. Read this first."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.conversation import Given, take_part
from bot.desk import Desk
from bot.entering import entry_of, nobodys
from bot.meeting import INVITED, welcomed
from bot.staff import turns as staff
from bot.staff.replying import taken_by_mail
from bot.weighing import weigh
from procedures.model import Procedure
from register.records import Entered, Entry, RawMessage, Submission

#: the channel whose messages make conversations
CHAT = "telegram"
NOTHING = Given()


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
        of_staff = await staff.take_part(raw, submission, procedure, desk, now)
        return of_staff or await take_part(raw, submission, procedure, desk, now, consider)
    submission, case, journal = await welcomed(desk, submission, procedure, now)
    given = Given(case=case, joined_by=INVITED)
    entry = await consider(raw, submission, procedure, desk, now, given)
    entered = await desk.register.enter(replace(entry, journal=(*entry.journal, *journal)), now)
    await taken_by_mail(desk, procedure, entry, now)
    return entered


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
    weighed = await weigh(raw, submission, procedure, desk, now, given)
    return await entry_of(weighed, desk, now)
