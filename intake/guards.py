"""May an automatic answer be sent? One function a guard; their order is the tuple at the bottom."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from register.records import Automatic, Ruling, Submission

#: documented windows and the number of automatic letters that one sender gets at most in each (Zammad's figures, halved
#: to what a person needs; Znuny's 40 a day)
WINDOWS: tuple[tuple[timedelta, int], ...] = (
    (timedelta(minutes=10), 5),
    (timedelta(hours=1), 10),
    (timedelta(days=1), 20),
)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the guards know besides the message."""

    own_addresses: frozenset[str]
    is_own_message_id: Callable[[str], bool]
    answers_sent: tuple[int, ...]
    limits: tuple[int, ...]


Guard = Callable[[Submission, Facts], Ruling | None]


def judge(
    submission: Submission,
    *,
    own_addresses: frozenset[str],
    is_own_message_id: Callable[[str], bool],
    answers_sent: tuple[int, ...] = (),
    limits: tuple[int, ...] = (),
) -> Ruling:
    """The first guard that objects rules; nobody objects: a person's message that may be answered."""
    facts = Facts(
        own_addresses=own_addresses, is_own_message_id=is_own_message_id, answers_sent=answers_sent, limits=limits
    )
    for guard in GUARDS:
        ruling = guard(submission, facts)
        if ruling is not None:
            return ruling
    return Ruling()


def own_loop(submission: Submission, facts: Facts) -> Ruling | None:
    """Our own letter, or one from a mailbox of ours."""
    sender = submission.sender.value.lower() if submission.sender else ""
    if submission.header("x-loop") == "lyhord" or facts.is_own_message_id(submission.message_id):
        return Ruling(automatic=Automatic.OWN, answerable=False, reason="own_loop", because="our own letter")
    if sender and sender in facts.own_addresses:
        return Ruling(automatic=Automatic.OWN, answerable=False, reason="own_loop", because="from a mailbox of ours")
    return None


def bounce(submission: Submission, _: Facts) -> Ruling | None:
    """A delivery status notification (RFC 3464)."""
    if "report-type=delivery-status" in submission.header("content-type").replace('"', "").lower():
        return Ruling(automatic=Automatic.BOUNCE, answerable=False, reason="bounce", because="delivery status report")
    if submission.envelope_from == "":
        return Ruling(answerable=False, reason="null_path", because="null return path")
    return None


def auto_submitted(submission: Submission, _: Facts) -> Ruling | None:
    """RFC 3834: anything but `no`."""
    value = submission.header("auto-submitted").split(";")[0].strip().lower()
    if value and value != "no":
        return Ruling(
            automatic=Automatic.AUTO_REPLY,
            answerable=False,
            reason="auto_submitted",
            because=f"Auto-Submitted: {value}",
        )
    return None


def no_reply(submission: Submission, _: Facts) -> Ruling | None:
    """An address that says it is not read."""
    if submission.sender and re.match(r"(?i)no[-_.]?reply", submission.sender.value):
        return Ruling(answerable=False, reason="no_reply", because="no-reply sender")
    return None


def no_sender(submission: Submission, _: Facts) -> Ruling | None:
    """Nobody to answer."""
    return None if submission.sender else Ruling(answerable=False, reason="no_sender", because="no sender")


def rate_limit(_: Submission, facts: Facts) -> Ruling | None:
    """Enough automatic letters to this sender for now."""
    if any(sent >= limit for sent, limit in zip(facts.answers_sent, facts.limits, strict=False)):
        return Ruling(answerable=False, reason="rate_limit", because="too many automatic letters")
    return None


#: asked from first to last; the first that objects rules
GUARDS: tuple[Guard, ...] = (own_loop, bounce, auto_submitted, no_reply, no_sender, rate_limit)
