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
from procedures.own_words import SENDER, OwnWords, Standing, own_words
from procedures.phrases import Phrases, phrases
from procedures.sections import Role
from procedures.values import LANGUAGES
from register.records import (
    Case,
    Deadline,
    Decision,
    Disposition,
    LetterFacts,
    LetterOrder,
    Promise,
    Submission,
    Understanding,
)

#: letters about the case as it stands, not about the message at hand
_ABOUT_THE_CASE = ("status", "closed", "next_stage", "question_repeated", "reminder", "message", "longer")
#: letters about something that came later, so that the day of receipt says nothing
_LATER = ("added_notice", "undeliverable")
NOTHING: Mapping[str, Any] = {}
#: deadlines that the program keeps itself
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
    for_role = {} if order.to == SENDER else writer.for_role(local_facts, may_belong_to)
    return LetterFacts(**{**writer.facts(), **for_role, **more})


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

    def facts(self) -> dict[str, Any]:
        case, decision, own = self.case, self.decision, self._own
        of_case = self.order.template in _ABOUT_THE_CASE
        return {
            "language": self.language,
            "reference": case.reference,
            "subject": case.subject if of_case else self.submission.subject,
            "gist": case.gist if of_case else self.understanding.gist,
            "kind": case.kind or "",
            "category": self.category_title,
            "anonymous": self._anonymous,
            "urgent": self._urgent,
            "examined": decision.examined,
            "wants_investigation": _truth(self.understanding.wants_investigation.label),
            "received_at": None if self.order.template in _LATER else case.opened_at,
            "clause": self.order.clause or decision.clause,
            "promises": self._promises(own.promises) if self.order.to == SENDER else self._dates(),
            **own.facts,
            **self._for_sender(),
        }

    def _for_sender(self) -> dict[str, Any]:
        decision, parts = self.decision, self._phrases.parts
        return {
            "advice": self._advice(),
            "missing_parts": tuple(parts[part] for part in parts if part in decision.missing_parts),
            "encrypted": bool(self.submission.encrypted),
            "questions": decision.questions,
        }

    # --- for roles ---

    def for_role(self, local_facts: tuple[str, ...], may_belong_to: tuple[str, ...]) -> dict[str, Any]:
        return {
            "sender": self._sender(),
            "message": self.submission.text or (self._phrases.encrypted if self.submission.encrypted else ""),
            "attachments": tuple(attachment.name for attachment in self.submission.enclosures),
            "local_facts": (*self._own.of_unit, *local_facts),
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
    def _anonymous(self) -> bool:
        return self.case.anonymous or self.understanding.anonymous.label is True

    @property
    def _urgent(self) -> bool:
        return self.case.urgent or self.understanding.urgent.label is True

    @cached_property
    def _own(self) -> OwnWords:
        case, decision, order = self.case, self.decision, self.order
        return own_words(
            self.procedure,
            Standing(
                language=self.language,
                template=order.template,
                to=order.to,
                rule=decision.rule,
                stage=decision.stage or case.stage,
                unit=decision.unit or case.unit,
                decided_unit=decision.unit,
                owner=decision.owner or case.owner,
                decided_owner=decision.owner,
                barred=frozenset((*decision.excluded, *case.excluded)),
                tasks=tuple((one.role, one.task) for one in decision.assignments),
                examined=decision.examined,
                urgent=self._urgent,
                anonymous=self._anonymous,
                asks_unit="unit" in decision.questions,
            ),
        )

    def _say(self, text: Any) -> str:
        return self.procedure.in_language(text, self.language)

    def _title(self, role: Role) -> str:
        return self._say(self.procedure.title(role))

    def _promises(self, said: Mapping[str, str]) -> tuple[Promise, ...]:
        """What the sender is promised at the stage that the case stands in."""
        return tuple(
            Promise(kind=one.kind, text=said[one.kind], due_at=one.due_at, clause=one.clause)
            for one in self._due
            if one.promised and one.kind in said
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

    def _advice(self) -> str:
        if self.order.template != "acknowledgement" or self._urgent or self._anonymous:
            return ""
        # Whoever has said that they spoke, or would rather not, is not told to.
        done = self.submission.form.get(advice.SPOKEN) in (advice.YES, advice.UNWILLING)
        fitting = advice.fitting(self.procedure, self.understanding)
        return " ".join(self._say(one.text) for one in fitting if not (one.ask and done))


def _truth(label: object) -> bool | None:
    return label if isinstance(label, bool) else None
