"""What a letter may say: the facts of a decision in one language, for the sender or for a role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from procedures import advice
from procedures.evidence import reasons
from procedures.handling import step_lines
from procedures.model import Procedure
from procedures.people import People
from procedures.phrases import Phrases, phrases
from procedures.sections import Role, Stage
from procedures.values import LANGUAGES
from register.records import (
    Case,
    Contact,
    Deadline,
    Decision,
    Disposition,
    LetterFacts,
    LetterOrder,
    Promise,
    Submission,
    Understanding,
)

#: tasks beside the owner's that the sender is told of
_TOLD = ("responsible_beside",)
#: letters about the case as it stands, not about the message at hand
_ABOUT_THE_CASE = ("status", "closed", "next_stage", "question_repeated", "reminder", "message", "longer")
#: letters about something that came later, so that the day of receipt says nothing
_LATER = ("added_notice", "undeliverable")
#: deadlines that the program keeps itself
NOTHING: Mapping[str, Any] = {}
_NOT_FOR_ROLES = ("acknowledge", "question_repeated", "passed_on")


def letter_facts(
    procedure: Procedure,
    decision: Decision,
    *,
    case: Case,
    submission: Submission,
    understanding: Understanding,
    language: str,
    order: LetterOrder,
    category_title: str,
    local_facts: tuple[str, ...] = (),
    may_belong_to: tuple[str, ...] = (),
    returned_from: str = "",
    reopened: bool = False,
    more: Mapping[str, Any] = NOTHING,
) -> LetterFacts:
    """All that a letter of this order may say, in a language; in English where no procedure has the language.

    `category_title`: of the case's category in that language, empty where unsure. `local_facts` (D4) and
    `may_belong_to` go to roles only, as does the message itself. `returned_from`: the role, or `sender`, whose letter
    came back. `reopened`: the message has opened a closed case again. `more`: further facts by their names in
    `LetterFacts`, which go before these. Nobody who is excluded is ever named.
    """
    writer = _Writer(
        procedure=procedure,
        decision=decision,
        case=case,
        submission=submission,
        understanding=understanding,
        language=language if language in LANGUAGES else "en",
        order=order,
        category_title=category_title,
        returned_from=returned_from,
        reopened=reopened,
    )
    for_role = {} if order.to == "sender" else writer.for_role(local_facts, may_belong_to)
    return LetterFacts(**{**writer.about_case(), **writer.about_stage(), **writer.for_sender(), **for_role, **more})


@dataclass(frozen=True, kw_only=True)
class _Writer:
    procedure: Procedure
    decision: Decision
    case: Case
    submission: Submission
    understanding: Understanding
    language: str
    order: LetterOrder
    category_title: str
    returned_from: str = ""
    reopened: bool = False

    # --- for every letter ---

    def about_case(self) -> dict[str, Any]:
        house, case, decision = self.procedure.organisation, self.case, self.decision
        of_case = self.order.template in _ABOUT_THE_CASE
        return {
            "language": self.language,
            "organisation": self._say(house.name),
            "time_zone": house.time_zone,
            "country": house.country,
            "reference": case.reference,
            "unit": self._unit_name(decision.unit or case.unit),
            "subject": case.subject if of_case else self.submission.subject,
            "gist": case.gist if of_case else self.understanding.gist,
            "kind": case.kind or "",
            "category": self.category_title,
            "anonymous": self._anonymous,
            "urgent": self._urgent,
            "examined": decision.examined,
            "wants_investigation": _truth(self.understanding.wants_investigation.label),
            "owner": self._contact(decision.owner or case.owner),
            "emergency": self._lines(self.procedure.emergency) if self._urgent else (),
            "note": self._note(),
            "received_at": None if self.order.template in _LATER else case.opened_at,
        }

    def about_stage(self) -> dict[str, Any]:
        stage = self._stage
        return {
            "stage": self._say(stage.title) if stage else "",
            "clause": self.order.clause or self.decision.clause,
            "what_happens": self._what_happens(),
            "promises": self._promises() if self.order.to == "sender" else self._dates(),
            "others": self._others(),
            **self._next_level(),
            "outside_body": self._lines(self.procedure.outside_body.lines),
            **(self._after_last_stage() if self.decision.rule == "outside_body" else {}),
        }

    def _after_last_stage(self) -> dict[str, Any]:
        outside = self.procedure.outside_body
        if self.order.to != "sender":
            return {}
        said = " ".join(self._lines(outside.after_last_stage))
        return {"stage": self._say(outside.title), "what_happens": (), "what_happened": said, "promises": ()}

    def for_sender(self) -> dict[str, Any]:
        decision, words = self.decision, self._phrases
        names = tuple(self._say(unit.name) for unit in self.procedure.units)
        return {
            "advice": self._advice(),
            "missing_parts": tuple(words.parts[part] for part in words.parts if part in decision.missing_parts),
            "encrypted": bool(self.submission.encrypted),
            "questions": decision.questions,
            "units": names if "unit" in decision.questions else (),
        }

    # --- for roles ---

    def for_role(self, local_facts: tuple[str, ...], may_belong_to: tuple[str, ...]) -> dict[str, Any]:
        unit = self.procedure.unit(self.decision.unit)
        return {
            "sender": self._sender(),
            "message": self.submission.text or (self._phrases.encrypted if self.submission.encrypted else ""),
            "attachments": tuple(attachment.name for attachment in self.submission.enclosures),
            "local_facts": (*(self._lines(unit.facts) if unit else ()), *local_facts),
            "because": self._because(),
            "may_belong_to": may_belong_to,
            "steps": step_lines(self.procedure, self.decision, self.order.to, self.language),
            "not_acknowledged": self._not_acknowledged(),
            "warnings": (self._phrases.unproven,) if self.submission.authenticity.failed else (),
            "passed_on_by": self._passed_on_by(),
            **({"what_happened": self._undeliverable()} if self.order.template == "undeliverable" else {}),
        }

    def _because(self) -> tuple[str, ...]:
        spoken = advice.said(self.submission, self._phrases.reasons)
        why = reasons(self.procedure, self.decision, self.understanding, self.language, self.category_title)
        again = self._phrases.reasons["reopened"] if self.reopened else ""
        return (*filter(None, (again, spoken)), *why)

    def _undeliverable(self) -> str:
        role = self.procedure.role(self.returned_from)
        words = self._phrases
        return words.undeliverable_to.format(role=self._title(role)) if role else words.undeliverable

    def _sender(self) -> str:
        if self._anonymous:
            return self._phrases.anonymous
        sender, form = self.submission.sender, self.submission.form
        name = form.get("name") or (sender.name if sender else "")
        address = sender.value if sender else ""
        known = f"{name} <{address}>" if name and address else name or address
        return ", ".join(part for part in (known, form.get("phone", "")) if part) or self._phrases.unknown_sender

    def _passed_on_by(self) -> str:
        by = self.submission.forwarded_by
        return "" if by is None else f"{by.name} <{by.value}>" if by.name else by.value

    def _not_acknowledged(self) -> str:
        code = self.decision.not_acknowledged_because
        if not code or self.decision.disposition is Disposition.JOINED:
            return ""
        words = self._phrases.not_acknowledged
        return words.get(code, words["other"])

    # --- parts ---

    @property
    def _phrases(self) -> Phrases:
        return phrases(self.language)

    @property
    def _stage(self) -> Stage | None:
        return self.procedure.stage(self.decision.stage or self.case.stage)

    @property
    def _anonymous(self) -> bool:
        return self.case.anonymous or self.understanding.anonymous.label is True

    @property
    def _urgent(self) -> bool:
        return self.case.urgent or self.understanding.urgent.label is True

    @cached_property
    def _people(self) -> People:
        return People(
            procedure=self.procedure,
            unit=self.decision.unit or self.case.unit,
            barred=frozenset(self.decision.excluded) | frozenset(self.case.excluded),
        )

    def _say(self, text: Any) -> str:
        return self.procedure.in_language(text, self.language)

    def _lines(self, lines: Any) -> tuple[str, ...]:
        return self.procedure.lines_in(lines, self.language)

    def _unit_name(self, unit_id: str | None) -> str:
        unit = self.procedure.unit(unit_id)
        return self._say(unit.name) if unit else ""

    def _contact(self, role_id: str) -> Contact | None:
        role = self.procedure.role(role_id)
        if role is None:
            return None
        reader = self.procedure.role(next(iter(self._people.readers(role_id)), role_id)) or role
        return Contact(
            title=self._title(role), name=reader.name, mail=role.mail or reader.mail, phone=role.phone or reader.phone
        )

    def _title(self, role: Role) -> str:
        return self._say(self.procedure.title(role))

    def _others(self) -> tuple[tuple[Contact, str], ...]:
        """Who else takes part: the sender is told of those who share the responsibility, a role of everyone."""
        for_sender = self.order.to == "sender"
        told = (
            one for one in self.decision.assignments if (one.task in _TOLD if for_sender else one.role != self.order.to)
        )
        tasks = self._phrases.tasks
        # Of somebody who takes part for two reasons the last one is said: it is the urgent one.
        named = {self._contact(one.role): tasks.get(one.task, one.task) for one in told}
        return tuple((contact, task) for contact, task in named.items() if contact)

    def _what_happens(self) -> tuple[str, ...]:
        policy, stage = self.procedure.anonymous, self._stage
        if not self.decision.examined:
            return self._lines(policy.what_happens)
        usual = self._lines(stage.what_happens) if stage else ()
        reports = stage is not None and stage.track != "enquiry"
        unanswered = self._anonymous and policy.examined and not policy.answered and reports
        return (*usual, *self._lines(policy.what_happens)) if unanswered else usual

    def _promises(self) -> tuple[Promise, ...]:
        """What the sender is promised at the stage that the case stands in."""
        limits = {limit.kind: limit for limit in self._stage.time_limits} if self._stage else {}
        return tuple(
            Promise(kind=one.kind, text=self._say(limits[one.kind].promise), due_at=one.due_at, clause=one.clause)
            for one in self._due
            if one.promised and one.kind in limits and self.decision.examined
        )

    def _dates(self) -> tuple[Promise, ...]:
        """The dates that the roles have to keep, promised or not."""
        words = self._phrases.deadlines
        return tuple(
            Promise(kind=one.kind, text=words.get(one.kind, one.kind), due_at=one.due_at, clause=one.clause)
            for one in self._due
            if one.kind not in _NOT_FOR_ROLES
        )

    @property
    def _due(self) -> tuple[Deadline, ...]:
        return self.decision.deadlines or self.case.deadlines

    def _next_level(self) -> dict[str, Any]:
        stage = self._stage
        following = next(self.procedure.following(stage, self.decision.unit), None) if stage else None
        if stage is None or following is None or not self.decision.examined:
            return {}
        owner = self._people.fill(following.owner, following, other_than=self.decision.owner)
        contact = None if stage.track == "enquiry" else self._contact(owner)
        return {"next_level": contact, "next_level_text": self._say(stage.next_level)}

    def _advice(self) -> str:
        if self.order.template != "acknowledgement" or self._urgent or self._anonymous:
            return ""
        # Whoever has said that they spoke, or would rather not, is not told to.
        done = self.submission.form.get(advice.SPOKEN) in (advice.YES, advice.UNWILLING)
        fitting = advice.fitting(self.procedure, self.understanding)
        return " ".join(self._say(one.text) for one in fitting if not (one.ask and done))

    def _note(self) -> str:
        against_rule = self._anonymous and not self.procedure.anonymous.examined
        told = self.order.template == "urgent_notice" or against_rule
        return self._say(self.procedure.urgent.note) if self._urgent and told else ""


def _truth(label: object) -> bool | None:
    return label if isinstance(label, bool) else None
