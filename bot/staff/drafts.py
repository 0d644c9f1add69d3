"""What staff write to a parent: begun by a button, shown back, and sent only when that is confirmed."""

from __future__ import annotations

from dataclasses import replace

from bot.staff.letters import can_be_written_to, written
from bot.staff.notices import Buttons
from bot.staff.pressing import Press, data, short
from bot.staff.seats import Place, Seat, note
from bot.writing import SENDER
from procedures.timing import put_off
from register.records import Act, Deadline, Entered, LetterOrder
from replies.chat import day
from replies.staff import button, say

#: characters; with what stands around it the letter fits into one chat message
LONGEST = 3000
#: what a draft becomes, by the button that began it
_LETTERS = {"write": "message", "longer": "longer"}


async def begun(seat: Seat, place: Place, doing: str) -> Entered:
    """The next text of this person in this chat is for the parent of the case."""
    case = place.case
    if not case.anonymous and not await can_be_written_to(seat.talk.desk, case):
        return await seat.ends(seat.says("unreachable", reference=case.reference))
    answers = seat.answers(doing=doing, of_case=case.id, by=seat.person)
    return await seat.ends(seat.says(f"{doing}_now", reference=case.reference), answers=answers)


def is_awaited(seat: Seat) -> bool:
    """Whether this message is the text that was asked for: in a group only from who pressed the button."""
    answers = seat.talk.dialogue.answers
    return answers.get("doing") in _LETTERS and answers.get("by", "") == seat.person


async def drafted(seat: Seat) -> Entered:
    """Shows the text back; nothing leaves before that is confirmed."""
    answers, text = seat.talk.dialogue.answers, seat.talk.submission.text.strip()
    place = await seat.place(answers["of_case"])
    if place is None:
        return await seat.ends(seat.says("not_yours"), answers=seat.answers())
    if not text:
        return await seat.ends(seat.says("only_text"))
    if len(text) > LONGEST:
        return await seat.ends(seat.says("too_long", most=str(LONGEST)))
    words = "\n\n".join(_shown(seat, place, answers["doing"], text, waits=await _waits(seat, place)))
    kept = {**answers, "draft": text}
    return await seat.ends(seat.letter(words, _confirming(seat, place, text)), answers=kept)


async def _waits(seat: Seat, place: Place) -> bool:
    """Whether somebody unknown gets it only when they write again: they have left no chat open."""
    return place.case.anonymous and not await seat.talk.desk.register.links.is_open(place.case.id)


def _shown(seat: Seat, place: Place, doing: str, text: str, *, waits: bool) -> list[str]:
    language, case = seat.language, place.case
    key = "confirm" if doing == "write" else "confirm_longer"
    lines = [say(key, language, reference=case.reference, text=text)]
    if doing == "longer" and not case.anonymous:
        new = _new_date(seat, place)
        zone = seat.procedure.organisation.time_zone
        lines.append(
            say("new_date", language, day=day(new[1].due_at, language, zone)) if new else say("no_new_date", language)
        )
    return [*lines, *([say("later", language)] if waits else [])]


def _confirming(seat: Seat, place: Place, text: str) -> Buttons:
    return (
        ((button("send", seat.language), data("send", place.case.id, short(text))),),
        ((button("stop", seat.language), data("stop")),),
    )


async def stopped(seat: Seat) -> Entered:
    """What was begun is forgotten."""
    key = "stopped" if seat.talk.dialogue.answers.get("doing") else "nothing_begun"
    return await seat.ends(seat.says(key), answers=seat.answers())


async def left(seat: Seat, place: Place, press: Press) -> Entered:
    """The text that was shown goes to the parent; a button of another text, or of one that has left, does nothing."""
    answers, case = seat.talk.dialogue.answers, place.case
    text, doing = answers.get("draft", ""), answers.get("doing", "")
    if doing not in _LETTERS or answers.get("of_case") != case.id or short(text) != press.detail:
        return await seat.ends(seat.says("stale"))
    act = await _act(seat, place, doing, text)
    key = "kept" if await _waits(seat, place) else "sent"
    return await seat.ends(seat.says(key, reference=case.reference), act=act, answers=seat.answers())


async def _act(seat: Seat, place: Place, doing: str, text: str) -> Act:
    """A letter, or for somebody unknown what they are told the next time; with a new date where there is one (G6)."""
    case, new = place.case, _new_date(seat, place) if doing == "longer" and not place.case.anonymous else None
    stage = seat.procedure.stage(case.stage)
    becomes = replace(case, deadlines=tuple(new[1] if new and one == new[0] else one for one in case.deadlines))
    order = LetterOrder(template=_LETTERS[doing], to=SENDER, clause=stage.clause if stage else "")
    letters = await written(
        seat.talk.desk, becomes, seat.reach, [] if case.anonymous else [order], seat.talk.now, said=text, by=place.role
    )
    what = "wrote_to_sender" if doing == "write" else "takes_longer"
    facts = {"kind": new[0].kind, "due_at": new[1].due_at, "before": new[0].due_at} if new else {}
    return Act(
        case=case,
        taken=place.taken,
        becomes=case,
        taker=place.taken.role if place.taken else "",
        happenings=(note(what, place, new[1].clause if new else order.clause, **facts),),
        letters=letters,
        question=text if case.anonymous else "",
        put_off=new,
    )


def _new_date(seat: Seat, place: Place) -> tuple[Deadline, Deadline] | None:
    return put_off(seat.procedure, place.case)
