"""The tables of a procedure file: what each key may hold, checked while it is read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from procedures.values import DayUnit, Id, Kind, Lines, Score, Section, Text, Weekday
from register.records import AddressKind


class Organisation(Section):
    """Who the procedure belongs to."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    name: Text
    #: its own languages, the default first
    languages: Annotated[tuple[str, ...], Field(min_length=1)]
    #: IANA name
    time_zone: str
    #: two letters, for public holidays and the way dates are written
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    subdivision: str | None = None
    #: does the mail server deliver `hej+anything@` to `hej@`
    plus_addressing: bool = True
    #: who gets what no rule gives to anyone
    default_role: str
    #: who stands above the school, when everyone else is complained about
    last_resort: str

    @field_validator("time_zone")
    @classmethod
    def _exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"there is no time zone {name!r}; write for example 'Europe/Stockholm'") from None
        return name


class Numbers(Section):
    """How case numbers are written."""

    #: fields year, month, day, number, unit
    format: str
    #: the counter's name; gap-free within a year
    series: str


class Period(Section):
    """Days from the first to the last, both included."""

    first: date
    last: date
    name: str = ""

    @model_validator(mode="after")
    def _in_order(self) -> Period:
        if self.last < self.first:
            raise ValueError(f"last ({self.last}) is before first ({self.first}); write the earlier day as first")
        return self


class CalendarDays(Section):
    """Which days count."""

    #: categories of the `holidays` package; Sweden's eves are in `de_facto`
    holiday_categories: tuple[str, ...] = ("public",)
    #: opening and closing by weekday; a weekday that is left out is a day off
    office_hours: Mapping[Weekday, tuple[time, time]]
    #: the school's own closed days
    closed: tuple[Period, ...] = ()
    terms: tuple[Period, ...] = ()
    #: days off within the terms
    breaks: tuple[Period, ...] = ()


class Unit(Section):
    """A school, preschool, grade or stage of the organisation."""

    id: Id
    #: the official name
    name: Text
    #: what people call it, in any language
    aliases: tuple[str, ...] = ()
    phone: str = ""
    #: what a handler should know of the place (D4), by language
    facts: Lines = Field(default_factory=dict)
    office_hours: Mapping[Weekday, tuple[time, time]] | None = None


class Office(Section):
    """A post that several units have, each with its own holder: head of the preschool, head of the stage."""

    id: Id
    title: Text
    aliases: tuple[str, ...] = ()
    #: the role that stands for it while the unit is not known
    without_unit: str


class FurtherAddress(Section):
    """One more place where a role can be reached, e.g. a Telegram chat."""

    kind: AddressKind
    value: str


class Role(Section):
    """A role and the person who holds it."""

    id: Id
    #: the offices that it holds; without a title of its own it has that of the first
    offices: tuple[str, ...] = ()
    title: Text = Field(default_factory=dict)
    name: str = ""
    #: further names and titles by which people write of the holder
    aliases: tuple[str, ...] = ()
    mail: str = ""
    phone: str = ""
    addresses: tuple[FurtherAddress, ...] = ()
    #: units that it belongs to; none: the whole organisation
    units: tuple[str, ...] = ()
    stand_in: str = ""
    #: roles that make up a committee
    members: tuple[str, ...] = ()


class Mailbox(Section):
    """An address whose mail is taken in."""

    address: str
    unit: str | None = None
    #: the address that answers come from; the mailbox itself where it is left out
    answers_from: str = ""


class Within(Section):
    """A length of time: so many days of a kind, counted from an event; the day of the event does not count."""

    n: Annotated[int, Field(ge=0, le=400)]
    unit: DayUnit
    #: receipt, registration, or the kind of an earlier time limit of the same stage
    after: str = "receipt"


class Extension(Section):
    """How far a promised date may be put off, once the parent has been told why."""

    n: Annotated[int, Field(ge=1, le=400)]
    unit: DayUnit
    clause: str


class TimeLimit(Within):
    """What the procedure promises; on a case it becomes a deadline."""

    kind: Id
    clause: str
    #: who keeps it; the owner where it is left out
    role: str = ""
    #: the parent is told of the date
    promised: bool = False
    #: the sentence's beginning, which the date follows
    promise: Text = Field(default_factory=dict)
    #: left out: the date stays, whatever the reason is
    extension: Extension | None = None


class StageStep(Section):
    """A step of the handling: who does it, by when, which document it leaves."""

    id: Id
    clause: str
    #: who does it; the owner where it is left out
    role: str = ""
    due: Within | None = None
    document: str = ""
    text: Text


class Stage(Section):
    """A stage of the procedure."""

    id: Id
    track: Literal["concern", "complaint", "enquiry"]
    clause: str
    #: a role or an office
    owner: str
    #: units that have this stage; none: all; others go straight to the next
    units: tuple[str, ...] = ()
    title: Text
    what_happens: Lines
    time_limits: tuple[TimeLimit, ...] = ()
    steps: tuple[StageStep, ...] = ()
    #: further roles that get the notice
    recipients: tuple[str, ...] = ()
    #: where a case goes when the sender is not satisfied; empty at the last stage
    next: str = ""
    #: how to say so, and who takes over then
    next_level: Text = Field(default_factory=dict)
    #: where a case goes once the sender says that they want an investigation, or that they want none
    if_wished: str = ""
    if_not_wished: str = ""
    document: str = ""


class AssignmentRule(Section):
    """A role's part beside the owner."""

    role: str
    task: Id
    clause: str
    why: str
    #: gets the notice, not only a place on a list
    notified: bool = True
    #: kinds of message that this is not done for
    except_kinds: tuple[Kind, ...] = ()


class When(Section):
    """What a rule asks of a message; what is left out is not asked."""

    kinds: tuple[Kind, ...] = ()
    categories: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    urgent: bool | None = None
    anonymous: bool | None = None
    about_education: bool | None = None
    wants_investigation: bool | None = None
    #: the sender says that an answer they got does not satisfy them
    dissatisfied: bool | None = None
    #: how sure the kind must be
    minimum_score: Score = 0
    #: a named category counts from this score on, also where another is ahead; 0: only the first counts
    suspected_from: Score = 0


class Rule(Section):
    """What is done with messages of a sort; the first rule that matches wins."""

    id: Id
    clause: str
    when: When = When()
    #: in a sentence, for people who compare this with the paper
    says: Text
    disposition: Literal["register", "set_aside"] = "register"
    stage: str = ""
    #: another owner than the stage's
    owner: str = ""
    recipients: tuple[str, ...] = ()
    assignments: tuple[AssignmentRule, ...] = ()
    examined: bool = True

    @property
    def is_default(self) -> bool:
        """True where it asks nothing: it always matches."""
        return self.when == When()
