"""Which unit of the organisation is the message about: by mailbox, name, class or stage."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache, lru_cache

from pydantic import BaseModel, ConfigDict

from classifiers.beginnings import beginning, folded, places
from classifiers.catalogue import ROOM
from classifiers.cues import pattern
from classifiers.reading import Reading
from classifiers.sounds import consonants, in_other_letters
from register.records import OrganisationFacts, UnitFacts, Verdict

NAME = "unit"
#: languages whose speakers spell a school's name in other letters than its own
_OTHER_LETTERS = frozenset({"ar", "bg", "fa", "ru", "uk"})
#: so many consonants tell a name
_ENOUGH = 3


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
    for ask, score in ((_by_name, 0.98), (_by_class, 0.95), (_by_stage, 0.85), (_by_mailbox, 0.9)):
        found = ask(reading, facts)
        if found:
            unit, because = found
            return Verdict(label=unit, score=score if unit else 0.6, because=because, by=reading.by(NAME))
    return Verdict(label=None, score=0.85, by=reading.by(NAME))


def _by_mailbox(reading: Reading, facts: OrganisationFacts) -> tuple[str | None, tuple[str, ...]] | None:
    for recipient in reading.recipients:
        local, _, domain = recipient.lower().partition("@")
        bare = f"{local.partition('+')[0]}@{domain}"
        owners = [unit.id for unit in facts.units if bare in (box.lower() for box in unit.mailboxes)]
        if len(owners) == 1:
            return owners[0], (bare,)
    return None


def _by_name(reading: Reading, facts: OrganisationFacts) -> tuple[str | None, tuple[str, ...]] | None:
    counts: Counter[str] = Counter()
    because: dict[str, str] = {}
    text = reading.message.text
    named = (
        (match.start(), unit.id, match.group())
        for unit in facts.units
        for match in name_expression(unit).finditer(text)
    )
    # Of two that are named as often, the first.
    for _, unit_id, name in sorted(named):
        counts[unit_id] += 1
        because.setdefault(unit_id, name)
    if not counts:
        return _by_sound(reading, facts)
    (unit_id, _), *_ = counts.most_common(1)
    return unit_id, (because[unit_id],)


def _by_sound(reading: Reading, facts: OrganisationFacts) -> tuple[str | None, tuple[str, ...]] | None:
    """The unit whose name is spelled in Cyrillic or Arabic letters, where that is only one."""
    if reading.language not in _OTHER_LETTERS:
        return None
    known = {sound: unit.id for unit in facts.units for sound in _sounds(unit)}
    found = {known[sound]: word for word, sound in in_other_letters(reading.message.text) if sound in known}
    (pair,) = found.items() if len(found) == 1 else (None,)
    return (pair[0], (pair[1],)) if pair else None


@lru_cache(maxsize=512)
def _sounds(unit: UnitFacts) -> frozenset[str]:
    """The consonants of a unit's names, unless they are too few to tell."""
    sounds = {consonants(name) for name in _names(unit)} if not _stages_of(unit) else set()
    return frozenset(sound for sound in sounds if len(sound) >= _ENOUGH)


@lru_cache(maxsize=512)
def name_expression(unit: UnitFacts) -> re.Pattern[str]:
    """Finds a unit's names, with any ending, and what is left of them without `skolan` and the like.

    Where a unit is a stage, its bare lower-case names (`kantina`, `primary`) are left to the stage's own cues.
    """
    names = _names(unit)
    inner = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)) or "(?!x)x"
    return re.compile(rf"(?<!\w)(?:{inner})\w{{0,12}}(?!\w)", re.IGNORECASE)


def _names(unit: UnitFacts) -> set[str]:
    stage = bool(_stages_of(unit))
    names = {
        alias.lower() for alias in (unit.id, *unit.aliases) if not stage or (alias[:1].isupper() and len(alias) > 3)
    }
    names -= {name for known in knowledge().stages.values() for name in known.names} if stage else set()
    for name in list(names):
        for ending in knowledge().endings:
            if name.endswith(ending) and len(name) - len(ending) >= 5:
                names.add(name.removesuffix(ending))
    return names


def _by_class(reading: Reading, facts: OrganisationFacts) -> tuple[str | None, tuple[str, ...]] | None:
    """The unit of the classes in the text; a pupil's own class weighs most, the first mention breaks a tie of others.

    Two own classes of different units: the message is about both, so about no one unit.
    """
    of_grade = {grade: unit.id for unit, stage in reversed(_stages(facts)) for grade in stage.grades}
    if not of_grade or reading.verdicts["kind"].label == "other":
        return None
    counts: Counter[str] = Counter()
    because: dict[str, str] = {}
    plain = (
        _LATIN_CLASS.sub(_in_cyrillic, reading.message.plain)
        if reading.message.is_latin_bulgarian
        else reading.message.plain
    )
    for text, grade, sure in grades_in(plain):
        if grade in of_grade:
            counts[of_grade[grade]] += 3 if sure else 1
            because.setdefault(of_grade[grade], text)
    if not counts:
        return None
    ordered = counts.most_common(2)
    if len(ordered) == 2 and ordered[0][1] == ordered[1][1] and ordered[0][1] == 3:
        return None, tuple(because.values())
    return ordered[0][0], (because[ordered[0][0]],)


_FIGURE = re.compile("[1-9]")
#: Arabic and Persian figures, as they are read
_FIGURES = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "0123456789" * 2)
#: a class in Latin-letter Bulgarian; `4e` is the commonest of its words, no class
_LATIN_CLASS = re.compile(r"(?<!\w)(?!4e\b)(?P<grade>1[0-2]|[1-9])(?P<letter>[abvgde])(?!\w)|\b4e\b", re.IGNORECASE)
_ROMAN = {"I": 1, "V": 5, "X": 10, "І": 1, "Х": 10}


def grades_in(text: str) -> list[tuple[str, int, bool]]:
    """Every class in a text, in order: as written, its number, and whether it is written like a pupil's own class."""
    found: dict[int, tuple[str, int, bool]] = {}
    text = text.translate(_FIGURES)
    for expression in _may_match(text):
        for match in expression.finditer(text):
            number = _number(match.group("grade"))
            if number is not None:
                sure = "sure" in match.groupdict() and bool(match.group("sure"))
                found.setdefault(match.start("grade"), (match.group().strip(), number, sure))
    return [found[place] for place in sorted(found)]


def _in_cyrillic(match: re.Match[str]) -> str:
    return f"{match['grade']}{'абвгде'['abvgde'.index(match['letter'].lower())]}" if match["grade"] else "че"


def _may_match(text: str) -> Iterator[re.Pattern[str]]:
    """The expressions for classes, without those that need a figure or a number word where the text has none."""
    has_figure, has_word = _FIGURE.search(text) is not None, not _number_words().isdisjoint(places(text))
    for expression, figure, word in _class_expressions():
        if (figure and has_figure) or (word and has_word) or not (figure or word):
            yield expression


@cache
def _number_words() -> frozenset[str]:
    return frozenset(beginning(f"{word}*") for word in knowledge().words)


@cache
def _class_expressions() -> tuple[tuple[re.Pattern[str], bool, bool], ...]:
    """Each expression, and whether the class may be a figure, or a word; else it is a Roman numeral."""
    words = "|".join(sorted((re.escape(word) for word in knowledge().words), key=len, reverse=True))
    return tuple(
        (re.compile(source.replace("{words}", words), re.IGNORECASE), "1[0-2]" in source, "{words}" in source)
        for source in knowledge().classes
    )


def _number(written: str) -> int | None:
    if written.isdigit():
        return int(written)
    word = folded(written)
    for start, number in knowledge().words.items():
        if word.startswith(start):
            return number
    values = [_ROMAN.get(char.upper(), 0) for char in written]
    if not all(values):
        return None
    return sum(-v if any(w > v for w in values[place + 1 :]) else v for place, v in enumerate(values))


def _by_stage(reading: Reading, facts: OrganisationFacts) -> tuple[str | None, tuple[str, ...]] | None:
    """The unit of the stage whose words come most often; the first of them breaks a tie."""
    if reading.verdicts["kind"].label == "other":
        return None
    found: dict[str, list[str]] = {}
    for unit, stage in _stages(facts):
        expression = pattern(stage.cues)
        words = [match.group() for match in expression.finditer(reading.message.plain)] if expression else []
        if words:
            found.setdefault(unit.id, []).extend(words)
    if not found:
        return None
    unit_id = max(found, key=lambda name: len(found[name]))
    return unit_id, (found[unit_id][0],)


def _stages(facts: OrganisationFacts) -> list[tuple[UnitFacts, Stage]]:
    return [(unit, stage) for unit in facts.units for stage in _stages_of(unit)]


@lru_cache(maxsize=512)
def _stages_of(unit: UnitFacts) -> tuple[Stage, ...]:
    names = {unit.id.lower(), *(alias.lower() for alias in unit.aliases)}
    return tuple(stage for stage in knowledge().stages.values() if not names.isdisjoint(stage.names))
