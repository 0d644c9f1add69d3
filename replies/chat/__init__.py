"""What the bot itself says in a chat, one file a language beside this one; a value in braces is filled in."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date
from pydantic import BaseModel, ConfigDict

from replies.formats import direction, locale

FOLDER = Path(__file__).parent
FALLBACK = "en"
#: first strong isolate and its end (UAX 9): a foreign name keeps its own direction inside an Arabic sentence
_ISOLATE, _END = "\u2068", "\u2069"


class Wording(BaseModel):
    """One language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: what the language calls itself, for the button
    name: str
    says: Mapping[str, str]
    buttons: Mapping[str, str]


@cache
def languages() -> tuple[str, ...]:
    """The languages that have a file."""
    return tuple(sorted(file.stem for file in FOLDER.glob("*.toml")))


@cache
def wording(language: str) -> Wording:
    """The texts of a language, English for one that has none."""
    file = FOLDER / f"{language if language in languages() else FALLBACK}.toml"
    return Wording.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))


def say(key: str, language: str, **values: str) -> str:
    """A text; raises KeyError for a key or a value that is missing, which is a mistake in the program."""
    if direction(language) == "rtl":
        values = {name: f"{_ISOLATE}{value}{_END}" for name, value in values.items()}
    return wording(language).says[key].format_map(values).strip()


def button(key: str, language: str) -> str:
    """What stands on a button."""
    return wording(language).buttons[key]


def day(moment: datetime, language: str, zone: str) -> str:
    """A day as the language writes it, in a time zone (an IANA name)."""
    return format_date(moment.astimezone(ZoneInfo(zone)).date(), "long", locale=locale(language, ""))
