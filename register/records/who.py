"""Who and where: how a person or a role can be reached."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class AddressKind(enum.StrEnum):
    """How a person can be reached."""

    MAIL = "mail"
    TELEGRAM = "telegram"
    PHONE = "phone"
    POST = "post"


@dataclass(frozen=True, kw_only=True)
class Address:
    """One place where a person or a role can be reached."""

    kind: AddressKind
    #: the bare address: `anna@example.org`, a chat id, a phone number
    value: str
    #: the display name, decoded; empty where none was given
    name: str = ""
