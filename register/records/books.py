"""The closed books, and where a message is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Books:
    """The closed books (G4): arrived = registered + joined + set aside + waiting."""

    arrived: int
    registered: int
    joined: int
    set_aside: int
    waiting: int

    @property
    def balanced(self) -> bool:
        """True where the columns add up."""
        return self.arrived == self.registered + self.joined + self.set_aside + self.waiting


@dataclass(frozen=True, kw_only=True)
class Figures:
    """How a running register does; numbers and moments, nothing of anybody."""

    books: Books
    #: when the oldest message arrived that is still to be taken in
    oldest_message: datetime | None
    letters_waiting: int
    urgent_letters_waiting: int
    #: since when the letter waits that could have left first
    oldest_letter: datetime | None
    #: how many alarms ring, by code
    alarms: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class SetAside:
    """A message that is not in a case, with the reason that a person can see."""

    spool_id: int
    channel: str
    received_at: datetime
    #: a stable code: bounce, auto_reply, list, own_loop, report, no_school, failed, not_for_register, ...
    reason: str
    #: where it failed and the kind of error, for reason `failed`; no personal data
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Whereabouts:
    """Where one message is."""

    spool_id: int
    #: registered, joined, set_aside or waiting
    outcome: str
    #: number of the case that it is in
    reference: str | None = None
    #: why it was set aside; empty otherwise
    reason: str = ""
    #: what joined it to its case
    joined_by: str = ""
    #: where it failed, for reason `failed`
    detail: str = ""
