"""One message of a chat with everything that a turn needs; how a turn is written, whatever it is about."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.conversation import missing, questions
from bot.conversation.given import CONVERSED, Given, as_one, verdicts
from bot.conversation.questions import Buttons, Understood
from bot.desk import Desk
from bot.links import proof
from procedures.model import Procedure
from register.records import (
    Case,
    Compose,
    Decision,
    Dialogue,
    Disposition,
    Entered,
    Entry,
    Invitation,
    Letter,
    RawMessage,
    Ruling,
    Submission,
    Turn,
    Understanding,
    Verdict,
)

Consider = Callable[[RawMessage, Submission, Procedure, Desk, datetime, Given], Awaitable[Entry]]

#: a standing question is repeated after this, once
REMIND_AFTER = timedelta(days=1)
#: and after this everything is registered as it stands
END_AFTER = timedelta(days=3)
#: so long a message without a word about where it belongs is about the case that was spoken of last
FOLLOWS_WITHIN = timedelta(days=14)
#: the album that the last message belonged to, among the answers of a conversation
_ALBUM = "album"
#: questions whose repetition is not needed any more, once they were put in the chat
_PUT = ("unit", "wants_investigation")


@dataclass(frozen=True, kw_only=True)
class Talk:
    """A message and the conversation that it belongs to."""

    raw: RawMessage
    submission: Submission
    procedure: Procedure
    desk: Desk
    consider: Consider
    dialogue: Dialogue
    now: datetime

    @property
    def chat(self) -> str:
        """The chat's number."""
        return self.dialogue.chat

    @property
    def number(self) -> int:
        """The message's place in the spool."""
        assert self.raw.spool_id is not None  # noqa: S101 - only spooled messages are claimed
        return self.raw.spool_id

    @property
    def of(self) -> str:
        """The unfinished conversation, as buttons name it."""
        return str(self.dialogue.held[0]) if self.dialogue.held else ""

    @property
    def in_album(self) -> bool:
        """Whether it is a further picture of the album that came last: what there is to say was said to the first."""
        album = self.submission.header("telegram-media-group")
        return bool(album) and album == self.dialogue.answers.get(_ALBUM)

    @property
    def lacks_a_file(self) -> bool:
        """Whether a file that was sent could not be had."""
        files = len(self.submission.all("telegram-file-id"))
        return files > len(self.submission.attachments)

    def language(self, understanding: Understanding | None = None) -> str:
        """The language to answer in."""
        code = self.submission.header("telegram-language-code")
        return questions.language_of(self.dialogue.answers, understanding, code, self.procedure)

    # --- weighing ---

    async def weighed(
        self,
        *,
        whole: Submission | None = None,
        case: Case | None = None,
        joined_by: str = CONVERSED,
        **more: Verdict,
    ) -> Entry:
        """The entry that this message would make; `more` are verdicts besides the sender's answers."""
        given = Given(whole=whole, verdicts=verdicts(self.dialogue.answers) | more, case=case, joined_by=joined_by)
        return await self.consider(self.raw, self.submission, self.procedure, self.desk, self.now, given)

    async def whole(self, answers: Mapping[str, str] | None = None, *, with_this: bool = False) -> Submission:
        """Everything that is held back, and this message, as one; `answers` in place of those that were given."""
        raws = {one: await self.desk.register.raw(one) for one in self.dialogue.held}
        held = {one: await self.desk.read(raw) for one, raw in raws.items() if raw is not None}
        if with_this:
            held[self.number] = self.submission
        return as_one(held, self.dialogue.answers if answers is None else answers)

    def known(self, entry: Entry, whole: Submission, answers: dict[str, str], of: str) -> Understood:
        """What is known of the conversation after weighing it."""
        return Understood(
            procedure=self.procedure,
            whole=whole,
            understanding=entry.understanding,
            decision=entry.decision,
            answers=answers,
            language=self.language(entry.understanding),
            of=of,
        )

    # --- writing ---

    def turn(self, *said: Letter, emptied: bool = False, at_once: bool = False, **changes: Any) -> Turn:
        """A turn that changes the conversation; `at_once`: what is held is taken in now."""
        until = self.now if at_once else None
        dialogue = replace(self.dialogue, touched_at=self.now, **changes)
        if album := self.submission.header("telegram-media-group"):
            dialogue = replace(dialogue, answers={**dialogue.answers, _ALBUM: album})
        return Turn(
            dialogue=dialogue,
            letters=said,
            emptied=emptied,
            held_until=until,
        )

    def asking(self, turn: Turn, asked: str) -> Turn:
        """The turn that puts a question: the clocks of the conversation begin anew."""
        part = asked in missing.PARTS
        remind, ends = (None, missing.WITHIN) if part else (self.now + REMIND_AFTER, END_AFTER)
        dialogue = replace(turn.dialogue, state="asking", asked=asked, remind_at=remind, ends_at=self.now + ends)
        return replace(turn, dialogue=dialogue, held_until=self.now + ends)

    def says(self, body: str, buttons: Buttons = (), language: str = "") -> Letter:
        """What the bot says to this chat."""
        return questions.letter(self.chat, body, language or self.language(), buttons, organisation=self.procedure.id)

    async def enter(self, entry: Entry) -> Entered:
        """Writes an entry with its turn."""
        return await self.desk.register.enter(entry, self.now)

    async def aside(self, turn: Turn, reason: str = "conversation", *, invitation: Invitation | None = None) -> Entered:
        """This message is no part of a case: what it makes is the turn."""
        if reason == "conversation":
            # A command, a press or a greeting says nothing about a matter, and much about whose phone it is.
            turn = replace(turn, emptied=True)
        return await self.enter(replace(self.aside_entry(turn, reason), invitation=invitation))

    def aside_entry(self, turn: Turn, reason: str) -> Entry:
        """The entry of a message that is no part of a case. Who sent it is not kept a second time."""
        nobody = replace(self.submission, sender=None, message_id="", in_reply_to=(), headers=())
        decision = Decision(
            disposition=Disposition.SET_ASIDE,
            rule=f"set_aside:{reason}",
            clause="",
            procedure=self.procedure.version,
            organisation=self.procedure.id,
            not_acknowledged_because="conversation",
            registered_on=self.now.astimezone(self.procedure.zone).date().isoformat(),
            because=(f"{reason}: a step of the conversation in the chat",),
        )
        return Entry(
            raw=self.raw,
            submission=nobody,
            ruling=Ruling(),
            understanding=Understanding(),
            decision=decision,
            turn=turn,
        )

    def fresh(self, **more: str) -> dict[str, str]:
        """The answers that outlive a conversation."""
        return {name: value for name, value in self.dialogue.answers.items() if name in ("language", "spoken")} | more

    def answered(self, decision: Decision) -> Decision:
        """The decision without the repetition of questions that were put, and passed over, in the chat."""
        left = tuple(one for one in decision.questions if self.dialogue.answers.get(one) != "-")
        if left == decision.questions or any(one in _PUT for one in left):
            return decision
        dates = tuple(one for one in decision.deadlines if one.kind != "question_repeated")
        return replace(decision, questions=left, deadlines=dates)

    def link_button(self, choice: str, case: Case, language: str) -> Buttons:
        """A button of an anonymous case that works in this chat only."""
        return questions.link_button(choice, case.id, proof(self.desk.seals, case.id, self.chat), language)

    def with_buttons(self, compose: Compose, language: str) -> Compose:
        """The letters to the sender, with buttons below them; in an anonymous case the offer to leave the chat open."""
        stages = tuple(stage.id for stage in self.procedure.stages)

        def composed(case: Case) -> tuple[Letter, ...]:
            buttons = (
                self.link_button(questions.KEEP_OPEN, case, language)
                if case.anonymous
                else questions.case_buttons(case, stages, language)
            )
            return tuple(replace(one, buttons=buttons) if one.role == "sender" else one for one in compose(case))

        return composed
