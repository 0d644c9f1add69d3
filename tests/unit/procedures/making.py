"""The messages, verdicts and cases that the tests of the procedures are made of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from procedures.decide import Situation, decide
from procedures.letters import letter_facts
from procedures.load import Procedures
from procedures.model import Procedure
from register.records import (
    Address,
    AddressKind,
    Case,
    Decision,
    LetterFacts,
    LetterOrder,
    Ruling,
    Submission,
    Understanding,
    Verdict,
)

SCHOOLS = Procedures.load()
ALEXANDERSKOLAN, HUDDINGE, NORDBERG, ST_GEORGE = SCHOOLS.all

#: a Tuesday, within the office hours of all four
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
#: a Saturday
SATURDAY = datetime(2026, 11, 28, 10, 0, tzinfo=UTC)

PARENT = Address(kind=AddressKind.MAIL, value="mia.lind@example.org", name="Mia Lind")


def sure(label: Any, score: float = 0.95) -> Verdict:
    """A verdict that its classifier is sure of."""
    return Verdict(label=label, score=score)


def understood(**verdicts: Any) -> Understanding:
    """A complaint, with further verdicts by question; a bare label counts as sure."""
    made: dict[str, Any] = {
        name: value if isinstance(value, Verdict) or name in ("categories", "gist") else sure(value)
        for name, value in verdicts.items()
    }
    return replace(Understanding(kind=sure("complaint"), language=sure("sv")), **made)


def mail(mailbox: str, **changes: Any) -> Submission:
    """A mail of a parent to one of the mailboxes."""
    made = Submission(
        channel="lmtp",
        sender=PARENT,
        to=(Address(kind=AddressKind.MAIL, value=mailbox),),
        delivered_to=(mailbox,),
        subject="Maten",
        date=NOW,
        text="Hej!\n\nMaten var kall igen.\n\nMia Lind\n",
    )
    return replace(made, **changes)


def decided(
    procedure: Procedure,
    understanding: Understanding | None = None,
    *,
    now: datetime = NOW,
    ruling: Ruling | None = None,
    case: Case | None = None,
    joined_by: str = "",
    **changes: Any,
) -> Decision:
    """The decision on a mail to the school's first mailbox; `changes` are made to the mail."""
    submission = mail(procedure.mailboxes[0].address, **changes)
    situation = Situation(
        submission=submission,
        ruling=ruling or Ruling(),
        understanding=understanding or understood(),
        case=case,
        joined_by=joined_by,
    )
    return decide(procedure, situation, now)


def opened(decision: Decision, **changes: Any) -> Case:
    """The case that a decision opens."""
    made = Case(
        id="c" * 20,
        reference="ALX 2026-0007",
        organisation=decision.organisation,
        unit=decision.unit,
        channel="lmtp",
        opened_at=NOW,
        kind="complaint",
        category="meals",
        urgent=False,
        anonymous=False,
        language="sv",
        stage=decision.stage,
        status="open",
        owner=decision.owner,
        recipients=decision.recipients,
        excluded=decision.excluded,
        parties=(PARENT.value,),
        deadlines=decision.deadlines,
        messages=1,
        subject="Maten",
        gist="Maten var kall igen.",
    )
    return replace(made, **changes)


def said(
    procedure: Procedure,
    decision: Decision,
    template: str,
    *,
    to: str = "sender",
    language: str = "sv",
    understanding: Understanding | None = None,
    case: Case | None = None,
    category_title: str = "Mat",
    **changes: Any,
) -> LetterFacts:
    """What the letter of a decision may say; a letter that was not ordered is a fault of the test."""
    order = next((one for one in decision.letters if one.template == template and to in (one.to, "")), None)
    assert order is not None, f"no {template} to {to} among {[(one.template, one.to) for one in decision.letters]}"
    return letter_facts(
        procedure,
        decision,
        case=case or opened(decision),
        submission=mail(procedure.mailboxes[0].address, **changes),
        understanding=understanding or understood(),
        language=language,
        order=order,
        category_title=category_title,
    )


def orders(decision: Decision, template: str) -> tuple[LetterOrder, ...]:
    """The orders of a template, in order."""
    return tuple(one for one in decision.letters if one.template == template)


def receivers(decision: Decision, template: str) -> tuple[str, ...]:
    """To whom a template is ordered."""
    return tuple(one.to for one in orders(decision, template))


def due(decision: Decision, kind: str) -> datetime:
    """The moment of a deadline."""
    return next(one.due_at for one in decision.deadlines if one.kind == kind)
