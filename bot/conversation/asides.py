"""What is no message for the register, and is answered all the same: buttons, commands, groups, greetings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot import meeting
from bot.conversation import linked, missing, pressing, questions, speaking
from bot.conversation.given import Given, said, verdicts
from bot.conversation.joining import by_mail
from bot.conversation.pressing import UNKNOWN, Press
from bot.conversation.standing import standing_letters
from bot.conversation.talk import Talk
from bot.proving import receipt_of
from bot.writing import RECEIPT
from procedures.advice import NOT_YET
from register import codes
from register.records import Case, Entered, Entry, Letter, RawMessage, Turn
from replies.chat import button, languages, say

#: a group is told once in this time where to write
_TOLD_AGAIN_AFTER = timedelta(days=1)
_ANEW = ":anew"


async def in_a_group(talk: Talk) -> Entered:
    """What is urgent or a complaint is registered; the group is offered a private chat, not more than once a day."""
    entry = await talk.weighed()
    last = talk.dialogue.touched_at
    language = talk.language(entry.understanding)
    if codes.in_text(talk.submission.text) or meeting.code_in(talk.submission):
        words = talk.says(say("code_in_group", language), (), language)
        return await talk.enter(replace(entry, turn=talk.turn(words)))
    addressed = talk.submission.header("telegram-update") in ("group_message", "command")
    if not addressed or (last is not None and talk.now - last < _TOLD_AGAIN_AFTER):
        return await talk.enter(entry)
    return await talk.enter(replace(entry, turn=talk.turn(talk.says(say("group", language), (), language))))


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
    return await talk.aside(talk.turn(talk.says(_welcome(talk))))


def _welcome(talk: Talk) -> str:
    language = talk.language()
    school = talk.procedure.in_language(talk.procedure.organisation.name, language)
    return say("welcome", language, school=school)


# --- commands ---


async def commanded(talk: Talk) -> Entered:
    """What begins with a stroke; of a command that we do not know, which ones there are."""
    name = talk.submission.header("telegram-command")
    return await _COMMANDS.get(name, _help)(talk)


async def _start(talk: Talk) -> Entered:
    unit = questions.unit_of_link(talk.procedure, talk.submission.header("telegram-command-argument"))
    answers = {**talk.dialogue.answers, **({"unit": unit} if unit else {})}
    found = talk.procedure.unit(unit)
    language = talk.language()
    place = say("place", language, unit=talk.procedure.in_language(found.name, language)) if found else ""
    words = "\n\n".join(filter(None, (_welcome(talk), place)))
    return await talk.aside(talk.turn(talk.says(words), answers=answers))


async def _help(talk: Talk) -> Entered:
    return await talk.aside(talk.turn(talk.says(say("help", talk.language()))))


async def _language(talk: Talk) -> Entered:
    words = say("ask_language", talk.language())
    return await talk.aside(talk.turn(talk.says(words, questions.language_buttons())))


async def _new(talk: Talk) -> Entered:
    """The next message is another matter."""
    answers = {**talk.dialogue.answers, linked.APART: "yes"}
    changes: dict[str, Any] = {} if talk.dialogue.state == "asking" else {"case_id": None, "answers": answers}
    return await talk.aside(talk.turn(talk.says(say("write", talk.language())), **changes))


async def _anonymous(talk: Talk) -> Entered:
    answers = {**talk.dialogue.answers, "anonymous": "yes", linked.APART: "yes"}
    answers.pop(missing.HANDED_IN, None)
    if talk.dialogue.state == "asking":
        return await _goes_on(talk, answers)
    words = f"{say('anonymous', talk.language())}\n\n{say('write', talk.language())}"
    return await talk.aside(talk.turn(talk.says(words), answers=answers, case_id=None))


async def _cancel(talk: Talk) -> Entered:
    if talk.dialogue.state != "asking":
        return await talk.aside(talk.turn(talk.says(say("nothing_held", talk.language()))))
    return await _dropped(talk)


async def _dropped(talk: Talk, *, emptied: bool = False) -> Entered:
    words = talk.says(say("withdrawn", talk.language()))
    turn = talk.turn(words, at_once=True, emptied=emptied, state="dropping", asked="", remind_at=None, ends_at=None)
    return await talk.aside(turn)


async def _status(talk: Talk) -> Entered:
    return await _status_of(talk, await _latest(talk))


async def _receipt(talk: Talk) -> Entered:
    """G11: a signed receipt for what was written in the case."""
    case = await _latest(talk)
    messages = await talk.desk.register.messages(case.id) if case else ()
    proven = [one for one in messages if one["fingerprint"] and not one["automatic"]]
    if case is None or not proven:
        return await _unknown_case(talk)
    letters = await standing_letters(talk, case, RECEIPT, receipt=receipt_of(proven, talk.desk))
    case_id = talk.dialogue.case_id if case.anonymous else case.id
    return await talk.aside(talk.turn(*letters, case_id=case_id))


async def _mail(talk: Talk) -> Entered:
    return await by_mail(talk, await _latest(talk))


async def _not_satisfied(talk: Talk) -> Entered:
    case = await _latest(talk)
    return await (_unknown_case(talk) if case is None else _next_level(talk, case))


_COMMANDS: dict[str, Callable[[Talk], Awaitable[Entered]]] = {
    "start": _start,
    "help": _help,
    "language": _language,
    "new": _new,
    "anonymous": _anonymous,
    "cancel": _cancel,
    "status": _status,
    "cut": linked.cut,
    "mail": _mail,
    "receipt": _receipt,
    "notsatisfied": _not_satisfied,
}


# --- a case ---


async def _latest(talk: Talk) -> Case | None:
    """The case that this chat speaks of, else the one that it is open for, else the one that it wrote to last."""
    found = await talk.desk.register.case(talk.dialogue.case_id) if talk.dialogue.case_id else None
    found = found or await linked.case_of(talk)
    return found or await talk.desk.register.latest_case_of(talk.procedure.id, talk.chat)


async def _unknown_case(talk: Talk) -> Entered:
    return await talk.aside(talk.turn(talk.says(say("no_case", talk.language()))))


async def _status_of(talk: Talk, case: Case | None, *, emptied: bool = False) -> Entered:
    """D6: how the case stands, at once and as the book has it."""
    if case is None:
        return await _unknown_case(talk)
    letters = await standing_letters(talk, case, "closed" if case.status == "closed" else "status")
    # Nothing that leads from a chat to an anonymous case is kept beside the sealed link (A4).
    case_id = talk.dialogue.case_id if case.anonymous else case.id
    return await talk.aside(talk.turn(*letters, emptied=emptied, case_id=case_id))


async def _next_level(talk: Talk, case: Case) -> Entered:
    """G8: the sender is not satisfied, in their own name and in words that staff can read."""
    words = button("dissatisfied", talk.procedure.default_language)
    written = replace(talk.submission, text=words, reply=words, headers=(), in_reply_to=())
    language = talk.language()
    given = Given(case=case, verdicts={"dissatisfied": said(True), "language": said(language)})
    entry = await talk.consider(talk.raw, written, talk.procedure, talk.desk, talk.now, given)
    turn = talk.turn(case_id=case.id)
    return await talk.enter(replace(entry, turn=turn, compose=talk.with_buttons(entry.compose, language)))


# --- buttons ---


async def pressed(talk: Talk) -> Entered:
    """A button; one that is no longer of use says what there is to do."""
    press = pressing.read(talk.submission.header("telegram-callback-data"))
    if press is None:
        return await _help(talk)
    if press.kind == "language":
        return await _speaks(talk, press.choice)
    if press.kind == "matter" and press.choice in linked.CHOICES:
        return await linked.pressed(talk, press)
    if press.kind == "matter":
        return await _about_a_case(talk, press)
    if talk.dialogue.state != "asking" or press.of != talk.of:
        return await talk.aside(talk.turn(talk.says(say("already", talk.language())), emptied=True))
    if press.kind == "change" and press.choice == "back":
        return await _goes_on(talk, dict(talk.dialogue.answers), emptied=True)
    if press.kind == "change" and press.choice in ("unit", "wants_investigation"):
        return await _asks(talk, press.choice)
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
        return await _signed(talk, answers, choice, emptied=emptied)
    if kind == "parts":
        return await _handed_in(talk, {**answers, missing.SKIPPED: "yes"}, emptied=emptied)
    if kind == "summary" and choice == "change":
        return await _asks(talk, "change")
    if choice == "discard":
        return await _dropped(talk, emptied=emptied)
    if kind == "unit":
        answers["unit"] = _unit_at(talk, choice)
    elif kind == "wish" and choice in ("yes", "no"):
        answers["wants_investigation"] = choice
    elif kind == "spoken" and choice in speaking.CHOICES:
        answers[speaking.ASKED] = choice
    return await _goes_on(talk, answers, emptied=emptied)


def _unit_at(talk: Talk, place: str) -> str:
    units = talk.procedure.units
    return units[int(place)].id if place.isascii() and place.isdigit() and int(place) < len(units) else UNKNOWN


async def _signed(talk: Talk, answers: dict[str, str], choice: str, *, emptied: bool) -> Entered:
    """Without a name at once; with it, what a written complaint still has to hold is asked for first (C7)."""
    if choice == "without_name":
        answers = {name: value for name, value in answers.items() if name != missing.HANDED_IN}
        return await _handed_in(talk, answers | {"anonymous": "yes"}, emptied=emptied)
    answers |= {"anonymous": "no", missing.HANDED_IN: "yes"}
    letter, asked = await put(talk, answers, "")
    if asked not in missing.PARTS:
        return await _handed_in(talk, answers, emptied=emptied)
    return await talk.aside(_waits(talk, letter, asked, answers, emptied=emptied))


async def _handed_in(talk: Talk, answers: dict[str, str], *, emptied: bool) -> Entered:
    """Everything that is held is taken in now; the acknowledgement is the answer."""
    turn = talk.turn(
        at_once=True,
        emptied=emptied,
        state="filing",
        asked="",
        answers=answers,
        remind_at=None,
        ends_at=None,
        case_id=None,
    )
    return await talk.aside(turn)


async def _goes_on(talk: Talk, answers: dict[str, str], *, emptied: bool = False) -> Entered:
    """The next question."""
    letter, asked = await put(talk, answers, "")
    return await talk.aside(_waits(talk, letter, asked, answers, emptied=emptied))


async def _asks(talk: Talk, asked: str) -> Entered:
    letter, _ = await put(talk, dict(talk.dialogue.answers), asked)
    return await talk.aside(_waits(talk, letter, asked, dict(talk.dialogue.answers), emptied=True))


async def put(talk: Talk, answers: dict[str, str], asked: str) -> tuple[Letter, str]:
    """A question about what is held, or (empty) the one that comes next; with its name."""
    whole = await talk.whole(answers)
    given = Given(whole=whole, verdicts=verdicts(answers))
    entry = await talk.consider(talk.raw, whole, talk.procedure, talk.desk, talk.now, given)
    known = talk.known(entry, whole, answers, talk.of)
    asked = asked or known.next()
    words, buttons = questions.question(asked, known)
    if _says_not_yet(talk, answers):
        contact = speaking.contact(talk.procedure, entry.understanding, known.language)
        words = "\n\n".join(filter(None, (contact, words)))
    return talk.says(words, buttons, known.language), asked


def _says_not_yet(talk: Talk, answers: dict[str, str]) -> bool:
    """E1: whoever has just said so is told how to reach the person concerned."""
    return answers.get(speaking.ASKED) == NOT_YET != talk.dialogue.answers.get(speaking.ASKED)


def _waits(talk: Talk, letter: Letter, asked: str, answers: dict[str, str], *, emptied: bool) -> Turn:
    """The clocks of the conversation begin anew."""
    return talk.asking(talk.turn(letter, emptied=emptied, answers=answers), asked)


async def _speaks(talk: Talk, language: str) -> Entered:
    if language not in languages():
        return await _language(talk)
    answers = {**talk.dialogue.answers, "language": language}
    if talk.dialogue.state == "asking":
        spoken = replace(talk, dialogue=replace(talk.dialogue, answers=answers))
        return await _goes_on(spoken, answers, emptied=True)
    return await talk.aside(talk.turn(talk.says(say("language", language), (), language), answers=answers))


async def _about_a_case(talk: Talk, press: Press) -> Entered:
    """A button below a case; only who belongs to it may use it."""
    case = await talk.desk.register.case(press.of) if press.of else None
    if case is None or talk.chat not in case.parties or case.organisation != talk.procedure.id:
        return await _unknown_case(talk)
    if press.choice == "mail":
        return await by_mail(talk, case)
    if press.choice == "new":
        return await _separated(talk, case, press.detail)
    places = [stage.id for stage in talk.procedure.stages]
    # A second press on the same button must not lead two stages on.
    stands = case.stage in places and press.detail == str(places.index(case.stage))
    if press.choice == "dissatisfied" and stands:
        return await _next_level(talk, case)
    return await _status_of(talk, case, emptied=True)


async def _separated(talk: Talk, case: Case, number: str) -> Entered:
    """A message that joined the case is another matter: it is taken in once more, as the beginning of one."""
    first = await talk.desk.register.raw_by_message_id(case.id, f"telegram:{talk.chat}:{number}")
    if first is None:
        return await _new(talk)
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
