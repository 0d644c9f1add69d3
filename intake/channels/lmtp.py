"""LMTP from a mail server in front (RFC 2033): one reply for every recipient."""

from __future__ import annotations

import asyncio
from typing import Literal

from pydantic import Field

from intake.channels import Doorway
from intake.channels._house import House
from intake.channels._listener import Listener, ListenerSettings
from register.records import RawMessage, Submission


class Settings(ListenerSettings):
    """A `[[channels]]` table with kind lmtp."""

    kind: Literal["lmtp"] = "lmtp"
    port: int = Field(default=8024, ge=0, le=65535)
    #: who speaks with the mail server: our own receiver, or the slower one of aiosmtpd, which SMTP has
    receiver: Literal["own", "aiosmtpd"] = "own"


class Channel(Listener):
    """Takes mail from Postfix and the like."""

    kind = "lmtp"

    def __init__(self, settings: Settings, doorway: Doorway) -> None:
        super().__init__(settings, doorway)
        self._own = settings.receiver == "own"

    def answer(self, house: House) -> asyncio.Protocol:
        """The receiver that the settings name."""
        if self._own:
            from intake.channels._receiver import Receiver

            return Receiver(house)
        from intake.channels._dialogue import LmtpDialogue

        return LmtpDialogue(house)


def read(raw: RawMessage) -> Submission:
    """The Submission of a mail that came through here; never raises."""
    from intake.mime import read as read_mail

    return read_mail(raw)
