"""What a decision is about: the message with its verdicts, and everything of the procedure that bears on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from procedures.matching import Matter, matter_of
from procedures.model import Procedure
from procedures.people import People, barred_roles
from procedures.timing import Clocks
from register.records import Assignment, Case, Label, LetterOrder, Ruling, Submission, Understanding


@dataclass(frozen=True, kw_only=True)
class Situation:
    """One message, judged and understood, with the case that it joins."""

    submission: Submission
    ruling: Ruling
    understanding: Understanding
    case: Case | None = None
    #: token, letter, message_id, reference, returned, repeat; empty for a new case
    joined_by: str = ""
    #: references of cases that it may belong to
    may_belong_to: tuple[str, ...] = ()
    #: the letter of ours that it returns or answers: for which role, or `sender`, and which letter
    letter_role: str = ""
    letter_template: str = ""
    #: when it reached the school; None: at the moment of the decision
    received_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """A situation in the light of one procedure at one moment."""

    procedure: Procedure
    situation: Situation
    now: datetime
    matter: Matter
    unit: str | None
    people: People
    clocks: Clocks

    @property
    def case(self) -> Case | None:
        """The case that the message joins."""
        return self.situation.case

    @property
    def barred(self) -> frozenset[str]:
        """Roles that must not see the case."""
        return self.people.barred

    @property
    def unanswered_because(self) -> str:
        """Why no letter may go to the sender: a code; empty where one may."""
        ruling, submission = self.situation.ruling, self.situation.submission
        if ruling.automatic or not ruling.answerable:
            return ruling.reason or (ruling.automatic.value if ruling.automatic else "not_answerable")
        return "" if submission.sender or submission.reply_to else "no_sender"

    @property
    def registered_on(self) -> str:
        """The local date of registration."""
        return self.now.astimezone(self.procedure.zone).date().isoformat()


def circumstances(procedure: Procedure, situation: Situation, now: datetime) -> Circumstances:
    """The circumstances of a message: its unit, whom it is about, and the calendar that its dates are counted by."""
    case, understanding = situation.case, situation.understanding
    matter = matter_of(procedure, situation.submission, understanding)
    unit = (case.unit if case else None) or matter.unit
    accused = {*(case.excluded if case else ()), *_roles(understanding.accused_roles.label)}
    clocks = Clocks(calendar=procedure.calendar_of(unit), received_at=situation.received_at or now, registered_at=now)
    return Circumstances(
        procedure=procedure,
        situation=situation,
        now=now,
        matter=matter,
        unit=unit,
        people=People(procedure=procedure, unit=unit, barred=barred_roles(procedure, accused)),
        clocks=clocks,
    )


def _roles(label: Label) -> tuple[str, ...]:
    return label if isinstance(label, tuple) else ()


def urgent_roles(facts: Circumstances) -> tuple[str, ...]:
    """Everyone who is told at once (C6, G7): each role of the rule, or who acts for it; at least one."""
    people, policy = facts.people, facts.procedure.urgent
    holders = people.everyone if policy.everyone_when_unit_unknown and facts.unit is None else people.holders
    wanted = [role.id for name in policy.roles for role in holders(name)]
    filled = (people.fill(role) for role in wanted or policy.roles)
    return tuple(dict.fromkeys(reader for role in filled for reader in people.readers(role)))


def urgent_letters(facts: Circumstances) -> tuple[LetterOrder, ...]:
    """The orders of the urgent notices: at once, in their own lane."""
    clause = facts.procedure.urgent.clause
    return tuple(
        LetterOrder(template="urgent_notice", to=role, urgent=True, clause=clause) for role in urgent_roles(facts)
    )


def urgent_assignments(facts: Circumstances) -> tuple[Assignment, ...]:
    """Who has been told at once, for the case and for those who are told with them."""
    clause, why = facts.procedure.urgent.clause, "a child may be in danger"
    return tuple(Assignment(role=role, task="urgent", clause=clause, why=why) for role in urgent_roles(facts))


def notices(
    facts: Circumstances, template: str, roles: tuple[str, ...], clause: str, *, first: bool = False
) -> tuple[LetterOrder, ...]:
    """The orders of a notice to each role, once; on a day off they wait where the procedure says so (C2).

    `first`: in the lane of urgent letters; news of a case in which a child is in danger does not wait for others.
    """
    told_at = None if facts.matter.urgent else facts.clocks.told_at(facts.procedure)
    readers = dict.fromkeys(reader for role in roles for reader in facts.people.readers(role))
    return tuple(
        LetterOrder(template=template, to=role, send_at=told_at, urgent=first, clause=clause) for role in readers
    )
