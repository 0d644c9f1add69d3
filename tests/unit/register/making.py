"""The messages, entries and letters that the tests of the register are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from register.records import (
    Address,
    AddressKind,
    Assignment,
    Attachment,
    Case,
    Compose,
    Deadline,
    Decision,
    Disposition,
    Entered,
    Entry,
    Letter,
    LetterOrder,
    OutgoingLetter,
    RawMessage,
    Ruling,
    Step,
    Submission,
    Understanding,
    Verdict,
)
from register.seals import new_id
from register.store import Register

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
LEASE = timedelta(minutes=10)
WORKER = "worker-1"
PARENT = Address(kind=AddressKind.MAIL, value="Mia.Lind@example.org", name="Mia Lind")
HEAD = Address(kind=AddressKind.MAIL, value="rektor@skola.example", name="Rektor")
ANSWER = Deadline(kind="answer", due_at=NOW + timedelta(days=14), clause="step 2", role="head", promised=True)


def mail(external_id: str = "1", **changes: Any) -> RawMessage:
    """A message as a channel hands it over."""
    made = RawMessage(
        channel="lmtp",
        external_id=external_id,
        content=b"Subject: Hej\r\n\r\nHej!\r\n",
        received_at=NOW,
        recipients=("hej@skola.example",),
        envelope_from="mia.lind@example.org",
    )
    return replace(made, **changes)


def decision(**changes: Any) -> Decision:
    """A decision that registers, names an owner, sets a deadline and orders two letters."""
    made = Decision(
        disposition=Disposition.REGISTERED,
        rule="teaching",
        clause="step 2",
        procedure="skola@1",
        organisation="skola",
        unit="north",
        stage="first",
        owner="head",
        recipients=("head", "deputy"),
        assignments=(Assignment(role="deputy", task="recipient", clause="step 2", why="stands in"),),
        deadlines=(ANSWER,),
        letters=(
            LetterOrder(template="acknowledgement", to="sender", clause="step 1"),
            LetterOrder(template="notice", to="head", clause="step 2"),
        ),
        steps=(Step(id="talk", role="head", clause="step 3", due_at=ANSWER.due_at, document="minutes"),),
        excluded=("teacher",),
        number_format="SK {year}/{number:04}",
        number_series="skola",
        registered_on="2026-11-24",
        because=("rule teaching matches",),
    )
    return replace(made, **changes)


#: a decision that sets a message aside
ASIDE = decision(disposition=Disposition.SET_ASIDE, rule="set_aside:auto_reply")


def submission(**changes: Any) -> Submission:
    """What a parent wrote."""
    made = Submission(
        channel="lmtp",
        sender=PARENT,
        subject="Maten",
        text="Maten var kall.",
        reply="Maten var kall.",
        message_id="abc@example.org",
        attachments=(Attachment(name="bild.png", type="image/png", content=b"123"),),
        form={"name": "Mia Lind"},
    )
    return replace(made, **changes)


def understanding(**changes: Any) -> Understanding:
    """What the classifiers made of it."""
    made = Understanding(
        language=Verdict(label="sv", score=0.99, by="language/1"),
        kind=Verdict(label="complaint", score=0.9, because=("kall",), by="kind/1"),
        category=Verdict(label="meals", score=0.8, by="category/1"),
        persons=Verdict(label=("läraren",), score=0.7),
        gist="Maten var kall.",
    )
    return replace(made, **changes)


def letter(case: Case | None = None, **changes: Any) -> Letter:
    """An acknowledgement to the parent."""
    made = Letter(
        id=new_id(),
        case_id=case.id if case else None,
        role="sender",
        to=PARENT,
        template="acknowledgement",
        language="sv",
        subject="Vi har fått ditt brev",
        body="Hej Mia Lind",
        content=b"To: mia.lind@example.org\r\n\r\nHej Mia Lind\r\n",
        message_id="x@skola.example",
    )
    return replace(made, **changes)


def both_letters(case: Case) -> tuple[Letter, ...]:
    """The acknowledgement and the notice."""
    return letter(case), letter(case, role="head", to=HEAD, template="notice", body="Ett klagomål")


def entry(raw: RawMessage, **changes: Any) -> Entry:
    """An entry that opens a case with two letters."""
    compose: Compose = both_letters
    made = Entry(
        raw=raw,
        submission=submission(),
        ruling=Ruling(),
        understanding=understanding(),
        decision=decision(),
        compose=compose,
        duplicate_key=f"key of {raw.external_id}",
    )
    return replace(made, **changes)


async def claimed(register: Register, *ids: str, worker: str = WORKER, **changes: Any) -> tuple[RawMessage, ...]:
    """Spools messages of these ids and claims everything that waits."""
    for one in ids:
        await register.spool(mail(one, **changes))
    return await register.claim_messages(worker, 1000, NOW, LEASE)


async def entered(register: Register, external_id: str = "1", now: datetime = NOW, **changes: Any) -> Entered:
    """Spools, claims and enters one message."""
    (raw,) = await claimed(register, external_id)
    return await register.enter(entry(raw, **changes), now)


async def opened(register: Register, external_id: str = "1", now: datetime = NOW, **changes: Any) -> Case:
    """A case of one message."""
    made = (await entered(register, external_id, now, **changes)).case
    assert made is not None
    return made


async def outgoing(register: Register, now: datetime = NOW, *, urgent: bool = False) -> tuple[OutgoingLetter, ...]:
    """Everything that may leave now."""
    return await register.claim_letters("dispatcher-1", 1000, now, LEASE, urgent=urgent)


def by_template(letters: Sequence[OutgoingLetter]) -> dict[str, OutgoingLetter]:
    """Claimed letters by their template."""
    return {one.letter.template: one for one in letters}


def engines(register: Register) -> set[Engine]:
    """Everything that a register's connections are made by, for tests that listen in."""
    return {register._engine.sync_engine, register._writer.transactions.engine, register._reader.transactions.engine}
