"""The `[outgoing]` table, apart from the sender, so that the settings can be read without it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from access.oauth import OAuth


class Outgoing(BaseModel):
    """SMTP submission for all letters."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["none", "starttls", "tls"] = "starttls"
    #: the name that logs in, where it is no secret
    user: str | None = None
    user_env: str | None = None
    user_file: Path | None = None
    password_env: str | None = None
    password_file: Path | None = None
    #: login by token in the place of a password
    oauth: OAuth | None = None
    #: seconds for each step
    timeout: float = Field(default=30, gt=0)
    #: certificates that are trusted instead of the system's, in PEM
    tls_ca: Path | None = None
    connections: int = Field(default=2, ge=1, le=16)
    #: several commands at once, where the server offers it (RFC 2920)
    pipelining: bool = True

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.oauth and not (self.user or self.user_env or self.user_file):
            raise ValueError("oauth needs the mailbox that logs in: write user")
        if self.oauth and (self.password_env or self.password_file):
            raise ValueError("write oauth or a password, not both")
        return self
