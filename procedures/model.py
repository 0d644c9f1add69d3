"""A school's procedure: the whole file, frozen, with the look-ups that the decision and the letters need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import time
from functools import cached_property
from typing import TypeVar
from zoneinfo import ZoneInfo

from pydantic import Field

from procedures.calendar import Calendar
from procedures.policies import (
    Advice,
    AnonymousPolicy,
    FormSection,
    OutsideBody,
    PartsAsked,
    PassingOn,
    Question,
    UrgentPolicy,
)
from procedures.sections import (
    AssignmentRule,
    CalendarDays,
    Mailbox,
    Numbers,
    Office,
    Organisation,
    Role,
    Rule,
    Stage,
    TimeLimit,
    Unit,
)
from procedures.values import LANGUAGES, WEEKDAYS, Lines, Section, Text, Weekday
from register.records import Address, AddressKind, OrganisationFacts, RoleFacts, UnitFacts

T = TypeVar("T")

_FIELD = re.compile(r"\{(\w+)[^}]*\}")
_FIELD_PATTERNS = {
    "year": r"\d{4}",
    "month": r"\d{1,2}",
    "day": r"\d{1,2}",
    "number": r"\d{1,9}",
    "unit": r"[\w.-]{1,40}",
}


class Procedure(Section):
    """One procedure file. Frozen; the references between its tables are checked by `procedures.check`."""

    organisation: Organisation
    numbers: Numbers
    calendar: CalendarDays
    units: tuple[Unit, ...] = ()
    offices: tuple[Office, ...] = ()
    roles: tuple[Role, ...]
    mailboxes: tuple[Mailbox, ...]
    #: parts that roles have in every case
    always: tuple[AssignmentRule, ...] = ()
    #: time limits of every stage
    time_limits: tuple[TimeLimit, ...] = ()
    stages: tuple[Stage, ...]
    rules: tuple[Rule, ...]
    anonymous: AnonymousPolicy
    urgent: UrgentPolicy
    advice: tuple[Advice, ...] = ()
    outside_body: OutsideBody
    emergency: Lines
    parts: PartsAsked | None = None
    form: FormSection | None = None
    questions: tuple[Question, ...] = ()
    passing_on: PassingOn | None = None
    #: `<id>@<first 12 hex of the file's SHA-256>`, set by the loader
    version: str = Field(default="")

    # --- who it is ---

    @property
    def id(self) -> str:
        """The organisation's id."""
        return self.organisation.id

    @property
    def default_language(self) -> str:
        """The language that staff get their notices in."""
        return self.organisation.languages[0]

    @property
    def zone(self) -> ZoneInfo:
        """The school's time zone."""
        return ZoneInfo(self.organisation.time_zone)

    def in_language(self, text: Text, language: str) -> str:
        """The text in a language; English for languages that no procedure has, else the school's own."""
        return _said(text, language, self.default_language, "")

    def lines_in(self, lines: Lines, language: str) -> tuple[str, ...]:
        """The lines in a language, by the same order of preference."""
        return _said(lines, language, self.default_language, ())

    # --- look-ups ---

    @cached_property
    def _roles(self) -> Mapping[str, Role]:
        return {role.id: role for role in self.roles}

    @cached_property
    def _offices(self) -> Mapping[str, Office]:
        return {office.id: office for office in self.offices}

    @cached_property
    def _units(self) -> Mapping[str, Unit]:
        return {unit.id: unit for unit in self.units}

    @cached_property
    def _stages(self) -> Mapping[str, Stage]:
        return {stage.id: stage for stage in self.stages}

    def role(self, role_id: str) -> Role | None:
        """The role of an id."""
        return self._roles.get(role_id)

    def office(self, office_id: str) -> Office | None:
        """The office of an id."""
        return self._offices.get(office_id)

    def unit(self, unit_id: str | None) -> Unit | None:
        """The unit of an id."""
        return self._units.get(unit_id) if unit_id else None

    def stage(self, stage_id: str) -> Stage | None:
        """The stage of an id."""
        return self._stages.get(stage_id)

    def following(self, stage: Stage | None, unit: str | None) -> Iterator[Stage]:
        """The stages after this one, in order, as far as the unit has them."""
        seen = {stage.id} if stage else set()
        while stage and stage.next and stage.next not in seen:
            seen.add(stage.next)
            stage = self.stage(stage.next)
            if stage and (not stage.units or unit is None or unit in stage.units):
                yield stage

    def title(self, role: Role) -> Text:
        """What the role is called: its own title, else its first office's."""
        held = (self.office(name) for name in role.offices)
        return role.title or next((office.title for office in held if office), {"": role.id})

    def addresses(self, role_id: str, excluded: Iterable[str] = ()) -> tuple[Address, ...]:
        """Every address of a role; of a committee those of its members, but for excluded ones."""
        role, barred = self.role(role_id), frozenset(excluded)
        if role is None or role_id in barred:
            return ()
        if role.members:
            return tuple(address for member in role.members for address in self.addresses(member, barred))
        return _addresses(role)

    def calendar_of(self, unit: str | None = None) -> Calendar:
        """The calendar of a unit, which may have office hours of its own."""
        return self._calendars.get(unit) or self._calendars[None]

    @cached_property
    def _calendars(self) -> Mapping[str | None, Calendar]:
        own = {unit.id: unit.office_hours for unit in self.units if unit.office_hours}
        return {None: self._calendar(self.calendar.office_hours)} | {
            unit: self._calendar(hours) for unit, hours in own.items()
        }

    def _calendar(self, hours: Mapping[Weekday, tuple[time, time]]) -> Calendar:
        return Calendar(
            zone=self.zone,
            country=self.organisation.country,
            subdivision=self.organisation.subdivision,
            categories=self.calendar.holiday_categories,
            hours=tuple(hours.get(day) for day in WEEKDAYS),
            closed=tuple((period.first, period.last) for period in self.calendar.closed),
            terms=tuple((period.first, period.last) for period in self.calendar.terms),
            breaks=tuple((period.first, period.last) for period in self.calendar.breaks),
        )

    # --- mail ---

    def mailbox_at(self, address: str) -> Mailbox | None:
        """The mailbox that claims an address, whatever its case and, where the school has it, `+detail`."""
        wanted = self._bare(address)
        return next((box for box in self.mailboxes if box.address.lower() == wanted), None)

    def answers_from(self, recipients: Iterable[str], unit: str | None = None) -> str:
        """The address that letters come from: of the mailbox written to, else the unit's, else the first."""
        written = (self.mailbox_at(address) for address in recipients)
        of_unit = (box for box in self.mailboxes if unit and box.unit == unit)
        box = next((box for box in (*written, *of_unit) if box), self.mailboxes[0])
        return box.answers_from or box.address

    def _bare(self, address: str) -> str:
        local, at, domain = address.strip().lower().rpartition("@")
        if self.organisation.plus_addressing:
            local = local.partition("+")[0]
        return f"{local}{at}{domain}"

    @property
    def own_addresses(self) -> frozenset[str]:
        """Every address that is this school's own, in lower case."""
        return frozenset(
            address.lower() for box in self.mailboxes for address in (box.address, box.answers_from) if address
        )

    def reference_pattern(self) -> re.Pattern[str]:
        """Finds case numbers in a subject; ignores case, and a space in the number may be missing."""
        parts, position, form = [], 0, self.numbers.format
        for field in _FIELD.finditer(form):
            parts += [_literal(form[position : field.start()]), _FIELD_PATTERNS.get(field[1], r"\w{1,40}")]
            position = field.end()
        return re.compile(rf"(?<!\w){''.join(parts)}{_literal(form[position:])}(?!\w)", re.IGNORECASE)

    # --- for other rooms ---

    def facts(self) -> OrganisationFacts:
        """What classifiers and letters need to know of the school, as plain values."""
        return self._facts

    @cached_property
    def _facts(self) -> OrganisationFacts:
        return OrganisationFacts(
            id=self.id,
            name=self.in_language(self.organisation.name, self.default_language),
            languages=self.organisation.languages,
            units=tuple(self._unit_facts(unit) for unit in self.units),
            roles=tuple(self._role_facts(role) for role in self.roles),
            mailboxes=tuple(sorted(self.own_addresses)),
        )

    def _unit_facts(self, unit: Unit) -> UnitFacts:
        names = (self.in_language(unit.name, self.default_language), unit.id, *unit.name.values(), *unit.aliases)
        boxes = tuple(box.address.lower() for box in self.mailboxes if box.unit == unit.id)
        return UnitFacts(id=unit.id, aliases=tuple(dict.fromkeys(names)), mailboxes=boxes)

    def _role_facts(self, role: Role) -> RoleFacts:
        offices = (self.office(name) for name in role.offices)
        return RoleFacts(
            id=role.id,
            name=role.name,
            titles={language: self.in_language(self.title(role), language) for language in LANGUAGES},
            aliases=(*role.aliases, *(alias for office in offices if office for alias in office.aliases)),
            unit=role.units[0] if len(role.units) == 1 else None,
            mail=role.mail,
            phone=role.phone,
        )


def _addresses(role: Role) -> tuple[Address, ...]:
    own = ((AddressKind.MAIL, role.mail), (AddressKind.PHONE, role.phone))
    further = ((address.kind, address.value) for address in role.addresses)
    return tuple(Address(kind=kind, value=value, name=role.name) for kind, value in (*own, *further) if value)


def _said(texts: Mapping[str, T], language: str, default: str, nothing: T) -> T:
    # Nearly always it is there: this is asked a hundred times a message.
    if language in texts:
        return texts[language]
    wanted = ("", *(() if language in LANGUAGES else ("en",)), default)
    return next((texts[one] for one in wanted if one in texts), next(iter(texts.values()), nothing))


def _literal(text: str) -> str:
    return re.escape(text).replace(r"\ ", r"\s?")
