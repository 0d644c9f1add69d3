"""Fixed phrases of the bot as data: a folder with one TOML file a language; a value in braces is filled in."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from replies.formats import direction

FALLBACK = "en"
#: first strong isolate and its end (UAX 9): a foreign name keeps its own direction inside an Arabic sentence
_ISOLATE, _END = "\u2068", "\u2069"


class Wording(BaseModel):
    """One language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: what the language calls itself, for the button that chooses it; empty where nobody chooses
    name: str = ""
    says: Mapping[str, str]
    buttons: Mapping[str, str]


@dataclass(frozen=True)
class Phrases:
    """The phrases of a folder; every file is read once."""

    folder: Path

    def languages(self) -> tuple[str, ...]:
        """The languages that have a file."""
        return _languages(self.folder)

    def wording(self, language: str) -> Wording:
        """The texts of a language, English for one that has none."""
        return _wording(self.folder, language if language in self.languages() else FALLBACK)

    def say(self, key: str, language: str, **values: str) -> str:
        """A text; raises KeyError for a key or a value that is missing, which is a mistake in the program."""
        if direction(language) == "rtl":
            values = {name: f"{_ISOLATE}{value}{_END}" for name, value in values.items()}
        return self.wording(language).says[key].format_map(values).strip()

    def button(self, key: str, language: str) -> str:
        """What stands on a button."""
        return self.wording(language).buttons[key]


@cache
def _languages(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(file.stem for file in folder.glob("*.toml")))


@cache
def _wording(folder: Path, language: str) -> Wording:
    return Wording.model_validate(tomllib.loads((folder / f"{language}.toml").read_text(encoding="utf-8")))
