"""Which unit of the organisation is the message about: by mailbox, name, class or stage."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

from classifiers.beginnings import folded
from classifiers.cues import pattern
from classifiers.grades import Stage, grades_in, in_cyrillic, knowledge
from classifiers.reading import Reading
from classifiers.sounds import consonants, in_other_letters
from register.records import OrganisationFacts, UnitFacts, Verdict

NAME = "unit"
#: languages whose speakers spell a school's name in other letters than its own
_OTHER_LETTERS = frozenset({"ar", "bg", "fa", "ru", "uk"})
#: so many consonants tell a name
_ENOUGH = 3


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
    text, small = reading.message.text, folded(reading.message.text)
    named = (
        (match.start(), unit.id, match.group())
        for unit in facts.units
        if any(name in small for name in _folded_names(unit))
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


@lru_cache(maxsize=512)
def _folded_names(unit: UnitFacts) -> tuple[str, ...]:
    """One of these is in every text, folded, in which a name of the unit is found."""
    return tuple(sorted(map(folded, _names(unit))))


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
    message = reading.message
    for text, grade, sure in grades_in(in_cyrillic(message.plain) if message.is_latin_bulgarian else message.plain):
        if grade in of_grade:
            counts[of_grade[grade]] += 3 if sure else 1
            because.setdefault(of_grade[grade], text)
    if not counts:
        return None
    ordered = counts.most_common(2)
    if len(ordered) == 2 and ordered[0][1] == ordered[1][1] and ordered[0][1] == 3:
        return None, tuple(because.values())
    return ordered[0][0], (because[ordered[0][0]],)


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
