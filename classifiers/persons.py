"""Which members of staff are complained about, as written; and which roles of the organisation are they?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from classifiers import cyrillic
from classifiers.catalogue import languages
from classifiers.cues import pattern
from classifiers.people import one_each
from classifiers.reading import Reading
from register.records import RoleFacts, Verdict

NAME = "persons"
_WORD = re.compile(r"[\w-]{2,}")
MOST = 4
#: from this likelihood on, a role-holder who is named is kept away from the case
_HOLDER = 0.03
#: a greeting has at most so many words
_GREETING_WORDS = 6

#: kinds in which somebody is complained about
_KINDS = ("complaint", "concern", "follow_up")
#: below this score it may be a complaint after all: better to keep it from somebody than to show it to them (G2)
_SURE = 0.6


def answer(reading: Reading) -> Verdict:
    """Names and titles of staff complained about, as the text has them; empty where nobody is."""
    if not _may_complain(reading):
        return Verdict(label=(), score=reading.verdicts["kind"].score, by=reading.by(NAME))
    threshold = reading.numbers[f"people_threshold_{reading.stage}"]
    likely = one_each(pair for pair in reading.people() if pair[1] >= threshold)[:MOST]
    names = tuple(name for name, _ in likely)
    score = min((score for _, score in likely), default=1 - max((s for _, s in reading.people()), default=0.0))
    return Verdict(label=names, score=score, because=names, by=reading.by(NAME))


def accused(reading: Reading) -> Verdict:
    """Ids of the roles whose holder is named or titled among the persons complained about.

    A first name alone counts where only one role-holder has it and neither the sender nor a child in the text does.
    """
    named, facts = reading.verdicts[NAME].label, reading.organisation
    if facts is None or not isinstance(named, tuple) or not _may_complain(reading):
        return Verdict(label=(), score=0.8, by=reading.by("accused_roles"))
    persons = tuple(dict.fromkeys((*named, *_holders(reading, facts.roles))))
    found = {role.id for person in persons for role in _are(person, facts.roles, reading)}
    roles = [role for role in facts.roles if role.id in found]
    unit = reading.verdicts["unit"].label
    narrowed = [role for role in roles if role.unit in (None, unit)] if unit else roles
    chosen = tuple(role.id for role in (narrowed or roles))
    return Verdict(label=chosen, score=0.7, because=persons if chosen else (), by=reading.by("accused_roles"))


def _may_complain(reading: Reading) -> bool:
    kind = reading.verdicts["kind"]
    return kind.label in _KINDS or kind.score < _SURE


def _holders(reading: Reading, roles: tuple[RoleFacts, ...]) -> list[str]:
    """Role-holders who are named: by surname believed sooner than others, in full always.

    A case that is kept from somebody who was only mentioned goes to their stand-in; one that is shown to the person it
    is about cannot be taken back (G2).
    """
    holders = [words for words in (_words(role.name) for role in roles) if len(words) > 1]
    # Nearly nobody who is named has a name that begins like a role-holder's.
    beginnings = tuple({stem for words in holders for stem in _stems(words[-1])})
    if not beginnings:
        return []
    everybody = ((score, name, _words(name)) for name, score in reading.people())
    named = [
        one for one in everybody if any(w.startswith(beginnings) or _latin(w).startswith(beginnings) for w in one[2])
    ]
    return [
        name
        for score, name, words in named
        if any(_like(last, words) and (score >= _HOLDER or _like(first, words)) for first, *_, last in holders)
        and (score >= _HOLDER or not _is_only_greeted(name, reading))
    ]


def _is_only_greeted(name: str, reading: Reading) -> bool:
    """True where a name stands in the greeting alone: whom a complaint is written to is not whom it is about."""
    first, _, rest = reading.message.body.strip().partition("\n")
    known = languages().get(reading.language)
    greeting = pattern(known.greetings) if known else None
    greets = greeting is not None and greeting.match(first) is not None and len(first.split()) <= _GREETING_WORDS
    return greets and name in first and name not in f"{reading.message.subject}\n{rest}"


def _are(person: str, roles: tuple[RoleFacts, ...], reading: Reading) -> Iterator[RoleFacts]:
    """The roles whose holder somebody is."""
    written = _words(person)
    holds_a_name = any(_like(word, written) for role in roles for word in _words(role.name))
    for role in roles:
        if _is_named(role, written, roles, reading) or (not holds_a_name and _is_called(role, written)):
            yield role


def _is_named(role: RoleFacts, written: Sequence[str], roles: tuple[RoleFacts, ...], reading: Reading) -> bool:
    name = _words(role.name)
    if name and _like(name[-1], written) and (len(name) == 1 or len(written) == 1 or not _other_first(name, written)):
        return True
    if name and _like(name[0], written) and not _other_last(name, written):
        return _is_unambiguous(name[0], roles, reading)
    return False


def _is_called(role: RoleFacts, written: Sequence[str]) -> bool:
    called = (_words(alias) for alias in (*role.aliases, *role.titles.values()))
    return any(words and all(_like(word, written) for word in words) for words in called)


@lru_cache(maxsize=2**11)
def _words(text: str) -> tuple[str, ...]:
    """The words of a name or title, folded to one script and lower case."""
    if cyrillic.is_latin_bulgarian(text):
        text = cyrillic.from_latin(text)
    return tuple(_WORD.findall(text.lower()))


def _like(word: str, written: Sequence[str]) -> bool:
    """True where a word is written in any of its endings: rektor, rektorn, rektorns; Петрова, Петровой."""
    stems, length = _stems(word), len(word)
    for one in written:
        if (one.startswith(stems) or _latin(one).startswith(stems)) and -4 <= len(one) - length <= 4:
            return True
    return False


@lru_cache(maxsize=2**11)
def _stems(word: str) -> tuple[str, str]:
    """What is left of a word without its endings, in its own script and in Latin letters."""
    stem = word if len(word) < 5 else word[: max(4, len(word) - 2)]
    return stem, _latin(stem)


@lru_cache(maxsize=2**13)
def _latin(word: str) -> str:
    return cyrillic.to_latin(word)


def _other_first(name: Sequence[str], written: Sequence[str]) -> bool:
    """True where the text has another first name before this surname."""
    capital = [word for word in written if word not in name and len(word) > 2]
    return len(written) >= 2 and not _like(name[0], written) and len(capital) >= 2


def _other_last(name: Sequence[str], written: Sequence[str]) -> bool:
    """True where the text has another surname after this first name."""
    place = next((at for at, word in enumerate(written) if _like(name[0], [word])), len(written))
    return place + 1 < len(written) and not _like(name[-1], written[place + 1 :])


def _is_unambiguous(first: str, roles: tuple[RoleFacts, ...], reading: Reading) -> bool:
    same = sum(bool(_words(role.name)) and _like(first, _words(role.name)[:1]) for role in roles)
    sender = _words(reading.sender.name) if reading.sender else ()
    signed = _words(reading.message.body[-60:])
    return same == 1 and not _like(first, sender) and not _like(first, signed)
