"""Values that are filled in later: a letter is rendered once with slots, and every letter like it only fills them.

A slot can be written, and shown by the filters that are named here; nothing can look into it. A letter file that does
raises Unfit, and that letter is rendered anew each time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Any, NoReturn

from replies.clean import CLOSE, END, OPEN, VALUE

#: the filters that a slot keeps until it is filled
LATER = frozenset({"date", "day", "moment", "quote", "mail", "phone", "linked"})
#: a slot as it stands in a rendered letter
WRITTEN = re.compile(f"{OPEN}([^{CLOSE}]*){CLOSE}")


class Unfit(Exception):  # noqa: N818 - it says what the letter file is, not what went wrong
    """The letter file looks into a value."""


def _looked_into(*_: object) -> NoReturn:
    raise Unfit


class Slot:
    """A text or a moment that is not empty; `name` says which, `shown` by which filter."""

    __slots__ = ("name", "shown")

    def __init__(self, name: str, shown: str = "") -> None:
        self.name = name
        self.shown = shown

    def by(self, filter_name: str) -> Slot:
        """The same value, shown by a filter."""
        if self.shown or filter_name not in LATER:
            raise Unfit
        return Slot(self.name, filter_name)

    @property
    def token(self) -> str:
        """What is found again and filled."""
        return f"{OPEN}{self.name}|{self.shown}{CLOSE}"

    def written(self) -> str:
        """What stands in the rendered letter file."""
        sign = "> " if self.shown == "quote" else ""
        return f"{sign}{VALUE}{self.token}{END}"

    def __lt__(self, other: object) -> bool:
        raise Unfit

    __le__ = __gt__ = __ge__ = __lt__
    # Whatever asks for the words themselves: comparing, looking up, joining, every filter of Jinja's own.
    __eq__ = __ne__ = __hash__ = __str__ = __format__ = _looked_into


class Due(Slot):
    """The moment of a promise: whether it has passed is known, the moment itself is filled in."""

    __slots__ = ("passed",)

    def __init__(self, name: str, *, passed: bool) -> None:
        super().__init__(name)
        self.passed = passed

    def __lt__(self, other: object) -> bool:
        return self._held_against_now(other) and self.passed

    def __ge__(self, other: object) -> bool:
        return self._held_against_now(other) and not self.passed

    def _held_against_now(self, other: object) -> bool:
        if type(other) is Slot and other.name.endswith("/now"):
            return True
        raise Unfit


class Several:
    """A list of texts, none of them empty; a loop over it goes round twice, so that what it repeats can be seen."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __iter__(self) -> Iterator[Slot]:
        return iter((Slot(f"{self.name}*0"), Slot(f"{self.name}*1")))

    __eq__ = __ne__ = __hash__ = __str__ = __format__ = _looked_into


def waiting(filters: Mapping[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """The same filters; handed a slot, they wait until it is filled."""
    return {name: _waiting(name, show) for name, show in filters.items()}


def _waiting(name: str, show: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(show)
    def shown(*values: Any) -> Any:
        for value in values:
            if isinstance(value, Slot):
                return value.by(name)
            if isinstance(value, Several):
                raise Unfit
        return show(*values)

    return shown
