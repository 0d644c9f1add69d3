"""Letters that differ only in what somebody wrote: rendered once with slots, then filled.

A mould holds nothing of any parent: its shape and its text are the school's own words and facts. What it makes is, byte
for byte, what rendering makes (tests/unit/replies/test_moulds.py); where that cannot be known, the letter is rendered.
"""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import datetime
from operator import attrgetter
from types import SimpleNamespace
from typing import Any

from register.records import LetterFacts
from replies.casting import Mould
from replies.environment import Wording
from replies.filling import Filling
from replies.openers import Opener
from replies.sections import FAULTS, Draft, draft, known
from replies.slots import Due, Several, Slot, Unfit

#: facts that are filled in; every other one is part of the shape
TEXTS = (
    *("reference", "unit", "subject", "gist", "category", "advice", "note", "sender", "message", "passed_on_by"),
    *("what_happened", "receipt_code", "invitation", "invitation_link", "receipt"),
)
MOMENTS = ("received_at", "invited_until")
LISTS = (
    *("missing_parts", "attachments", "local_facts", "because", "similar", "may_belong_to"),
    *("steps", "asked"),
)
KEPT = tuple(one.name for one in fields(LetterFacts) if one.name not in (*TEXTS, *MOMENTS, *LISTS, "promises"))
#: shapes of letters that are remembered; each is some 20 kB
_MOST = 400

_texts, _moments, _lists, _kept = (attrgetter(*names) for names in (TEXTS, MOMENTS, LISTS, KEPT))
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
        return mould.filled(_filling(facts, above, now))

    def _of(
        self, wording: Wording, letter: str, facts: tuple[LetterFacts, ...], above: Opener | None, now: datetime
    ) -> Mould | None:
        shapes = tuple(shape(one, now) for one in facts)
        if None in shapes:
            return None
        key = (wording, letter, shapes, above and (above.language, above.direction))
        if key not in self._made:
            if len(self._made) >= _MOST:
                del self._made[next(iter(self._made))]
            self._made[key] = cast(wording, letter, facts, above, now)
        return self._made[key]


def shape(facts: LetterFacts, now: datetime) -> Shape | None:
    """What letters have in common that differ only in what is filled in; None where a value may vanish when shown."""
    texts, lists = _texts(facts), _lists(facts)
    if not all(_speaks(text) for text in texts if text) or not all(
        map(_speaks, (one for many in lists for one in many))
    ):
        return None
    promises = tuple((one.kind, one.text, one.clause, one.due_at < now) for one in facts.promises)
    filled = (*map(bool, texts), *map(bool, lists), *(one is None for one in _moments(facts)))
    return (*_kept(facts), promises, filled)


def cast(
    wording: Wording, letter: str, facts: tuple[LetterFacts, ...], above: Opener | None, now: datetime
) -> Mould | None:
    """The mould of a letter; None where its file looks into what is filled in, or is wrong."""
    if not all(wording.is_plain(wording.language(one.language), letter) for one in facts):
        return None
    opener = above and Opener(above.language, above.direction, Slot("0/above").token)
    try:
        mould = Mould.of(
            draft(wording, letter, [_with_slots(place, one, now) for place, one in enumerate(facts)], opener)
        )
    except (Unfit, *FAULTS):
        return None
    # Whatever nobody has thought of shows in its first letter.
    wanted = rendered(wording, letter, facts, above, now)
    return mould if wanted.says_the_same_as(mould.filled(_filling(facts, above, now))) else None


def rendered(
    wording: Wording, letter: str, facts: tuple[LetterFacts, ...], above: Opener | None, now: datetime
) -> Draft:
    """The letter without any mould."""
    return draft(wording, letter, [known(one, now=now, chat=False) for one in facts], above)


def _filling(facts: tuple[LetterFacts, ...], above: Opener | None, now: datetime) -> Filling:
    return Filling(facts, now, above.text if above else "")


def _with_slots(place: int, facts: LetterFacts, now: datetime) -> dict[str, Any]:
    """What is `known`, with slots in the place of what differs from letter to letter."""
    values = known(facts, now=now, chat=False)
    for name in (*TEXTS, *MOMENTS):
        values[name] = values[name] and Slot(f"{place}/{name}")
    for name in LISTS:
        values[name] = values[name] and Several(f"{place}/{name}")
    values["now"] = Slot(f"{place}/now")
    values["promises"] = [
        SimpleNamespace(**{**vars(one), "due_at": Due(f"{place}/promises.{number}", passed=one.due_at < now)})
        for number, one in enumerate(facts.promises)
    ]
    return values
