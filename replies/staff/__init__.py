"""What the bot says to staff in their chats, one file a language beside this one; a value in braces is filled in."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

FOLDER = Path(__file__).parent
FALLBACK = "en"


class Wording(BaseModel):
    """One language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

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
    return wording(language).says[key].format_map(values).strip()


def button(key: str, language: str) -> str:
    """What stands on a button."""
    return wording(language).buttons[key]
