"""What a role is told when something is wrong: one alarm and one all-clear, never a stream, never a loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.desk import Desk
from bot.logs import log
from bot.writing import staff_letter
from procedures.model import Procedure
from register.records import Address, AddressKind, Case, Happening, Letter, LetterOrder, RawMessage

#: letters about trouble; one of these that cannot be delivered makes no further one
ABOUT_TROUBLE = ("alarm", "needs_human", "undeliverable")
#: what keeps letters from leaving by mail is told in the role's chats as well, if it has any
NOT_BY_MAIL = ("outbox", "outgoing")
#: of messages that fail for the same reason so many are told within an hour; each letter says where all of them are
MOST_ALIKE = 5
ALIKE_WITHIN = timedelta(hours=1)


class Alarms:
    """Tells the default role of a school, and the addresses in the settings, what needs a person."""

    def __init__(
        self,
        desk: Desk,
        further: Sequence[str],
        acknowledge_within: timedelta,
        outbox_within: timedelta = timedelta(minutes=30),
    ) -> None:
        self.desk = desk
        self.further = further
        #: a case that waits longer than this for its acknowledgement rings
        self.acknowledge_within = acknowledge_within
        #: a letter that could have left and has waited this long rings
        self.outbox_within = outbox_within
        self._told: dict[tuple[str, ...], list[datetime]] = {}

    async def ring(
        self,
        code: str,
        subject: str,
        detail: str,
        text: str,
        now: datetime,
        *,
        organisation: str | None = None,
        not_to: Sequence[str] = (),
    ) -> None:
        """Rings once for (code, subject) until `well`; `text` is public and in English, `detail` a stable code.

        The school of `organisation` is told, else the first one; never a role of `not_to`.
        """
        if await self.desk.register.alarm(code, subject, now):
            log().error("alarm", action="alarm", code=code, subject=subject, detail=detail)
            facts = {"subject": subject, "detail": detail, "text": text}
            await self._post("alarm", code, facts, now, procedure=self._procedure(organisation), not_to=not_to)

    async def well(self, code: str, subject: str, now: datetime, *, organisation: str | None = None) -> None:
        """Ends an alarm and says so, where one was ringing."""
        if await self.desk.register.all_clear(code, subject, now):
            log().info("all clear", action="all_clear", code=code, subject=subject)
            facts = {"subject": subject, "detail": "", "text": ""}
            await self._post("alarm", f"{code}_over", facts, now, procedure=self._procedure(organisation))

    async def needs_human(self, raw: RawMessage, place: str, kind: str, now: datetime) -> None:
        """A message was set aside by an error: somebody has to look at it. A fault that many meet is no stream."""
        procedure = self._procedure(raw.organisation) or self.desk.procedures.claiming(raw.recipients)
        if self._is_stream((procedure.id if procedure else "", place, kind), now):
            return
        facts = {"message": str(raw.spool_id), "channel": raw.channel, "place": place, "error": kind}
        await self._post("needs_human", "failed", facts, now, procedure=procedure)

    def _is_stream(self, cause: tuple[str, ...], now: datetime) -> bool:
        lately = [moment for moment in self._told.get(cause, ()) if moment > now - ALIKE_WITHIN]
        self._told[cause] = lately if len(lately) >= MOST_ALIKE else [*lately, now]
        return len(lately) >= MOST_ALIKE

    async def undeliverable(self, letter: Letter, reason: str, now: datetime) -> None:
        """A letter can never arrive: the owner of the case is told, or the default role where that was the owner's."""
        if letter.template in ABOUT_TROUBLE:
            return
        case = await self.desk.register.case(letter.case_id) if letter.case_id else None
        procedure = self._procedure(case.organisation if case else None)
        facts = {"template": letter.template, "role": letter.role, "reason": reason}
        barred = (*(case.excluded if case else ()), letter.role)
        await self._post("undeliverable", "letter_failed", facts, now, procedure=procedure, case=case, not_to=barred)

    async def _post(
        self,
        template: str,
        code: str,
        facts: Mapping[str, str],
        now: datetime,
        *,
        procedure: Procedure | None,
        case: Case | None = None,
        not_to: Sequence[str] = (),
    ) -> None:
        about = procedure or self.desk.procedures.all[0]
        order = LetterOrder(template=template, to=_told(about, case, not_to))
        letters = [
            staff_letter(self.desk, about, order, to=to, case=case, code=code, values=facts, now=now)
            for to in await self._addresses(about, order.to, not_to, by_chat=code in NOT_BY_MAIL)
        ]
        happening = Happening(what=f"{template}_ordered", facts={"code": code, **facts})
        await self.desk.register.post(letters, [happening], now, case_id=case.id if case else None)

    def _procedure(self, organisation: str | None) -> Procedure | None:
        return self.desk.procedures.get(organisation) if organisation else None

    async def _addresses(
        self, procedure: Procedure, role: str, not_to: Sequence[str], *, by_chat: bool
    ) -> tuple[Address, ...]:
        """The role's mail, and the further addresses but for those of a role that must not read this (G2)."""
        reach = await self.desk.reach(procedure)
        named = reach.addresses(role, not_to, urgent=True)
        barred = {one.value.lower() for role_id in not_to for one in procedure.addresses(role_id)}
        further = (Address(kind=AddressKind.MAIL, value=one) for one in self.further if one.lower() not in barred)
        return (*(one for one in named if by_chat or one.kind is AddressKind.MAIL), *further)


def _told(procedure: Procedure, case: Case | None, not_to: Sequence[str]) -> str:
    """The owner of the case, else the default role; whoever must not or cannot be told is passed over."""
    house = procedure.organisation
    wanted = (case.owner if case else house.default_role, house.default_role, house.last_resort)
    others = (role.id for role in procedure.roles if role.mail)
    return next((role for role in (*wanted, *others) if role not in not_to), house.last_resort)
