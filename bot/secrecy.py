"""The dialogue with somebody unknown: the code in their message and in our letter, the school's questions (G3)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.desk import Desk
from procedures.model import Procedure
from register import codes
from register.records import (
    Automatic,
    Case,
    Decision,
    Disposition,
    Happening,
    LetterOrder,
    Match,
    Ruling,
    Secrecy,
    Submission,
    Understanding,
    Verdict,
)
from register.unknown import LETTER

#: wrong codes of one sender, and of all together, after which none is tried until the window has passed
WINDOW = timedelta(hours=1)
MOST_OF_ONE = 5
MOST_OF_ALL = 100
#: a chat of two; a mail has no such field
_PRIVATE = ("private", "")


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """A message whose codes were taken out, and what they open."""

    submission: Submission
    match: Match | None = None
    #: there was a code: whoever writes one wants to stay unknown
    shown: bool = False
    wrong: int = 0
    journal: tuple[Happening, ...] = ()

    def understood(self, understanding: Understanding) -> Understanding:
        """The verdicts, in which a code counts as the wish to stay unknown."""
        if not self.shown:
            return understanding
        return replace(understanding, anonymous=Verdict(label=True, score=1.0, because=("a receipt code",), by="code"))


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the letters to somebody unknown say besides, and what the register keeps of it."""

    decision: Decision
    secrecy: Secrecy = field(default_factory=Secrecy)
    code: str = ""
    asked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Attempts:
    """Who has written wrong codes lately; in memory only, so that it leaves no trace of anybody."""

    _seen: dict[str, deque[datetime]] = field(default_factory=dict)

    def too_many(self, sender: str, now: datetime) -> bool:
        """Whether this sender has to wait."""
        self._forget(now)
        return len(self._seen.get(sender, ())) >= MOST_OF_ONE

    def note(self, sender: str, now: datetime) -> None:
        """This sender's code opened nothing."""
        if sender:
            self._seen.setdefault(sender, deque(maxlen=MOST_OF_ONE)).append(now)

    def _forget(self, now: datetime) -> None:
        for sender in [one for one, times in self._seen.items() if times[-1] < now - WINDOW]:
            del self._seen[sender]


ATTEMPTS = Attempts()


async def spoken(desk: Desk, submission: Submission, procedure: Procedure, now: datetime) -> Spoken:
    """Takes the codes out of a message and finds the case that one of them opens, whoever sends it.

    Whether a code was wrong or was not tried changes nothing in what the sender gets: an acknowledgement of a new case.
    """
    found = codes.in_text(f"{submission.subject}\n{submission.text}\n{submission.reply}")
    if not found:
        return Spoken(submission=submission)
    without = without_codes(submission)
    sender = submission.sender.value.lower() if submission.sender else ""
    if submission.header("telegram-chat-type") not in _PRIVATE:
        # Everybody in a group can read the code, and would read the answer.
        return Spoken(submission=without, shown=True, journal=(Happening(what="code_not_tried"),))
    if ATTEMPTS.too_many(sender, now) or await desk.register.unknown.wrong_since(now - WINDOW) >= MOST_OF_ALL:
        return Spoken(submission=without, shown=True, journal=(Happening(what="code_not_tried"),))
    for code in found:
        if case := await opened_by(desk, code, procedure.id):
            return Spoken(submission=without, match=Match(case=case, joined_by="code"), shown=True)
    ATTEMPTS.note(sender, now)
    return Spoken(submission=without, shown=True, wrong=len(found), journal=(Happening(what="code_unknown"),))


async def opened_by(desk: Desk, code: str, organisation: str) -> Case | None:
    """The case of a school that a code opens."""
    for case_id, sealed in await desk.register.unknown.codes_like(code[: codes.PREFIX], organisation):
        if await desk.apart(codes.fits, code, sealed, desk.seals):
            return await desk.register.case(case_id)
    return None


def without_codes(submission: Submission) -> Submission:
    """The message without its codes: the register keeps none of them."""
    return replace(
        submission,
        subject=codes.hide(submission.subject),
        text=codes.hide(submission.text),
        reply=codes.hide(submission.reply),
        html="",
    )


async def answered(desk: Desk, said: Spoken, decision: Decision, ruling: Ruling, match: Match) -> Answer:
    """The code for a new case; the school's questions for one that the sender has come back to."""
    secrecy = Secrecy(wrong_codes=said.wrong)
    if decision.disposition is Disposition.REGISTERED:
        if all(order.to != "sender" for order in decision.letters):
            return Answer(decision=decision, secrecy=secrecy)
        code = codes.new()
        sealed = await desk.apart(codes.seal, code, desk.seals)
        return Answer(decision=decision, secrecy=replace(secrecy, code=sealed), code=codes.spoken(code))
    if match.case is None or not match.case.anonymous or not _may_be_told(decision, ruling):
        return Answer(decision=decision, secrecy=secrecy)
    waiting = await desk.register.unknown.questions(match.case.id, waiting=True)
    if not waiting and match.joined_by != "code":
        return Answer(decision=decision, secrecy=secrecy)
    letters = (LetterOrder(template=LETTER, to="sender", clause=decision.clause), *decision.letters)
    return Answer(
        decision=replace(decision, letters=letters, not_acknowledged_because=""),
        secrecy=replace(secrecy, told=tuple(one.id for one in waiting)),
        asked=tuple(one.text for one in waiting),
    )


def _may_be_told(decision: Decision, ruling: Ruling) -> bool:
    reachable = decision.not_acknowledged_because in ("", "joined")
    return decision.disposition is Disposition.JOINED and ruling.answerable and reachable and not _machine(ruling)


def _machine(ruling: Ruling) -> bool:
    return ruling.automatic not in (None, Automatic.LIST)
