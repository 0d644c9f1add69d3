"""Which unit of the organisation is the message about: by mailbox, name, class or stage."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from functools import cache, lru_cache

from pydantic import BaseModel, ConfigDict

from classifiers.catalogue import ROOM
from classifiers.reading import Reading
from register.records import OrganisationFacts, UnitFacts, Verdict

NAME = "unit"


class Stage(BaseModel):
    """General knowledge about a stage of school; a unit is of a stage where one of its aliases is among the names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    names: tuple[str, ...]
    #: classes of the stage, written 6B, 6. trinn, VI б
    grades: tuple[int, ...] = ()
    #: words that speak for the stage
    cues: tuple[str, ...] = ()


class Stages(BaseModel):
    """What `units.toml` holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: endings that people leave out of a school's name
    endings: tuple[str, ...]
    #: expressions that find a class; the group `grade` is its number in figures or Roman numerals
    classes: tuple[str, ...]
    #: class numbers in words, by their beginning
    words: dict[str, int]
    stages: dict[str, Stage]


@cache
def knowledge() -> Stages:
    """The data file, checked."""
    return Stages.model_validate(tomllib.loads((ROOM / "units.toml").read_text("utf-8")))


def answer(reading: Reading) -> Verdict:
    """The unit's id with the words that tell it; None where nothing does or where units cannot be known."""
    facts = reading.organisation
    if facts is None or not facts.units:
        return Verdict(label=None, by=reading.by(NAME))
    for ask, score in ((_by_name, 0.97), (_by_class, 0.95), (_by_mailbox, 0.9), (_by_stage, 0.8)):
        found = ask(reading, facts)
        if found:
            unit, because = found
            return Verdict(label=unit, score=score, because=because, by=reading.by(NAME))
    return Verdict(label=None, score=0.8, by=reading.by(NAME))


def _by_mailbox(reading: Reading, facts: OrganisationFacts) -> tuple[str, tuple[str, ...]] | None:
    for recipient in reading.recipients:
        local, _, domain = recipient.lower().partition("@")
        bare = f"{local.partition('+')[0]}@{domain}"
        owners = [unit.id for unit in facts.units if bare in (box.lower() for box in unit.mailboxes)]
        if len(owners) == 1:
            return owners[0], (bare,)
    return None


def _by_name(reading: Reading, facts: OrganisationFacts) -> tuple[str, tuple[str, ...]] | None:
    counts: Counter[str] = Counter()
    because: dict[str, str] = {}
    for unit in facts.units:
        expression = name_expression(unit)
        for weight, text in ((2, reading.message.subject), (2, reading.message.body)):
            for match in expression.finditer(text):
                counts[unit.id] += weight
                because.setdefault(unit.id, match.group())
    if not counts:
        return None
    (unit_id, _), *_ = counts.most_common(1)
    return unit_id, (because[unit_id],)


@lru_cache(maxsize=512)
def name_expression(unit: UnitFacts) -> re.Pattern[str]:
    """Finds a unit's names, with any ending, and what is left of them without `skolan` and the like."""
    generic = {name.lower() for stage in knowledge().stages.values() for name in stage.names}
    names = {alias.lower() for alias in unit.aliases if alias.lower() not in generic or len(unit.aliases) == 1}
    for name in list(names):
        for ending in knowledge().endings:
            if name.endswith(ending) and len(name) - len(ending) >= 5:
                names.add(name.removesuffix(ending))
    # `AKS` with any ending would be found in `akseptabelt`: an abbreviation stands as it is, or with a genitive.
    endings = ((name, r"\w{0,12}" if len(name) > 3 else "s?") for name in sorted(names, key=len, reverse=True))
    inner = "|".join(re.escape(name) + ending for name, ending in endings) or "(?!x)x"
    return re.compile(rf"(?<!\w)(?:{inner})(?!\w)", re.IGNORECASE)


def _by_class(reading: Reading, facts: OrganisationFacts) -> tuple[str, tuple[str, ...]] | None:
    of_grade: dict[int, str] = {}
    for unit, stage in _stages(facts):
        for grade in stage.grades:
            of_grade.setdefault(grade, unit.id)
    if not of_grade:
        return None
    counts: Counter[str] = Counter()
    because: dict[str, str] = {}
    for text, grade in grades_in(f"{reading.message.text}\n{reading.message.plain}"):
        if grade in of_grade:
            counts[of_grade[grade]] += 1
            because.setdefault(of_grade[grade], text)
    if not counts:
        return None
    unit_id = counts.most_common(1)[0][0]
    return unit_id, (because[unit_id],)


_ROMAN = {"I": 1, "V": 5, "X": 10, "І": 1, "Х": 10}


def grades_in(text: str) -> list[tuple[str, int]]:
    """Every class in a text: as written, and its number."""
    found = []
    for expression in _class_expressions():
        for match in expression.finditer(text):
            number = _number(match.group("grade"))
            if number is not None:
                found.append((match.group().strip(), number))
    return found


@cache
def _class_expressions() -> tuple[re.Pattern[str], ...]:
    words = "|".join(sorted((re.escape(word) for word in knowledge().words), key=len, reverse=True))
    return tuple(re.compile(source.replace("{words}", words), re.IGNORECASE) for source in knowledge().classes)


def _number(written: str) -> int | None:
    if written.isdigit():
        return int(written)
    word = written.lower()
    for beginning, number in knowledge().words.items():
        if word.startswith(beginning):
            return number
    values = [_ROMAN.get(char.upper(), 0) for char in written]
    if not all(values):
        return None
    return sum(-v if any(w > v for w in values[place + 1 :]) else v for place, v in enumerate(values))


def _by_stage(reading: Reading, facts: OrganisationFacts) -> tuple[str, tuple[str, ...]] | None:
    text = f"{reading.message.text}\n{reading.message.plain}".lower()
    for unit, stage in _stages(facts):
        expression = _stage_expression(stage.cues)
        match = expression.search(text) if expression else None
        if match:
            return unit.id, (match.group(),)
    return None


@lru_cache(maxsize=64)
def _stage_expression(words: tuple[str, ...]) -> re.Pattern[str] | None:
    from classifiers.cues import pattern

    return pattern(words)


def _stages(facts: OrganisationFacts) -> list[tuple[UnitFacts, Stage]]:
    found = []
    for unit in facts.units:
        aliases = {unit.id.lower(), *(alias.lower() for alias in unit.aliases)}
        for stage in knowledge().stages.values():
            if aliases & set(stage.names):
                found.append((unit, stage))
    return found
