"""The steps of the handling as lines for the person who has to take them."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date

from procedures.model import Procedure
from procedures.phrases import phrases
from register.records import Decision, Step

_LOCALES = {"en": "en_GB"}


def step_lines(procedure: Procedure, decision: Decision, reader: str, language: str) -> tuple[str, ...]:
    """The steps in order, with their dates; another role's step says whose it is."""
    return tuple(_line(procedure, decision, step, reader, language) for step in decision.steps)


def _line(procedure: Procedure, decision: Decision, step: Step, reader: str, language: str) -> str:
    words = phrases(language)
    stage = procedure.stage(decision.stage)
    text = next((one.text for one in stage.steps if one.id == step.id), {}) if stage else {}
    line = procedure.in_language(text, language) or step.id
    role = procedure.role(step.role)
    if role and step.role != reader:
        line = words.step_by_other.format(step=line, role=procedure.in_language(procedure.title(role), language))
    return words.step_by.format(step=line, date=day(step.due_at, procedure.zone, language)) if step.due_at else line


def day(moment: datetime, zone: ZoneInfo, language: str) -> str:
    """The local date of a moment, written out."""
    return _written(moment.astimezone(zone).date(), _LOCALES.get(language, language))


@lru_cache(maxsize=1024)
def _written(on: date, locale: str) -> str:
    return format_date(on, format="long", locale=locale)
