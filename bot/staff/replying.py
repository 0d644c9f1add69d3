"""A reply by mail to an urgent notice: whoever was told has read it, and nobody is reminded any more."""

from __future__ import annotations

from datetime import datetime

from bot.desk import Desk
from procedures.model import Procedure
from register.records import AddressKind, Entry

#: keys that only a reader of the notice has
_SIGNED = ("token", "letter")


async def taken_by_mail(desk: Desk, procedure: Procedure, entry: Entry, now: datetime) -> None:
    """Notes that a role has taken an urgent case whose notice it answers from its own address; a robot takes nothing.

    After a crash in between the notices go on, which is the safe side.
    """
    case, sender = entry.case, entry.submission.sender
    signed = entry.joined_by in _SIGNED and entry.ruling.automatic is None
    if case is None or sender is None or not case.urgent or not signed or entry.submission.authenticity.failed:
        return
    for role in procedure.roles:
        mails = (one for one in procedure.addresses(role.id, case.excluded) if one.kind is AddressKind.MAIL)
        if not role.members and any(one.value.lower() == sender.value.lower() for one in mails):
            await desk.register.staff.take(case.id, role.id, now)
            return
