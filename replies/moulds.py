"""Letters that differ only in what somebody wrote: rendered once with slots, then filled.

A mould holds nothing of any parent: its shape and its text are the school's own words and facts. What it makes is, byte
for byte, what rendering makes (tests/unit/replies/test_moulds.py); where that cannot be known, the letter is rendered.
"""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import datetime
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from types import SimpleNamespace
from typing import Any

from register.records import Contact, LetterFacts, Promise
from replies.casting import Mould
from replies.clean import single_line
from replies.environment import Wording
from replies.filling import Filling
from replies.openers import Opener
from replies.sections import FAULTS, Draft, draft, known
from replies.slots import Due, Several, Slot, Unfit

#: facts that are filled in; every other one is part of the shape
TEXTS = (
    *("reference", "unit", "subject", "gist", "category", "advice", "note", "sender", "message", "passed_on_by"),
    *("what_happened", "receipt_code", "invitation", "invitation_link", "receipt", "stage", "clause"),
    "next_level_text",
)
MOMENTS = ("received_at", "invited_until")
LISTS = (
    *("missing_parts", "attachments", "local_facts", "because", "similar", "may_belong_to"),
    *("steps", "asked"),
)
CONTACTS = ("owner", "next_level", "writer")
#: facts of which each line, person or promise is filled in, and how many there are is part of the shape
NUMBERED = ("what_happens", "promises", "others")
_FILLED = frozenset({*TEXTS, *MOMENTS, *LISTS, *CONTACTS, *NUMBERED})
KEPT = tuple(one.name for one in fields(LetterFacts) if one.name not in _FILLED)
#: shapes of letters that are remembered; each is some 20 kB
_MOST = 400
#: and of these with the words of a school, a stage, a unit
_MOST_POURED = 600

_texts, _moments, _lists, _kept = (attrgetter(*names) for names in (TEXTS, MOMENTS, LISTS, KEPT))
_contacts, _of_contact = attrgetter(*CONTACTS), attrgetter("title", "name", "mail", "phone")
#: a text of dots and signs alone may be shown as nothing
_speaks = re.compile(r"[^\W_]").search
Shape = tuple[object, ...]


class Moulds:
    """The shapes that letters have had; the oldest is forgotten when there are many."""

    def __init__(self) -> None:
        self._made: dict[Shape, Mould | None] = {}

    def draft(
        self, wording: Wording, letter: str, facts: tuple[LetterFacts, ...], above: Opener | None, now: datetime
    ) -> Draft:
        """What `sections.draft` makes of the same facts, for a mail."""
        mould = self._of(wording, letter, facts, above, now)
        if mould is None:
            return rendered(wording, letter, facts, above, now)
        return _filled(mould, facts, above, now)

    def _of(
        self, wording: Wording, letter: str, facts: tuple[LetterFacts, ...], above: Opener | None, now: datetime
    ) -> Mould | None:
        shapes = tuple(shape(one, now) for one in facts)
        if None in shapes or not (above is None or _is_shown_as_it_stands(above.text)):
            return None
        key = (wording, letter, shapes, above and (above.language, above.direction))
        if key not in self._made:
            if len(self._made) >= _MOST:
                del self._made[next(iter(self._made))]
            self._made[key] = cast(wording, letter, facts, above, now)
        return self._made[key]


def shape(facts: LetterFacts, now: datetime) -> Shape | None:
    """What letters have in common that differ only in what is filled in; None where a value may vanish when shown."""
    lists = _lists(facts)
    people = [one and _of_contact(one) for one in _contacts(facts)]
    others = [(*_of_contact(one), task) for one, task in facts.others]
    said = [(one.text, one.clause) for one in facts.promises]
    texts = (_texts(facts), facts.what_happens, *filter(None, people), *others, *said)
    if not all(map(_speaks, chain(filter(None, chain(*texts)), *lists))):
        return None
    return (
        *_kept(facts),
        *(one and tuple(map(bool, one)) for one in people),
        *(tuple(map(bool, one)) for one in (*texts, lists)),
        *(one is None for one in _moments(facts)),
        *(len(one) for one in (facts.what_happens, others)),
        *((one.kind, one.due_at < now) for one in facts.promises),
    )


def _is_shown_as_it_stands(text: str) -> bool:
    return bool(_speaks(text)) and text == single_line(text)


def cast(
    wording: Wording, letter: str, facts: tuple[LetterFacts, ...], above: Opener | None, now: datetime
) -> Mould | None:
    """The mould of a letter; None where its file looks into what is filled in, or is wrong."""
    languages = [wording.language(one.language) for one in facts]
    if not all(wording.is_plain(one, letter) for one in languages):
        return None
    opener = above and Opener(above.language, above.direction, Slot("0/above").token)
    slots = [_with_slots(place, one, now) for place, one in enumerate(facts)]
    try:
        mould = Mould.of(draft(wording, letter, slots, opener))
    except (Unfit, *FAULTS):
        return None
    if all(wording.is_ours(one, letter) for one in languages):
        # The tests hold our own letters to it.
        return mould
    # What nobody has thought of in a school's own shows in the first letter of a shape.
    wanted = rendered(wording, letter, facts, above, now)
    return mould if wanted.says_the_same_as(_filled(mould, facts, above, now)) else None


def rendered(
    wording: Wording, letter: str, facts: tuple[LetterFacts, ...], above: Opener | None, now: datetime
) -> Draft:
    """The letter without any mould."""
    return draft(wording, letter, [known(one, now=now, chat=False) for one in facts], above)


def _filled(mould: Mould, facts: tuple[LetterFacts, ...], above: Opener | None, now: datetime) -> Draft:
    filling = Filling(facts, now, above.text if above else "")
    return poured(mould, filling.found(mould.of_school)).filled(filling)


@lru_cache(maxsize=_MOST_POURED)
def poured(mould: Mould, of_school: tuple[str, ...]) -> Mould:
    """A mould with the school's own words in their places; depends on nothing else, and nobody else's stand in it."""
    return mould.poured(of_school)


def _with_slots(place: int, facts: LetterFacts, now: datetime) -> dict[str, Any]:
    """What is `known`, with slots in the place of what differs from letter to letter."""
    values = known(facts, now=now, chat=False)
    for name in (*TEXTS, *MOMENTS):
        values[name] = values[name] and Slot(f"{place}/{name}")
    for name in LISTS:
        values[name] = values[name] and Several(f"{place}/{name}")
    for name in CONTACTS:
        values[name] = values[name] and _contact(f"{place}/{name}", values[name])
    values["now"] = Slot(f"{place}/now")
    values["what_happens"] = [_slot(f"{place}/what_happens.{at}", one) for at, one in enumerate(facts.what_happens)]
    values["others"] = [
        (_contact(f"{place}/others.{at}.0", one), _slot(f"{place}/others.{at}.1", task))
        for at, (one, task) in enumerate(facts.others)
    ]
    values["promises"] = [_promise(f"{place}/promises.{at}", one, now) for at, one in enumerate(facts.promises)]
    return values


def _slot(name: str, value: str) -> Slot | str:
    return Slot(name) if value else ""


def _contact(name: str, contact: Contact) -> SimpleNamespace:
    return SimpleNamespace(**{part: _slot(f"{name}.{part}", value) for part, value in vars(contact).items()})


def _promise(name: str, promise: Promise, now: datetime) -> SimpleNamespace:
    due = Due(f"{name}.due_at", passed=promise.due_at < now)
    said = {part: _slot(f"{name}.{part}", getattr(promise, part)) for part in ("text", "clause")}
    return SimpleNamespace(kind=promise.kind, due_at=due, **said)
