"""Words and sentences that all schools share, one file a language below `wording/`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from procedures.values import LANGUAGES, FormField, Part, Section

FOLDER = Path(__file__).parent / "wording"


class Phrases(Section):
    """What every procedure says alike in one language."""

    anonymous: str
    unknown_sender: str
    yes: str
    no: str
    #: with the fields step and date
    step_by: str
    #: with the fields step and role
    step_by_other: str
    undeliverable: str
    #: the same of a letter to one of the school's own, with the field role
    undeliverable_to: str
    #: in the place of a message that cannot be read
    encrypted: str
    #: the warning about a sender whose domain does not stand behind the mail
    unproven: str
    #: of the empty form: its title, what stands above the school's own lines, what stands in an empty field
    form_title: str
    form_office: str
    form_hint: str
    #: what its fields are called
    form_fields: Mapping[FormField, str]
    parts: Mapping[Part, str]
    #: what a role does beside the owner, by task
    tasks: Mapping[str, str]
    #: dates as staff read them, by the deadline's kind; the date follows
    deadlines: Mapping[str, str]
    #: what the classifiers' questions are called
    questions: Mapping[str, str]
    kinds: Mapping[str, str]
    #: why a decision is as it is, by code
    reasons: Mapping[str, str]
    #: why no acknowledgement was sent (G5), by code; `other` for any other
    not_acknowledged: Mapping[str, str]


@cache
def phrases(language: str) -> Phrases:
    """The phrases of a language; English for one that has none."""
    name = language if language in LANGUAGES else "en"
    return Phrases.model_validate(tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8")))
