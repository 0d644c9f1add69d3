"""What a role is told when something is wrong: one alarm and one all-clear, never a stream, never a loop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from bot.desk import Desk
from bot.logs import log
from bot.writing import staff_letter
from procedures.model import Procedure
from register.records import Address, AddressKind, Case, Happening, Letter, LetterOrder, RawMessage

#: letters about trouble; one of these that cannot be delivered makes no further one
ABOUT_TROUBLE = ("alarm", "needs_human", "undeliverable")


class Alarms:
    """Tells the default role of a school, and the addresses in the settings, what needs a person."""

    def __init__(self, desk: Desk, further: Sequence[str], acknowledge_within: timedelta) -> None:
        self.desk = desk
        self.further = further
        #: a case that waits longer than this for its acknowledgement rings
        self.acknowledge_within = acknowledge_within

    async def ring(self, code: str, subject: str, detail: str, text: str, now: datetime) -> None:
        """Rings once for (code, subject) until `well`; `text` is public and in English, `detail` a stable code."""
        if await self.desk.register.alarm(code, subject, now):
            log().error("alarm", action="alarm", code=code, subject=subject, detail=detail)
            await self._post("alarm", code, {"subject": subject, "detail": detail, "text": text}, now)

    async def well(self, code: str, subject: str, now: datetime) -> None:
        """Ends an alarm and says so, where one was ringing."""
        if await self.desk.register.all_clear(code, subject, now):
            log().info("all clear", action="all_clear", code=code, subject=subject)
            await self._post("alarm", f"{code}_over", {"subject": subject, "detail": "", "text": ""}, now)

    async def needs_human(self, raw: RawMessage, place: str, kind: str, now: datetime) -> None:
        """A message was set aside by an error: somebody has to look at it."""
        procedure = self._procedure(raw.organisation) or self.desk.procedures.claiming(raw.recipients)
        facts = {"message": str(raw.spool_id), "channel": raw.channel, "place": place, "error": kind}
        await self._post("needs_human", "failed", facts, now, procedure=procedure)

    async def undeliverable(self, letter: Letter, reason: str, now: datetime) -> None:
        """A letter can never arrive: the owner of the case is told, or the default role where that was the owner's."""
        if letter.template in ABOUT_TROUBLE:
            return
        case = await self.desk.register.case(letter.case_id) if letter.case_id else None
        procedure = self._procedure(case.organisation) if case else None
        facts = {"template": letter.template, "role": letter.role, "reason": reason}
        await self._post(
            "undeliverable", "letter_failed", facts, now, procedure=procedure, case=case, not_to=letter.role
        )

    async def _post(
        self,
        template: str,
        code: str,
        facts: Mapping[str, str],
        now: datetime,
        *,
        procedure: Procedure | None = None,
        case: Case | None = None,
        not_to: str = "",
    ) -> None:
        about = procedure or self.desk.procedures.all[0]
        order = LetterOrder(template=template, to=self._role(about, case, not_to), urgent=False)
        letters = [
            staff_letter(self.desk, about, order, to=to, case=case, code=code, values=facts, now=now)
            for to in self._addresses(about, order.to)
        ]
        happening = Happening(what=f"{template}_ordered", facts={"code": code, **facts})
        await self.desk.register.post(letters, [happening], now, case_id=case.id if case else None)

    def _procedure(self, organisation: str | None) -> Procedure | None:
        return self.desk.procedures.get(organisation) if organisation else None

    def _role(self, procedure: Procedure, case: Case | None, not_to: str) -> str:
        """The owner of the case, else the default role; whoever cannot be reached is passed over."""
        house, barred = procedure.organisation, (*(case.excluded if case else ()), not_to)
        wanted = (case.owner if case else house.default_role, house.default_role, house.last_resort)
        return next((role for role in wanted if role not in barred), house.last_resort)

    def _addresses(self, procedure: Procedure, role: str) -> Iterator[Address]:
        yield from (one for one in procedure.addresses(role) if one.kind is AddressKind.MAIL)
        for value in self.further:
            yield Address(kind=AddressKind.MAIL, value=value)
