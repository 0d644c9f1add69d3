"""The tables of a procedure file beside people and stages: danger, anonymity, advice, what senders are asked."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from procedures.sections import Within
from procedures.values import FormField, Id, Kind, Lines, Part, Score, Section, Text


class AnonymousPolicy(Section):
    """What is done with messages whose sender stays anonymous."""

    clause: str
    #: False: registered and not examined
    examined: bool
    #: False: no answer is promised to them
    answered: bool
    #: how sure it must be that the sender wants to be anonymous before something is left undone
    minimum_score: Score = 0.5
    #: what the sender is told of it
    what_happens: Lines


class UrgentPolicy(Section):
    """What is done when a child may be in danger."""

    clause: str
    #: roles and offices that are told at once, at any hour
    roles: Annotated[tuple[str, ...], Field(min_length=1)]
    #: where the unit is not known: tell every holder of an office
    everyone_when_unit_unknown: bool = False
    #: the notice comes again after so many minutes until somebody has taken the case; None: as the settings say
    repeat_minutes: Annotated[int, Field(ge=1, le=1440)] | None = None
    #: after so many repetitions these roles are told as well
    escalate_after: Annotated[int, Field(ge=1, le=100)] = 3
    escalate_to: tuple[str, ...] = ()
    #: why it stands above the other rules
    note: Text


class Advice(Section):
    """A kind encouragement that obliges nobody."""

    id: Id
    clause: str
    kinds: tuple[Kind, ...]
    #: never said where one of these is the matter or may be
    except_categories: tuple[str, ...] = ()
    #: from which score on such a category may be the matter
    suspected_from: Score = 0.25
    #: in a chat the sender is asked first whether they have spoken with the person concerned
    ask: bool = False
    text: Text


class OutsideBody(Section):
    """Who a person may turn to outside the school."""

    clause: str
    #: what turning to it is called, as the stages have a title
    title: Text
    #: contact data, line by line
    lines: Lines
    #: said when the last stage has not satisfied
    after_last_stage: Lines


class PartsAsked(Section):
    """What a written complaint has to hold; what is missing is asked for once."""

    clause: str
    kinds: tuple[Kind, ...] = ("complaint",)
    ask_for: tuple[Part, ...]
    #: how many names make a full name
    names: Annotated[int, Field(ge=1, le=5)] = 2


class FormSection(Section):
    """The form that a complaint can be written on: `lyhord form` writes it, empty."""

    clause: str
    #: what stands on top; left out: the usual words
    title: Text = Field(default_factory=dict)
    #: lines that the school itself fills in
    office: Lines = Field(default_factory=dict)
    #: what it asks for, in this order
    fields: Annotated[tuple[FormField, ...], Field(min_length=1)]
    #: where it is sent, line by line
    send_to: Lines


class Question(Section):
    """Something that the sender is asked."""

    id: Literal["wants_investigation", "unit"]
    clause: str
    kinds: tuple[Kind, ...]
    #: categories that are looked into in any case, so that nobody needs to be asked
    except_categories: tuple[str, ...] = ()
    #: asked once more after this time without an answer
    repeat_after: Within | None = None


class PassingOn(Section):
    """When staff get what arrives on a day off."""

    clause: str
    #: notices wait until the next working day opens
    wait_on_days_off: bool
