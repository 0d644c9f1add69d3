"""What a chat asks of its case: how it stands, the next level, that a message was another matter."""

from __future__ import annotations

from dataclasses import replace

from bot.conversation import asides, linked
from bot.conversation.given import Given, said
from bot.conversation.joining import by_mail
from bot.conversation.pressing import Press
from bot.conversation.standing import standing_letters
from bot.conversation.talk import Talk
from register.records import Case, Entered, RawMessage
from replies.chat import button, say

_ANEW = ":anew"


async def latest(talk: Talk) -> Case | None:
    """The case that this chat speaks of, else the one that it is open for, else the one that it wrote to last."""
    found = await talk.desk.register.case(talk.dialogue.case_id) if talk.dialogue.case_id else None
    found = found or await linked.case_of(talk)
    return found or await talk.desk.register.latest_case_of(talk.procedure.id, talk.chat)


async def unknown(talk: Talk) -> Entered:
    """There is no case that could be meant."""
    return await talk.aside(talk.turn(talk.says(say("no_case", talk.language()))))


async def status_of(talk: Talk, case: Case | None, *, emptied: bool = False) -> Entered:
    """D6: how the case stands, at once and as the book has it."""
    if case is None:
        return await unknown(talk)
    letters = await standing_letters(talk, case, "closed" if case.status == "closed" else "status")
    # Nothing that leads from a chat to an anonymous case is kept beside the sealed link (A4).
    case_id = talk.dialogue.case_id if case.anonymous else case.id
    return await talk.aside(talk.turn(*letters, emptied=emptied, case_id=case_id))


async def next_level(talk: Talk, case: Case) -> Entered:
    """G8: the sender is not satisfied, in their own name and in words that staff can read."""
    words = button("dissatisfied", talk.procedure.default_language)
    written = replace(talk.submission, text=words, reply=words, headers=(), in_reply_to=())
    language = talk.language()
    given = Given(case=case, verdicts={"dissatisfied": said(True), "language": said(language)})
    entry = await talk.consider(talk.raw, written, talk.procedure, talk.desk, talk.now, given)
    turn = talk.turn(case_id=case.id)
    return await talk.enter(replace(entry, turn=turn, compose=talk.with_buttons(entry.compose, language)))


async def about(talk: Talk, press: Press) -> Entered:
    """A button below a case; only who belongs to it may use it."""
    case = await talk.desk.register.case(press.of) if press.of else None
    if case is None or talk.chat not in case.parties or case.organisation != talk.procedure.id:
        return await unknown(talk)
    if press.choice == "mail":
        return await by_mail(talk, case)
    if press.choice == "new":
        return await _separated(talk, case, press.detail)
    places = [stage.id for stage in talk.procedure.stages]
    # A second press on the same button must not lead two stages on.
    stands = case.stage in places and press.detail == str(places.index(case.stage))
    if press.choice == "dissatisfied" and stands:
        return await next_level(talk, case)
    return await status_of(talk, case, emptied=True)


async def _separated(talk: Talk, case: Case, number: str) -> Entered:
    """A message that joined the case is another matter: it is taken in once more, as the beginning of one."""
    first = await talk.desk.register.raw_by_message_id(case.id, f"telegram:{talk.chat}:{number}")
    if first is None:
        return await asides.another(talk)
    again = RawMessage(
        channel=first.channel,
        external_id=first.external_id + _ANEW,
        content=first.content,
        received_at=first.received_at,
        organisation=first.organisation,
    )
    # Before this press is written: after a crash in between it comes again, and the copy is not spooled twice.
    await talk.desk.register.spool(again)
    return await talk.aside(talk.turn(emptied=True, case_id=None))
