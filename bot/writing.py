"""From ordered letters to letters: for each address of the role, in the languages that its reader reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.desk import Desk, answer_address, recipients
from bot.earlier import lines, seen_by
from bot.reach import Reach
from bot.staff.notices import for_chat
from classifiers import category_title
from procedures.decide import Situation
from procedures.letters import letter_facts
from procedures.model import Procedure
from register.records import (
    Address,
    AddressKind,
    Case,
    Contact,
    Decision,
    EarlierCase,
    Letter,
    LetterFacts,
    LetterOrder,
    OpenCase,
    StaffChat,
    Submission,
    Understanding,
)
from register.seals import new_id
from replies.events import event
from replies.headers import Posting

SENDER = "sender"
#: the letter that proves receipt
RECEIPT = "receipt"
#: languages that every letter exists in
COMPLETE = ("sv", "bg", "nb", "nn", "en")
#: below this score a detected language is not trusted, and the school's own is used
SURE_LANGUAGE = 0.5
#: how many of the unit's open cases a notice lists, the newest (D4)
LISTED_CASES = 10


@dataclass(frozen=True, kw_only=True)
class Writing:
    """Composes the letters of one entry, once its case has a number; called inside the register's transaction."""

    desk: Desk
    procedure: Procedure
    situation: Situation
    decision: Decision
    open_cases: tuple[OpenCase, ...]
    now: datetime
    #: closed cases like this one (B6)
    earlier: tuple[EarlierCase, ...] = ()
    #: for a sender who stays unknown: what opens the case again, and what the school asks
    receipt_code: str = ""
    asked: tuple[str, ...] = ()
    #: chats of staff, beside the addresses that the procedure names
    linked: tuple[StaffChat, ...] = ()
    #: what a member of staff says to the parent, and as whom
    said: str = ""
    writer: Contact | None = None
    #: further facts of the letters to the sender, by their names in `LetterFacts`
    more: Mapping[str, Any] = field(default_factory=dict)
    #: signs what the letter `receipt` shows, once the case has its number
    receipt: Callable[[Case], str] = field(default=lambda case: "", repr=False)

    def __call__(self, case: Case) -> tuple[Letter, ...]:
        """All letters that the decision ordered."""
        return tuple(letter for order in self.decision.letters for letter in self._written(order, case))

    def _written(self, order: LetterOrder, case: Case) -> Iterator[Letter]:
        submission = self.situation.submission
        languages = self._languages(order, case)
        facts = tuple(self._facts(order, case, language) for language in languages)
        for to in self._addresses(order, case):
            letter = _compose(
                self.desk,
                self.procedure,
                order,
                facts,
                to=to,
                case=case,
                mailbox=self.procedure.answers_from(recipients(submission), case.unit),
                in_reply_to=submission.message_id if order.to == SENDER else "",
                references=submission.references if order.to == SENDER else (),
                now=self.now,
            )
            yield for_chat(letter, case, self.procedure, whole=self.desk.chat_previews)

    def _addresses(self, order: LetterOrder, case: Case) -> Iterator[Address]:
        if order.to == SENDER:
            answer_to = answer_address(self.situation.submission, self.desk.procedures.own_addresses)
            if answer_to:
                yield answer_to
            return
        yield from Reach(procedure=self.procedure, linked=self.linked).addresses(
            order.to, case.excluded, urgent=order.urgent
        )

    def _languages(self, order: LetterOrder, case: Case) -> tuple[str, ...]:
        if order.to != SENDER:
            return (self.procedure.default_language,)
        return reader_languages(self.situation.understanding, case, self.procedure)

    def _facts(self, order: LetterOrder, case: Case, language: str) -> LetterFacts:
        return letter_facts(
            self.procedure,
            self.decision,
            case=case,
            submission=self.situation.submission,
            understanding=self.situation.understanding,
            language=language,
            order=order,
            category_title=category_title(case.category, language) if case.category else "",
            local_facts=self._open_cases(order, case),
            may_belong_to=self.situation.may_belong_to,
            returned_from=self.situation.letter_role,
            reopened=self._before == "closed" and case.status == "open",
            more=self._for_sender(order, case) if order.to == SENDER else self._for_role(order, case, language),
        )

    def _for_role(self, order: LetterOrder, case: Case, language: str) -> dict[str, Any]:
        return {"similar": self._similar(order, case, language)}

    def _for_sender(self, order: LetterOrder, case: Case) -> dict[str, Any]:
        receipt = self.receipt(case) if order.template == RECEIPT else ""
        said: dict[str, Any] = {"message": self.said, "writer": self.writer} if self.said else {}
        return {"receipt_code": self.receipt_code, "asked": self.asked, "receipt": receipt, **said, **self.more}

    @property
    def _before(self) -> str:
        """How the case stood that the message joins; empty for a new one."""
        return self.situation.case.status if self.situation.case else ""

    def _open_cases(self, order: LetterOrder, case: Case) -> tuple[str, ...]:
        """The unit's open cases that this role may see; never one that is about its holder (G2)."""
        seen = [one for one in self.open_cases if order.to not in one.excluded and one.id != case.id]
        language = self.procedure.default_language
        return tuple(f"{one.reference} {_about(one, language)}".strip() for one in seen[-LISTED_CASES:])

    def _similar(self, order: LetterOrder, case: Case, language: str) -> tuple[str, ...]:
        """Earlier cases like this one that the role may see, in the notice of a new case."""
        if order.template != "notice":
            return ()
        return tuple(lines(seen_by(order.to, self.earlier, case), language, self.procedure.zone))


def _about(case: OpenCase, language: str) -> str:
    return category_title(case.category, language) if case.category else ""


def reader_languages(understanding: Understanding, case: Case, procedure: Procedure) -> tuple[str, ...]:
    """The languages of a letter to the sender: their own with the school's beside it (D3).

    A language that we do not write gets the school's own and English.
    """
    school = procedure.default_language
    label, score = understanding.language.label, understanding.language.score
    spoken = label if isinstance(label, str) and score >= SURE_LANGUAGE else case.language or school
    return tuple(dict.fromkeys((spoken, school) if spoken in COMPLETE else (school, "en")))


def first_message(case: Case, message: Mapping[str, Any]) -> Submission:
    """What the register keeps of the message that opened a case, as far as an answer to it needs it."""
    sender, reply_to = message["sender"], message["reply_to"]
    kind = AddressKind(message["sender_kind"] or AddressKind.MAIL)
    return Submission(
        channel=case.channel,
        sender=Address(kind=kind, value=sender, name=message["sender_name"]) if sender else None,
        reply_to=Address(kind=kind, value=reply_to) if reply_to else None,
        subject=message["subject"],
        message_id=message["message_id"] or "",
    )


def staff_letter(
    desk: Desk,
    procedure: Procedure,
    order: LetterOrder,
    *,
    to: Address,
    case: Case | None,
    code: str,
    values: Mapping[str, str],
    now: datetime,
) -> Letter:
    """A letter to a role about the program's own work (alarm, needs_human, undeliverable), in the school's language."""
    language = procedure.default_language
    facts = LetterFacts(
        language=language,
        organisation=procedure.in_language(procedure.organisation.name, language),
        time_zone=procedure.organisation.time_zone,
        country=procedure.organisation.country,
        reference=case.reference if case else "",
        kind="all_clear" if code.endswith("_over") else (case.kind or "") if case else "",
        what_happened=event(code, values, language),
    )
    return _compose(desk, procedure, order, (facts,), to=to, case=case, mailbox=procedure.answers_from(()), now=now)


def _compose(
    desk: Desk,
    procedure: Procedure,
    order: LetterOrder,
    facts: tuple[LetterFacts, ...],
    *,
    to: Address,
    case: Case | None,
    mailbox: str,
    now: datetime,
    in_reply_to: str = "",
    references: tuple[str, ...] = (),
) -> Letter:
    letter_id = new_id()
    posting = Posting(
        to=to,
        role=order.to,
        sender=Address(kind=AddressKind.MAIL, value=mailbox),
        # An answer of somebody in whose name another wrote must not count as theirs.
        reply_token=desk.seals.token(case.id) if case and order.template != "unproven" else "",
        plus_addressing=procedure.organisation.plus_addressing,
        message_id=desk.seals.message_id(letter_id, mailbox.rpartition("@")[2]),
        letter_id=letter_id,
        date=now,
        in_reply_to=in_reply_to,
        references=references,
    )
    return desk.composer.compose(order, facts, posting, case=case, organisation=procedure.id)
