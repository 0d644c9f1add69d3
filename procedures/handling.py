"""The steps of the handling as lines for the person who has to take them."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date

from procedures.model import Procedure
from procedures.phrases import phrases
from procedures.remembering import This
from register.records import Decision

_LOCALES = {"en": "en_GB"}


def step_lines(procedure: Procedure, decision: Decision, reader: str, language: str) -> tuple[str, ...]:
    """The steps in order, with their dates; another role's step says whose it is."""
    this, stage, zone, form = This(procedure), decision.stage, procedure.zone, phrases(language).step_by
    lines = []
    for step in decision.steps:
        line = _task(this, stage, step.id, step.role if step.role != reader else "", language)
        lines.append(form.format(step=line, date=day(step.due_at, zone, language)) if step.due_at else line)
    return tuple(lines)


@lru_cache(maxsize=1024)
def _task(this: This, stage_id: str, step_id: str, other: str, language: str) -> str:
    """What is to be done, and by which other role; depends on these and on the program's wording files."""
    procedure = this.procedure
    stage, role = procedure.stage(stage_id), procedure.role(other)
    text = next((one.text for one in stage.steps if one.id == step_id), {}) if stage else {}
    line = procedure.in_language(text, language) or step_id
    if role is None:
        return line
    title = procedure.in_language(procedure.title(role), language)
    return phrases(language).step_by_other.format(step=line, role=title)


def day(moment: datetime, zone: ZoneInfo, language: str) -> str:
    """The local date of a moment, written out."""
    return _written(moment.astimezone(zone).date(), _LOCALES.get(language, language))


@lru_cache(maxsize=1024)
def _written(on: date, locale: str) -> str:
    return format_date(on, format="long", locale=locale)
