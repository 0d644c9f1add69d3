"""The `[[channels]]` table of kind telegram: the bot's token, and how its messages come: by asking, or by a webhook."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from access.secrets import secret
from intake.channels._telegram_client import Client
from register.errors import BadSettings

#: the longest pause between two attempts, in seconds
LONGEST_PAUSE = 300.0
_TOKEN = re.compile(r"\d{1,20}:[A-Za-z0-9_-]+")
#: what Telegram allows for the secret of a webhook (Bot API, setWebhook)
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


class Settings(BaseModel):
    """A `[[channels]]` table of kind telegram."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["telegram"] = "telegram"
    #: the environment variable that holds the bot's token
    token_env: str | None = None
    #: or the file that holds it
    token_file: Path | None = None
    base_url: str = Field(default="https://api.telegram.org", pattern=r"^https?://[^\s{}]+$")
    #: the school that this bot belongs to; may be left out where there is only one
    organisation: str | None = None
    #: the bot's user name without the @, for links that open a chat with it
    username: str = Field(default="", pattern=r"^(@?[A-Za-z]\w{4,31})?$")
    #: how long Telegram holds an empty answer back, in seconds
    poll_timeout: int = Field(default=30, ge=0, le=50)
    #: the first pause after a fault, in seconds; doubled each time, at most five minutes
    backoff_seconds: float = Field(default=2.0, gt=0, le=LONGEST_PAUSE)
    #: where Telegram sends the messages to, as seen from outside; without it they are asked for
    webhook_url: str | None = Field(default=None, pattern=r"^https?://[^\s/?#]+/[^\s?#]+$")
    #: where the reverse proxy finds us; the path is that of the URL
    webhook_host: str = "127.0.0.1"
    webhook_port: int = Field(default=8081, ge=0, le=65535)
    #: the path as the reverse proxy passes it on; that of the URL where it is left out
    webhook_path: str | None = Field(default=None, pattern=r"^/[^\s?#]*$")
    #: what Telegram shows with every message; where neither is given, a new one is made at each start
    webhook_secret_env: str | None = None
    webhook_secret_file: Path | None = None

    @field_validator("base_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @model_validator(mode="after")
    def _one_token(self) -> Self:
        if (self.token_env is None) == (self.token_file is None):
            raise ValueError("give either token_env or token_file")
        return self

    @model_validator(mode="after")
    def _one_secret(self) -> Self:
        if self.webhook_secret_env is not None and self.webhook_secret_file is not None:
            raise ValueError("give either webhook_secret_env or webhook_secret_file")
        return self

    def token(self) -> str:
        """The secret, read anew each time; raises BadSettings with what to do where there is none."""
        if self.token_env is not None:
            token, where = os.environ.get(self.token_env, ""), f"the environment variable {self.token_env}"
        else:
            token, where = _content(self.token_file), f"the file {self.token_file}"
        if not _TOKEN.fullmatch(token.strip()):
            raise BadSettings(f"channels (telegram): {where} holds no bot token; it looks like 123456:ABC-DEF")
        return token.strip()

    def bot(self) -> Client:
        """A client of the Bot API, to be closed with `shutdown()`; raises BadSettings."""
        return Client(self.token(), self.base_url)

    def secret(self) -> str:
        """What Telegram shows with every message; raises BadSettings where what is named holds none."""
        found = secret("webhook_secret", self.webhook_secret_env, self.webhook_secret_file)
        if found is None:
            return secrets.token_urlsafe(32)
        if not _SECRET.fullmatch(found):
            raise BadSettings("channels (telegram): webhook_secret is 1 to 256 of A-Z, a-z, 0-9, _ and -")
        return found

    @property
    def path(self) -> str:
        """The path at which messages arrive here."""
        return self.webhook_path or urlsplit(self.webhook_url or "").path


def _content(path: Path | None) -> str:
    try:
        return path.read_text("utf-8") if path else ""
    except (OSError, UnicodeDecodeError):
        return ""
