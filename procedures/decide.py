"""The decision: what the school's procedure says about one message. Pure; the same facts give the same decision."""

from __future__ import annotations

from datetime import datetime

from procedures.joining import join_case
from procedures.model import Procedure
from procedures.opening import open_case, set_aside
from procedures.situation import Circumstances, Situation, circumstances
from register.records import Automatic, Decision

__all__ = ["Situation", "decide"]

#: what a message that nobody wrote to the school is called in the books
_NOBODY_WROTE = {
    Automatic.BOUNCE: "bounce",
    Automatic.AUTO_REPLY: "auto_reply",
    Automatic.LIST: "list",
    Automatic.OWN: "own_loop",
    Automatic.REPORT: "report",
}


def decide(procedure: Procedure, situation: Situation, now: datetime) -> Decision:
    """What must happen with a message, by the first that holds: it joins a case, nobody wrote it, it opens a case.

    `now` is the aware moment of registration. No input, no output, no clock, no chance.
    """
    facts = circumstances(procedure, situation, now)
    if situation.case is not None:
        return join_case(facts, situation.case)
    if _is_set_aside(facts):
        reason = _NOBODY_WROTE[situation.ruling.automatic or Automatic.REPORT]
        return set_aside(facts, reason, "", f"{reason}: {situation.ruling.reason or 'nobody wrote it to the school'}")
    return open_case(facts)


def _is_set_aside(facts: Circumstances) -> bool:
    """True for what a machine sent: unless a child may be in danger, or a person complains through a list."""
    automatic = facts.situation.ruling.automatic
    if automatic is None or facts.matter.urgent:
        return False
    return automatic is not Automatic.LIST or facts.matter.kind not in ("complaint", "concern")
