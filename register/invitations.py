"""Codes by which the mail and the chat of one person meet in one case (G9): offered, used once, forgotten in time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Select, String, Table, delete, insert, select, update

from register.columns import Moment
from register.outbox import post
from register.records import AddressKind, Disposition, Entered, Entry, Happening, Letter
from register.tables import cases, metadata, parties
from register.tables import insert as insert_or
from register.transactions import Connection
from register.writing import Order, Pen, Work, Writer, one_by_one

#: one row for each code that is still of use; `used_by` is a keyed hash of who has used it
invitations = Table(
    "invitations",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("case_id", String(40), ForeignKey("cases.id"), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_by", String(64), nullable=False, default=""),
)


class Invitations:
    """What the register knows of codes that bring mail and chat together."""

    def __init__(self, reading: Callable[[], AbstractAsyncContextManager[Connection]], writer: Writer) -> None:
        self._reading, self._writer = reading, writer

    async def case_id(self, digest: str, kind: AddressKind, used_by: str, organisation: str, now: datetime) -> str:
        """The case of a school that a code from this kind of address opens for its user; empty where it opens none."""
        async with self._reading() as conn:
            return (await conn.execute(_open(digest, kind, used_by, organisation, now))).scalar_one_or_none() or ""

    async def accept(
        self,
        digest: str,
        party: str,
        kind: AddressKind,
        used_by: str,
        organisation: str,
        letters: Sequence[Letter],
        now: datetime,
    ) -> str:
        """The party belongs to the case from now on, and the letters tell the other side; returns the case's id.

        Empty where the code opens nothing: unknown, expired, used by somebody else, of an anonymous case. The same
        user may come twice with the same result, and nobody is told twice.
        """
        wish = (digest, party.lower(), kind, used_by, organisation, tuple(letters), now)
        return await self._writer.write(ACCEPT, wish)


def _open(digest: str, kind: AddressKind, used_by: str, organisation: str, now: datetime) -> Select[Any]:
    return (
        select(invitations.c.case_id)
        .join(cases, cases.c.id == invitations.c.case_id)
        .where(
            invitations.c.digest == digest,
            invitations.c.kind == kind.value,
            invitations.c.expires_at > now,
            invitations.c.used_by.in_(("", used_by)),
            cases.c.organisation == organisation,
            cases.c.anonymous.is_(False),
        )
    )


async def _accept(pen: Pen, wish: tuple[str, str, AddressKind, str, str, Sequence[Letter], datetime]) -> str:
    digest, party, kind, used_by, organisation, letters, now = wish
    query = _open(digest, kind, used_by, organisation, now).with_for_update(of=invitations)
    case_id: str | None = (await pen.conn.execute(query)).scalar_one_or_none()
    if case_id is None:
        return ""
    unused = update(invitations).where(invitations.c.digest == digest, invitations.c.used_by == "")
    if (await pen.conn.execute(unused.values(used_by=used_by))).rowcount:
        joins = insert_or(pen.conn.dialect, parties).on_conflict_do_nothing()
        await pen.conn.execute(joins, [{"case_id": case_id, "address": party}])
        # Who it is stands in the case and not in the journal, which nothing can be taken out of.
        pen.note(Happening(what="party_joined", who="sender", facts={"by": kind.value}), now, case_id)
        await post(pen, letters, (), now, case_id)
    return case_id


ACCEPT = Work(one_by_one(_accept), Order.JOURNALLED)


async def add(pen: Pen, entry: Entry, entered: Entered, now: datetime) -> None:
    """The code that the letters of an entered message show; an older one of the same case and kind is void."""
    new = entry.invitation
    opened = entered.case.id if entered.case and entered.disposition is Disposition.REGISTERED else ""
    case_id = (new.case_id or opened) if new else ""
    if new is None or not case_id:
        return
    await pen.conn.execute(delete(invitations).where(invitations.c.expires_at <= now))
    await pen.conn.execute(delete(invitations).where(invitations.c.case_id == case_id, invitations.c.kind == new.kind))
    row = {"digest": new.digest, "case_id": case_id, "kind": new.kind.value, "expires_at": new.expires_at}
    await pen.conn.execute(insert(invitations), [row | _UNUSED])


_UNUSED: dict[str, Any] = {"used_by": ""}
