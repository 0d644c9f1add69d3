"""Which members of staff are complained about, as written; and which roles of the organisation are they?"""

from __future__ import annotations

import re

from classifiers import cyrillic
from classifiers.reading import Reading
from register.records import RoleFacts, Verdict

NAME = "persons"

#: kinds in which somebody is complained about
_KINDS = ("complaint", "concern", "follow_up")
#: below this score it may be a complaint after all: better to keep it from somebody than to show it to them (G2)
_SURE = 0.6


def answer(reading: Reading) -> Verdict:
    """Names and titles of staff complained about; empty where nobody is."""
    kind = reading.verdicts["kind"]
    found: list[str] = []
    if kind.label in _KINDS or kind.score < _SURE:
        for hit in reading.doc._.staff:
            if hit.text.lower() not in (known.lower() for known in found):
                found.append(hit.text)
    return Verdict(label=tuple(found[:3]), score=0.6, because=tuple(found[:3]), by=reading.by(NAME))


def accused(reading: Reading) -> Verdict:
    """Ids of the roles whose holder is named or titled among the persons complained about."""
    persons = reading.verdicts[NAME].label
    facts = reading.organisation
    if facts is None or not isinstance(persons, tuple) or not persons:
        return Verdict(label=(), score=0.8, by=reading.by("accused_roles"))
    roles = tuple(role.id for role in facts.roles if any(_is(role, person) for person in persons))
    return Verdict(label=roles, score=0.7, because=persons if roles else (), by=reading.by("accused_roles"))


def _is(role: RoleFacts, person: str) -> bool:
    written = _fold(person)
    names = [_fold(name) for name in (role.name, *role.aliases) if name]
    titles = [_fold(title) for title in role.titles.values()]
    return any(name and name in written for name in names) or any(title and title in written for title in titles)


def _fold(text: str) -> str:
    if cyrillic.is_latin_bulgarian(text):
        text = cyrillic.from_latin(text)
    return re.sub(r"\s+", " ", text.lower()).strip()
