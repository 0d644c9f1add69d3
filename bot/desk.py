"""The desk: everything that the path needs, at hand; reading and classifying happen off the event loop."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from bot.reach import Reach
from bot.readers import Afar, Readers
from intake import channels, forwards, guards, threads
from intake.quotes import passed_on
from procedures.load import Procedures
from procedures.model import Procedure
from register.reading import known
from register.records import Address, Decision, Match, OpenCase, RawMessage, Ruling, Submission, Understanding
from register.seals import Seals
from register.store import Register
from replies.compose import Composer

if TYPE_CHECKING:
    # With readers this process needs no classifiers, and none of the libraries below them.
    from classifiers import Classifiers

T = TypeVar("T")
#: open cases of a unit that are looked at for a notice
MOST_OPEN_CASES = 50


@dataclass(frozen=True, kw_only=True)
class Marks:
    """By what a message is known again."""

    #: equal for two copies of one message
    duplicate_key: str
    #: equal for messages alike from changing addresses of one domain; empty where it says nothing
    likeness: str


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What `take_in` works with; made by the wiring."""

    register: Register
    procedures: Procedures
    classifiers: Classifiers | Afar
    composer: Composer
    seals: Seals
    #: threads for what must not hold up the event loop
    bench: Executor
    #: processes that read and classify; None: the threads do
    readers: Readers | None = None
    #: certificates (DER) of those whom we trust to vouch for the signatures of others
    roots: tuple[bytes, ...] = ()
    #: the message with what is known of its sender; made by the wiring from the settings of the channels
    authenticated: Callable[[RawMessage, Submission], Submission] = lambda _, submission: submission
    #: notices in chats say everything at once, and not only number, urgency, unit and category
    chat_previews: bool = False
    #: after this an urgent notice comes again, where the procedure does not say
    repeat_urgent: timedelta = timedelta(minutes=15)
    #: the schools that have a chat, each with its bot's user name, empty where the settings do not say it
    bots: Mapping[str, str] = field(default_factory=dict)
    #: held by whoever takes in a chat message
    chats: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def apart(self, work: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Does something off the event loop."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.bench, functools.partial(work, *args, **kwargs))

    async def _read_apart(self, work: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        aside = self.readers.call if self.readers else self.apart
        return await aside(work, *args, **kwargs)

    async def read(self, raw: RawMessage) -> Submission:
        """The message, decoded; what staff have passed on as the message of whoever wrote it."""
        if self.readers is None:
            return await self.apart(self._read_here, raw)
        submission = await self.readers.call(channels.read, raw, roots=self.roots)
        return await self.apart(self._attributed, raw, submission)

    def _read_here(self, raw: RawMessage) -> Submission:
        return self._attributed(raw, channels.read(raw, roots=self.roots))

    def _attributed(self, raw: RawMessage, submission: Submission) -> Submission:
        staff = self.procedures.staff_addresses
        known = self.authenticated(raw, submission)
        return forwards.of_the_writer(known, raw, staff=staff, authenticated=self.authenticated)

    async def understand(self, submission: Submission, procedure: Procedure) -> Understanding:
        """What it is about: the classifiers' verdicts on what the sender newly wrote.

        What a form says is the matter: "I attach the form" beside it is no question about forms.
        """
        # Of a mail that is passed on the classifiers decide how much of it is what it is about.
        own = "" if passed_on(submission.subject) else submission.reply
        whole = await self._understood(submission, procedure, submission.subject, own or submission.text)
        filled_in = submission.form.get("description", "") if submission.from_files else ""
        if not filled_in:
            return whole
        form = await self._understood(submission, procedure, "", filled_in)
        return replace(
            whole,
            kind=form.kind,
            category=form.category,
            categories=form.categories,
            about_education=form.about_education,
            gist=form.gist or whole.gist,
            meaning=form.meaning or whole.meaning,
        )

    async def _understood(self, submission: Submission, procedure: Procedure, subject: str, body: str) -> Understanding:
        return await self._read_apart(
            self.classifiers.classify,
            subject=subject,
            body=body,
            channel="chat" if submission.channel == "telegram" else "email",
            organisation=procedure.facts(),
            sender=submission.sender,
            recipients=recipients(submission),
        )

    def procedure_for(self, raw: RawMessage, submission: Submission) -> Procedure | None:
        """The procedure that claims the message: by channel, envelope, headers; a lone school claims all."""
        if raw.organisation:
            return self.procedures.get(raw.organisation)
        claiming = self.procedures.claiming(raw.recipients or recipients(submission))
        if claiming is None and not raw.recipients and len(self.procedures.all) == 1:
            return self.procedures.all[0]
        return claiming

    async def judge(
        self, submission: Submission, procedure: Procedure, marks: Marks, now: datetime
    ) -> tuple[Ruling, Match]:
        """Whether it may be answered automatically; and the case that it joins, or those that it may belong to."""
        answer_to = answer_address(submission, self.procedures.own_addresses)
        since = [now - window for window, _ in guards.WINDOWS]
        sent, alike, match = await asyncio.gather(
            self.register.answers_sent(answer_to.value if answer_to else "", since if answer_to else ()),
            self.register.alike(procedure.id, marks.likeness, now - guards.ALIKE_WITHIN),
            self._match(submission, procedure, marks),
        )
        ruling = guards.judge(
            submission,
            own_addresses=self.procedures.own_addresses,
            is_own_message_id=lambda message_id: self.seals.open_message_id(message_id) is not None,
            answers_sent=sent,
            limits=tuple(limit for _, limit in guards.WINDOWS),
            alike=alike,
        )
        return ruling, match

    def _match(self, submission: Submission, procedure: Procedure, marks: Marks) -> Awaitable[Match]:
        keys = threads.keys(
            submission,
            open_token=self.seals.open_token,
            open_message_id=self.seals.open_message_id,
            reference_pattern=procedure.reference_pattern(),
        )
        return self.register.find(
            keys,
            organisation=procedure.id,
            # Whoever may be somebody else belongs to no case by the address alone.
            sender=None if submission.authenticity.failed or submission.sender is None else submission.sender.value,
            duplicate_key=marks.duplicate_key,
        )

    async def reach(self, procedure: Procedure) -> Reach:
        """Where the roles of a school can be reached just now."""
        return Reach(procedure=procedure, linked=await self.register.staff.chats(procedure.id))

    def marks(self, submission: Submission) -> Marks:
        """By what it is known again; only with the house's key can it be tried out whose it might be."""
        said = threads.likeness(submission)
        return Marks(
            duplicate_key=self.seals.blind("duplicate", threads.duplicate_key(submission)),
            likeness=self.seals.blind("likeness", said) if said else "",
        )

    def open_cases(self, procedure: Procedure, decision: Decision) -> Awaitable[tuple[OpenCase, ...]]:
        """The unit's open cases, for the facts that a notice carries (D4)."""
        if decision.unit is None or not decision.letters:
            return known(())
        return self.register.open_cases_of_unit(procedure.id, decision.unit, most=MOST_OPEN_CASES)


def recipients(submission: Submission) -> tuple[str, ...]:
    """Every address that a message was sent to, envelope and delivery headers first, lower case, each once."""
    written = (address.value for address in (*submission.to, *submission.cc))
    return tuple(dict.fromkeys(value.lower() for value in (*submission.delivered_to, *written)))


def answer_address(submission: Submission, own: frozenset[str]) -> Address | None:
    """Where an answer goes: Reply-To if it is not one of our own mailboxes, else the sender."""
    asked = submission.reply_to
    return asked if asked and asked.value.lower() not in own else submission.sender
