"""What begins with a stroke."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.conversation import asides, asking, cases, linked, missing, questions
from bot.conversation.joining import by_mail
from bot.conversation.standing import standing_letters
from bot.conversation.talk import Talk
from bot.proving import receipt_of
from bot.writing import RECEIPT
from register.records import Entered
from replies.chat import say


async def commanded(talk: Talk) -> Entered:
    """What begins with a stroke; of a command that we do not know, which ones there are."""
    name = talk.submission.header("telegram-command")
    return await _COMMANDS.get(name, asides.helped)(talk)


async def _start(talk: Talk) -> Entered:
    unit = questions.unit_of_link(talk.procedure, talk.submission.header("telegram-command-argument"))
    answers = {**talk.dialogue.answers, **({"unit": unit} if unit else {})}
    found = talk.procedure.unit(unit)
    language = talk.language()
    place = say("place", language, unit=talk.procedure.in_language(found.name, language)) if found else ""
    words = "\n\n".join(filter(None, (asides.welcome(talk), place)))
    return await talk.aside(talk.turn(talk.says(words), answers=answers))


async def _anonymous(talk: Talk) -> Entered:
    answers = {**talk.dialogue.answers, "anonymous": "yes", linked.APART: "yes"}
    answers.pop(missing.HANDED_IN, None)
    if talk.dialogue.state == "asking":
        return await asking.goes_on(talk, answers)
    words = f"{say('anonymous', talk.language())}\n\n{say('write', talk.language())}"
    return await talk.aside(talk.turn(talk.says(words), answers=answers, case_id=None))


async def _cancel(talk: Talk) -> Entered:
    if talk.dialogue.state != "asking":
        return await talk.aside(talk.turn(talk.says(say("nothing_held", talk.language()))))
    return await asking.dropped(talk)


async def _status(talk: Talk) -> Entered:
    return await cases.status_of(talk, await cases.latest(talk))


async def _receipt(talk: Talk) -> Entered:
    """G11: a signed receipt for what was written in the case."""
    case = await cases.latest(talk)
    messages = await talk.desk.register.messages(case.id) if case else ()
    proven = [one for one in messages if one["fingerprint"] and not one["automatic"]]
    if case is None or not proven:
        return await cases.unknown(talk)
    letters = await standing_letters(talk, case, RECEIPT, receipt=receipt_of(proven, talk.desk))
    case_id = talk.dialogue.case_id if case.anonymous else case.id
    return await talk.aside(talk.turn(*letters, case_id=case_id))


async def _mail(talk: Talk) -> Entered:
    return await by_mail(talk, await cases.latest(talk))


async def _not_satisfied(talk: Talk) -> Entered:
    case = await cases.latest(talk)
    return await (cases.unknown(talk) if case is None else cases.next_level(talk, case))


_COMMANDS: dict[str, Callable[[Talk], Awaitable[Entered]]] = {
    "start": _start,
    "help": asides.helped,
    "language": asides.asks_language,
    "new": asides.another,
    "anonymous": _anonymous,
    "cancel": _cancel,
    "status": _status,
    "cut": linked.cut,
    "mail": _mail,
    "receipt": _receipt,
    "notsatisfied": _not_satisfied,
}
