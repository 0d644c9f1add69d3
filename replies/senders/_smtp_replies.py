"""What the replies of an SMTP relay mean for a letter: gone, later, or never."""

from __future__ import annotations

import re

import aiosmtplib

from register.errors import Fault, Permanent, Temporary

Reply = aiosmtplib.SMTPResponse
UNREACHABLE = "The mail relay cannot be reached."
OURS = "The mail relay refuses us, not the recipient: check [outgoing] in the settings."

_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")
_QUEUED = re.compile(r"\bqueued as ([A-Za-z0-9.-]{1,64})")


class Lost(Temporary):
    """The connection broke."""


class Stale(Lost):
    """The connection broke before the letter was handed over."""


def stale(why: str) -> Stale:
    """Nothing of the letter has been handed over."""
    return Stale(UNREACHABLE, private=why)


def unanswered(why: str) -> Lost:
    """The letter has been handed over, or part of it, and nobody said what became of it."""
    return Lost("The mail relay did not say whether it took the letter.", private=why)


def sender_refused(reply: Reply) -> Fault:
    """Our own address is refused only by a fault in our settings; the size of a letter is its own."""
    too_big = reply.code == 552 or any(code in reply.message for code in ("5.3.4", "5.2.3"))
    if reply.code // 100 == 5 and not too_big:
        return Temporary(OURS, private=f"MAIL: {detail(reply)}")
    return refused(reply, "the letter")


def refused(reply: Reply, what: str) -> Fault:
    """The letter, or its recipient, is refused for now or for good."""
    said = detail(reply)
    if reply.code == 503:
        return Lost("The mail relay is out of step with us.", private=said)
    if reply.code // 100 == 5:
        return Permanent(f"The mail relay refuses {what}: {said}", private=said)
    return Temporary(f"The mail relay does not take {what} just now: {said}", private=said)


def detail(reply: Reply) -> str:
    """Code, enhanced code and queue number of a reply. Its text stays out: it may name the recipient."""
    enhanced, queued = _ENHANCED.match(reply.message), _QUEUED.search(reply.message)
    parts = [str(reply.code), enhanced[0] if enhanced else "", f"queued as {queued[1]}" if queued else ""]
    return " ".join(part for part in parts if part)
