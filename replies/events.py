"""What the program tells a role about its own work, in words: one file a language below `wording/`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

FOLDER = Path(__file__).parent / "wording"
FALLBACK = "en"


class Wording(BaseModel):
    """A language's sentences."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: by code; with fields in braces
    events: Mapping[str, str]
    #: why a channel cannot be used, by code
    causes: Mapping[str, str]
    #: what letters are called, by template
    letters: Mapping[str, str]
    #: who reads a letter, by role; roles that are not here are named by their title
    readers: Mapping[str, str]


def languages() -> tuple[str, ...]:
    """The languages that have a file."""
    return tuple(sorted(file.stem for file in FOLDER.glob("*.toml")))


@cache
def wording(language: str) -> Wording:
    """The sentences of a language, English for one that has none."""
    file = FOLDER / f"{language if language in languages() else FALLBACK}.toml"
    return Wording.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))


def event(code: str, values: Mapping[str, str], language: str) -> str:
    """The sentence of an event: `values` hold template, role, reason, subject, detail, text, … as the code needs them.

    Raises KeyError for a code that no language has: that is a mistake in the program.
    """
    words = wording(language)
    named = {
        "letter": words.letters.get(values.get("template", ""), values.get("template", "")),
        "reader": words.readers.get(values.get("role", ""), values.get("role", "")),
        "cause": words.causes.get(values.get("detail", ""), words.causes["other"]),
    }
    return words.events[code].format_map({**values, **named}).strip()
