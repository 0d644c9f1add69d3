"""Mail and chat of one person in one case: the code that brings them together, and the sealed way to a chat."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from register.records.who import AddressKind


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """What is kept of a code by which another address of the sender joins a case, once."""

    #: keyed hash of the code: `Seals.blind`
    digest: str = field(repr=False)
    #: where the code has to come from
    kind: AddressKind
    expires_at: datetime
    #: the case; empty for the one that the message opens
    case_id: str = ""


@dataclass(frozen=True, kw_only=True)
class SealedLink:
    """The way from an anonymous case to the chat of its sender, which only the house's key opens."""

    case_id: str
    #: keyed hash of the chat's number, by which the chat finds and cuts it
    chat_key: str = field(repr=False)
    #: the chat's number, encrypted
    sealed: bytes = field(repr=False)
