"""SMTP straight from the network (RFC 5321): one reply for all recipients of a mail."""

from __future__ import annotations

import asyncio
from typing import Literal

from pydantic import Field

from intake.channels._dialogue import Dialogue
from intake.channels._house import House
from intake.channels._listener import Listener, ListenerSettings
from register.records import RawMessage, Submission


class Settings(ListenerSettings):
    """A `[[channels]]` table with kind smtp."""

    kind: Literal["smtp"] = "smtp"
    port: int = Field(default=8025, ge=0, le=65535)


class Channel(Listener):
    """Takes mail from any SMTP client."""

    kind = "smtp"

    def answer(self, house: House) -> asyncio.Protocol:
        """The dialogue of aiosmtpd."""
        return Dialogue(house)


def read(raw: RawMessage) -> Submission:
    """The Submission of a mail that came through here; never raises."""
    from intake.mime import read as read_mail

    return read_mail(raw)
