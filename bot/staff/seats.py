"""Who sits in a chat of staff: what was sent there, which roles it is a place of, and what it may do with a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from babel.dates import format_datetime

from bot.conversation.talk import Talk
from bot.reach import Reach
from bot.staff.notices import Buttons
from procedures.model import Procedure
from procedures.people import People
from register.records import Act, Case, Entered, Happening, Letter, Taken
from register.staff import URGENT
from replies.formats import locale
from replies.staff import say

#: what a draft is kept under, among the answers of the chat's conversation
DRAFT = ("doing", "of_case", "by", "draft")


@dataclass(frozen=True, kw_only=True)
class Place:
    """A case, and the role as which a chat may act on it."""

    case: Case
    role: str
    taken: Taken | None
    #: the role owns the case, alone or as a member of the committee that does
    owns: bool


@dataclass(frozen=True, kw_only=True)
class Seat:
    """One message or press from a chat of staff."""

    talk: Talk
    reach: Reach
    roles: tuple[str, ...]

    @property
    def procedure(self) -> Procedure:
        """The school's procedure."""
        return self.talk.procedure

    @property
    def language(self) -> str:
        """Staff are spoken to in the school's language."""
        return self.procedure.default_language

    @property
    def person(self) -> str:
        """Whoever writes or presses, as far as the provider tells; kept only while they write to a parent."""
        return self.talk.submission.header("telegram-person")

    def header(self, name: str) -> str:
        """What the channel says of the message."""
        return self.talk.submission.header(f"telegram-{name}")

    def answers(self, **more: str) -> dict[str, str]:
        """What is kept of this chat, without a draft that was begun."""
        return {name: value for name, value in self.talk.dialogue.answers.items() if name not in DRAFT} | more

    # --- whose case it is ---

    async def place(self, case_id: str) -> Place | None:
        """The case, if this chat takes part in it and nobody in it is excluded; None otherwise, whatever the reason."""
        case = await self.talk.desk.register.case(case_id) if case_id else None
        if case is None or case.id != case_id or case.organisation != self.procedure.id:
            return None
        if not self.reach.may_see(self.talk.chat, case):
            return None
        owners = (case.owner, *self.people(case).readers(case.owner))
        told = (*owners, *case.recipients, *await self._told(case))
        role = next((one for one in told if one in self.roles), None)
        if role is None:
            return None
        taken = await self.talk.desk.register.staff.taken(case.id)
        return Place(case=case, role=role, taken=taken, owns=role in owners)

    def people(self, case: Case) -> People:
        """Who may act in a case."""
        return People(procedure=self.procedure, unit=case.unit, barred=frozenset(case.excluded))

    async def _told(self, case: Case) -> tuple[str, ...]:
        """Whoever was told at once, because a child may be in danger."""
        if not case.urgent:
            return ()
        return tuple(one["role"] for one in await self.talk.desk.register.letters(case.id) if one["template"] == URGENT)

    # --- words ---

    def title(self, role_id: str) -> str:
        """What a role is called, with its units where it has an office that others have too."""
        role = self.procedure.role(role_id)
        if role is None:
            return role_id
        title = self.procedure.in_language(self.procedure.title(role), self.language)
        units = [self.procedure.unit(one) for one in role.units] if role.offices else []
        names = [self.procedure.in_language(unit.name, self.language) for unit in units if unit]
        return f"{title}, {', '.join(names)}" if names else title

    def moment(self, taken: Taken) -> str:
        """When somebody took a case, as people say it."""
        at = taken.at.astimezone(self.procedure.zone)
        return format_datetime(at, "d MMM HH:mm", locale=locale(self.language, self.procedure.organisation.country))

    def letter(self, words: str, buttons: Buttons = ()) -> Letter:
        """What the bot says in this chat."""
        return self.talk.says(words, buttons, self.language)

    def says(self, key: str, **values: str) -> Letter:
        """One of the bot's texts."""
        return self.letter(say(key, self.language, **values))

    # --- what becomes of the message ---

    async def ends(
        self,
        *said: Letter,
        act: Act | None = None,
        answers: Mapping[str, str] | None = None,
        kept: bool = False,
        about_no_case: bool = False,
    ) -> Entered:
        """The message is done: what was said, the act, and what is kept of the chat, in one transaction.

        It is no parent's message and is set aside; its bytes and words are not kept unless `kept`.
        """
        talk = self.talk
        if not kept:
            talk = replace(talk, submission=replace(talk.submission, text="", reply="", attachments=(), html=""))
        changes: dict[str, Any] = {} if answers is None else {"answers": dict(answers)}
        if about_no_case and talk.dialogue.state == "idle":
            changes["case_id"] = None
        turn = talk.turn(*said, emptied=not kept, **changes)
        return await talk.enter(replace(talk.aside_entry(turn, "staff_chat"), act=act))


def note(what: str, place: Place, clause: str = "", **facts: object) -> Happening:
    """A journal line: the role, never who holds it."""
    return Happening(what=what, who=place.role, clause=clause, facts={"by": "chat", **facts})
