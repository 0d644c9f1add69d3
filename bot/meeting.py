"""Mail and chat of one person meet in one case, by a code that works once and for a week (G9).

Whoever has begun by mail is shown a code for the chat; whoever has begun in the chat asks for one for their mail. The
code comes from the other side within its time, and that address belongs to the case from then on. A letter tells the
side that was there before. Never for an anonymous case, which its own receipt code opens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.answering import last_used
from bot.desk import Desk
from bot.secrecy import ATTEMPTS, MOST_OF_ALL, WINDOW
from bot.writing import SENDER, Writing
from procedures.decide import Situation
from procedures.model import Procedure
from register import codes
from register.records import (
    Address,
    AddressKind,
    Case,
    Decision,
    Disposition,
    Happening,
    Invitation,
    Letter,
    LetterOrder,
    Ruling,
    Submission,
    Understanding,
    Verdict,
)

#: how long a code works
LASTS = timedelta(days=7)
#: groups of a code: shorter than a receipt code, which has four
GROUPS = 3
JOINED = "joined"
#: what has joined a message that came with a code
INVITED = "invitation"
_LETTERS_WITH_A_CODE = ("acknowledgement",)


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A code that was made, and what is kept of it."""

    code: str
    invitation: Invitation

    def facts(self, bot: str) -> Mapping[str, Any]:
        """What the letter says, where `bot` is the user name of the school's bot, or empty."""
        spoken = codes.spoken(self.code)
        link = f"https://t.me/{bot}?start={spoken}" if bot else ""
        return {"invitation": spoken, "invitation_link": link, "invited_until": self.invitation.expires_at}


def new_offer(desk: Desk, kind: AddressKind, now: datetime, case_id: str = "") -> Offer:
    """A code that an address of this kind may use; for the case that the message opens, or for one that is there."""
    code = codes.new(GROUPS)
    kept = Invitation(digest=_digest(desk, code), kind=kind, expires_at=now + LASTS, case_id=case_id)
    return Offer(code=code, invitation=kept)


def offered(
    desk: Desk, procedure: Procedure, decision: Decision, sender: Address | None, now: datetime
) -> Offer | None:
    """The code in the acknowledgement of a mail, where the school has a chat."""
    if procedure.id not in desk.bots or sender is None or sender.kind is not AddressKind.MAIL:
        return None
    opens = decision.disposition is Disposition.REGISTERED
    told = any(order.to == SENDER and order.template in _LETTERS_WITH_A_CODE for order in decision.letters)
    return new_offer(desk, AddressKind.TELEGRAM, now) if opens and told else None


# --- a code that comes back ---


def code_in(submission: Submission) -> str:
    """The code that somebody writes or brings by a link; not one in a letter of ours that they quote."""
    if submission.header("telegram-command") == "start":
        return codes.read(submission.header("telegram-command-argument"), GROUPS) or ""
    written = codes.hide(f"{submission.subject}\n{submission.reply}")
    return next(iter(codes.in_text(written, GROUPS)), "")


def without_code(submission: Submission) -> Submission:
    """The message without its code."""
    return replace(
        submission,
        subject=codes.hide(submission.subject, GROUPS),
        text=codes.hide(submission.text, GROUPS),
        reply=codes.hide(submission.reply, GROUPS),
        html="",
    )


async def met(desk: Desk, submission: Submission, procedure: Procedure, now: datetime) -> Case | None:
    """The case that the code in a message opens, to which its sender belongs from now on; None where it opens none.

    Wrong codes are counted together with wrong receipt codes. A message that comes a second time finds the same case.
    """
    sender, code = submission.sender, code_in(submission)
    if sender is None or not code:
        return None
    who = sender.value.lower()
    if ATTEMPTS.too_many(who, now) or await desk.register.unknown.wrong_since(now - WINDOW) >= MOST_OF_ALL:
        return None
    found = await _accepted(desk, procedure, _digest(desk, code), sender, now)
    if found is None:
        ATTEMPTS.note(who, now)
        await desk.register.unknown.note_wrong(now)
    return found


async def _accepted(desk: Desk, procedure: Procedure, digest: str, sender: Address, now: datetime) -> Case | None:
    used_by = desk.seals.blind("invited", sender.value.lower())
    known = desk.register.invitations
    case = await desk.register.case(await known.case_id(digest, sender.kind, used_by, procedure.id, now) or "-")
    if case is None:
        return None
    letters = await _told(desk, procedure, case, sender.kind, now)
    accepted = await known.accept(digest, sender.value, sender.kind, used_by, procedure.id, letters, now)
    return await desk.register.case(accepted) if accepted else None


async def _told(desk: Desk, procedure: Procedure, case: Case, joined: AddressKind, now: datetime) -> tuple[Letter, ...]:
    """What the side that was there before hears of it: whoever gave their code away by mistake learns it."""
    decision = await desk.register.decision(case.id)
    if decision is None:
        return ()
    messages, journal = await desk.register.messages(case.id), await desk.register.journal(case.id)
    before = last_used(case, messages, journal, not_by=joined.value)
    order = LetterOrder(template=JOINED, to=SENDER, clause=decision.clause)
    writing = Writing(
        desk=desk,
        procedure=procedure,
        situation=Situation(
            submission=before,
            ruling=Ruling(),
            understanding=Understanding(language=Verdict(label=case.language, score=1.0)),
        ),
        decision=replace(
            decision, letters=(order,), owner=case.owner, stage=case.stage, deadlines=case.deadlines, unit=case.unit
        ),
        open_cases=(),
        now=now,
        more={"joined_from": joined.value},
    )
    return writing(case)


async def welcomed(
    desk: Desk, submission: Submission, procedure: Procedure, now: datetime
) -> tuple[Submission, Case | None, tuple[Happening, ...]]:
    """A mail without its code, the case that it opens, and what the journal says where it opens none."""
    if not code_in(submission):
        return submission, None, ()
    case = await met(desk, submission, procedure, now)
    return without_code(submission), case, () if case else (Happening(what="invitation_unknown"),)


def _digest(desk: Desk, code: str) -> str:
    return desk.seals.blind("invitation", code)
