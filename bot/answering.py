"""Where the sender of a case is reached: at the place that they used last (G9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.writing import first_message
from register.records import Address, AddressKind, Case, JournalEntry, Submission

#: the journal line of an address that has joined a case by a code
JOINED = "party_joined"


def last_used(
    case: Case, messages: Sequence[Mapping[str, Any]], journal: Sequence[JournalEntry], *, not_by: str = ""
) -> Submission:
    """What to answer: the last message of somebody who belongs to the case, or the address that has joined since.

    `not_by` leaves out a kind of address (mail, telegram). Without any such message it is the one that opened the case.
    """
    theirs = [one for one in messages if _is_theirs(case, one) and one["sender_kind"] != not_by]
    last = first_message(case, theirs[-1] if theirs else messages[0])
    joined = [line for line in journal if line.what == JOINED and line.facts.get("by") != not_by]
    since = theirs[-1]["entered_at"] if theirs else None
    if joined and (since is None or joined[-1].at >= since):
        address = _silent(case, messages, str(joined[-1].facts.get("by")))
        return Submission(channel=case.channel, sender=address, subject=case.subject) if address else last
    return last


def kind_of(party: str) -> AddressKind:
    """What kind of address a party of a case has: a mail address has an @, a chat is a number."""
    return AddressKind.MAIL if "@" in party else AddressKind.TELEGRAM


def _is_theirs(case: Case, message: Mapping[str, Any]) -> bool:
    return not message["automatic"] and message["sender"].lower() in case.parties


def _silent(case: Case, messages: Sequence[Mapping[str, Any]], kind: str) -> Address | None:
    """The party of this kind that has not written yet; None where there is not exactly one."""
    wrote = {message["sender"].lower() for message in messages}
    silent = [party for party in case.parties if kind_of(party).value == kind and party not in wrote]
    return Address(kind=AddressKind(kind), value=silent[0]) if len(silent) == 1 else None
