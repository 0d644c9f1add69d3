"""LMTP from a mail server in front (RFC 2033): one reply for every recipient."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from intake.channels._dialogue import LmtpDialogue
from intake.channels._listener import Listener, ListenerSettings
from register.records import RawMessage, Submission


class Settings(ListenerSettings):
    """A `[[channels]]` table with kind lmtp."""

    kind: Literal["lmtp"] = "lmtp"
    port: int = Field(default=8024, ge=0, le=65535)


class Channel(Listener):
    """Takes mail from Postfix and the like."""

    kind = "lmtp"
    dialogue = LmtpDialogue


def read(raw: RawMessage) -> Submission:
    """The Submission of a mail that came through here; never raises."""
    from intake.mime import read as read_mail

    return read_mail(raw)
