"""What the school itself says in a letter: the same in every case that stands alike, and worked out once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from procedures.model import Procedure
from procedures.people import People
from procedures.phrases import phrases
from procedures.remembering import This
from procedures.sections import Role, Stage
from register.records import Contact

SENDER = "sender"
#: tasks beside the owner's that the sender is told of
_TOLD = ("responsible_beside",)


class Standing(NamedTuple):
    """All that the words depend on, beside the procedure: how a case stands, and who is told of it in which letter."""

    #: one of the languages that every text of a procedure has
    language: str
    template: str
    #: `sender`, or the role that the letter is for
    to: str
    rule: str
    stage: str
    unit: str | None
    #: the unit that the decision itself names
    decided_unit: str | None
    owner: str
    #: the owner that the decision itself names
    decided_owner: str
    #: roles that must not see the case
    barred: frozenset[str]
    #: who takes part beside the owner, and with which task
    tasks: tuple[tuple[str, str], ...]
    examined: bool
    urgent: bool
    anonymous: bool
    #: the sender is asked for the unit
    asks_unit: bool


@dataclass(frozen=True, kw_only=True)
class OwnWords:
    """The school's part of a letter."""

    #: by their names in `LetterFacts`
    facts: Mapping[str, Any]
    #: the sentences that a promised date follows, by the date's kind
    promises: Mapping[str, str]
    #: what the unit's staff should know of it (D4)
    of_unit: tuple[str, ...]


def own_words(procedure: Procedure, standing: Standing) -> OwnWords:
    """What the school says to somebody in a case that stands so."""
    return _own_words(This(procedure), standing)


@lru_cache(maxsize=2048)
def _own_words(this: This, standing: Standing) -> OwnWords:
    """Depends on what it is handed and on the wording files of the program; holds the school's words alone."""
    speaker = _Speaker(this.procedure, standing)
    return OwnWords(facts=speaker.facts(), promises=speaker.promises(), of_unit=speaker.of_unit())


@dataclass(frozen=True)
class _Speaker:
    procedure: Procedure
    standing: Standing

    def facts(self) -> dict[str, Any]:
        house, standing, stage = self.procedure.organisation, self.standing, self._stage
        return {
            "organisation": self._say(house.name),
            "time_zone": house.time_zone,
            "country": house.country,
            "unit": self._unit_name(),
            "units": tuple(self._say(unit.name) for unit in self.procedure.units) if standing.asks_unit else (),
            "owner": self._contact(standing.owner),
            "emergency": self._lines(self.procedure.emergency) if standing.urgent else (),
            "note": self._note(),
            "stage": self._say(stage.title) if stage else "",
            "what_happens": self._what_happens(),
            "others": self._others(),
            **self._next_level(),
            "outside_body": self._lines(self.procedure.outside_body.lines),
            **(self._after_last_stage() if standing.rule == "outside_body" and standing.to == SENDER else {}),
        }

    def promises(self) -> dict[str, str]:
        """What the sender is promised at the stage that the case stands in; nothing where it is not examined."""
        limits = self._stage.time_limits if self._stage and self.standing.examined else ()
        return {limit.kind: self._say(limit.promise) for limit in limits}

    def of_unit(self) -> tuple[str, ...]:
        """The facts of the unit that the decision names."""
        unit = self.procedure.unit(self.standing.decided_unit)
        return self._lines(unit.facts) if unit else ()

    def _after_last_stage(self) -> dict[str, Any]:
        outside = self.procedure.outside_body
        said = " ".join(self._lines(outside.after_last_stage))
        return {"stage": self._say(outside.title), "what_happens": (), "what_happened": said, "promises": ()}

    @property
    def _stage(self) -> Stage | None:
        return self.procedure.stage(self.standing.stage)

    @cached_property
    def _people(self) -> People:
        return People(procedure=self.procedure, unit=self.standing.unit, barred=self.standing.barred)

    def _say(self, text: Any) -> str:
        return self.procedure.in_language(text, self.standing.language)

    def _lines(self, lines: Any) -> tuple[str, ...]:
        return self.procedure.lines_in(lines, self.standing.language)

    def _unit_name(self) -> str:
        unit = self.procedure.unit(self.standing.unit)
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
        reader = self.standing.to
        told = (
            (role, task)
            for role, task in self.standing.tasks
            if (task in _TOLD if reader == SENDER else role != reader)
        )
        tasks = phrases(self.standing.language).tasks
        # Of somebody who takes part for two reasons the last one is said: it is the urgent one.
        named = {self._contact(role): tasks.get(task, task) for role, task in told}
        return tuple((contact, task) for contact, task in named.items() if contact)

    def _what_happens(self) -> tuple[str, ...]:
        policy, stage = self.procedure.anonymous, self._stage
        if not self.standing.examined:
            return self._lines(policy.what_happens)
        usual = self._lines(stage.what_happens) if stage else ()
        reports = stage is not None and stage.track != "enquiry"
        unanswered = self.standing.anonymous and policy.examined and not policy.answered and reports
        return (*usual, *self._lines(policy.what_happens)) if unanswered else usual

    def _next_level(self) -> dict[str, Any]:
        standing, stage = self.standing, self._stage
        following = next(self.procedure.following(stage, standing.decided_unit), None) if stage else None
        if stage is None or following is None or not standing.examined:
            return {}
        owner = self._people.fill(following.owner, following, other_than=standing.decided_owner)
        contact = None if stage.track == "enquiry" else self._contact(owner)
        return {"next_level": contact, "next_level_text": self._say(stage.next_level)}

    def _note(self) -> str:
        standing = self.standing
        against_rule = standing.anonymous and not self.procedure.anonymous.examined
        told = standing.template == "urgent_notice" or against_rule
        return self._say(self.procedure.urgent.note) if standing.urgent and told else ""
