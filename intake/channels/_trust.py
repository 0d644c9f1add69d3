"""What a channel of mail believes of its senders: the keys that LMTP, SMTP and IMAP share."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class MailSettings(BaseModel):
    """The keys of a `[[channels]]` table that say whose word on the sender counts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: the authserv-id that our own mail server writes into Authentication-Results
    authserv_id: str = ""
    #: how many Received fields our own servers write above those of the outside
    own_received: int = Field(default=1, ge=0, le=10)
    #: ask the DNS ourselves where no field of ours says anything
    verify_sender: bool = False
