"""What is held is asked about, handed in or dropped."""

from __future__ import annotations

from bot.conversation import missing, questions, speaking
from bot.conversation.given import Given, verdicts
from bot.conversation.talk import Talk
from procedures.advice import NOT_YET
from register.records import Entered, Letter, Turn
from replies.chat import say


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


async def goes_on(talk: Talk, answers: dict[str, str], *, emptied: bool = False) -> Entered:
    """The next question."""
    letter, asked = await put(talk, answers, "")
    return await talk.aside(_waits(talk, letter, asked, answers, emptied=emptied))


async def asks(talk: Talk, asked: str) -> Entered:
    """A certain question, though it was answered before."""
    letter, _ = await put(talk, dict(talk.dialogue.answers), asked)
    return await talk.aside(_waits(talk, letter, asked, dict(talk.dialogue.answers), emptied=True))


async def signed(talk: Talk, answers: dict[str, str], choice: str, *, emptied: bool) -> Entered:
    """Without a name at once; with it, what a written complaint still has to hold is asked for first (C7)."""
    if choice == "without_name":
        answers = {name: value for name, value in answers.items() if name != missing.HANDED_IN}
        return await handed_in(talk, answers | {"anonymous": "yes"}, emptied=emptied)
    answers |= {"anonymous": "no", missing.HANDED_IN: "yes"}
    letter, asked = await put(talk, answers, "")
    if asked not in missing.PARTS:
        return await handed_in(talk, answers, emptied=emptied)
    return await talk.aside(_waits(talk, letter, asked, answers, emptied=emptied))


async def handed_in(talk: Talk, answers: dict[str, str], *, emptied: bool) -> Entered:
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


async def dropped(talk: Talk, *, emptied: bool = False) -> Entered:
    """Nothing that is held is taken in."""
    words = talk.says(say("withdrawn", talk.language()))
    turn = talk.turn(words, at_once=True, emptied=emptied, state="dropping", asked="", remind_at=None, ends_at=None)
    return await talk.aside(turn)
