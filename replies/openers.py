"""The first lines of a letter: where one's own language is, or a few words in a language that has no letters yet."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache

from pydantic import BaseModel, ConfigDict, Field

from register.records import Case, LetterFacts, LetterOrder
from replies.clean import single_line
from replies.environment import TEMPLATES
from replies.formats import direction

#: letters that say that something was received; every other one is about a case that the parent knows
_RECEIVED = frozenset({"acknowledgement", "not_examined"})


class Language(BaseModel):
    """A table of `languages.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    below: str = ""
    received: str = ""
    about: str = ""
    danger: str = ""
    joint: str = Field(default=" ", alias="and")
    languages: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Opener:
    """A few words in the parent's own language, and how it is written."""

    language: str
    direction: str
    text: str


@lru_cache(maxsize=1)
def languages() -> dict[str, Language]:
    """Every language of which we know at least the first words."""
    tables = tomllib.loads((TEMPLATES / "languages.toml").read_text(encoding="utf-8"))
    return {code: Language.model_validate(table) for code, table in tables.items()}


def below(language: str) -> str:
    """The words that this language follows further down; empty for one that has none."""
    known = languages().get(language)
    return known.below if known else ""


def opener(order: LetterOrder, facts: tuple[LetterFacts, ...], case: Case | None) -> Opener | None:
    """The words above a letter to a parent whose language none of its sections has; None where there are none."""
    language = case.language if case else ""
    known = languages().get(language)
    if known is None or not known.received or language in {fact.language for fact in facts}:
        return None
    names = [known.languages.get(fact.language, fact.language) for fact in facts]
    sentence = known.received if order.template in _RECEIVED else known.about
    text = sentence.format(reference=single_line(facts[0].reference), languages=known.joint.join(names))
    danger = f" {known.danger}" if facts[0].urgent else ""
    return Opener(language, direction(language), text + danger)
