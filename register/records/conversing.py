"""Conversations in a chat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from register.records.keeping import Letter


@dataclass(frozen=True, kw_only=True)
class Dialogue:
    """What the bot of an organisation and one chat are talking about."""

    organisation: str
    #: the chat's number, as in `Address.value`
    chat: str
    #: counts the turns; whoever writes says which one they have seen
    version: int = 0
    #: idle; asking (messages are held back until they are confirmed or time is up); filing (they are being taken in);
    #: dropping (they are being set aside, because the sender wants it so)
    state: str = "idle"
    #: the question that stands: unit, wants_investigation, spoken_with, summary, change, a missing part; empty: none
    asked: str = ""
    #: what the sender has chosen: language, unit, wants_investigation, spoken_with, anonymous; which message is a part
    answers: Mapping[str, str] = field(default_factory=dict)
    #: spool ids of the messages that are held back, or that still have to follow the first one into its case
    held: tuple[int, ...] = ()
    #: when the standing question is repeated, once; None: not again
    remind_at: datetime | None = None
    #: when what is held back is registered as it stands
    ends_at: datetime | None = None
    #: the case that was last spoken of; never an anonymous one that is complete
    case_id: str | None = None
    touched_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One step of a conversation, written in the transaction of the message that makes it."""

    #: the conversation after it
    dialogue: Dialogue
    #: True: nothing is kept of the conversation
    forget: bool = False
    #: what the bot says
    letters: tuple[Letter, ...] = ()
    #: held messages are taken in after this moment; None: those of the dialogue stay as they are
    held_until: datetime | None = None
    #: True: the bytes of this message are not kept, a press of a button says nothing about the matter
    emptied: bool = False
