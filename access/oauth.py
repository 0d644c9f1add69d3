"""The `oauth` table of a mailbox or of `[outgoing]`: a login by token, as Microsoft 365 and Google want it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from register.errors import BadSettings

_MICROSOFT = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"
_GOOGLE = "https://oauth2.googleapis.com/token"
#: what is asked for, by provider and kind of grant
_SCOPES = {
    ("microsoft", "client_credentials"): "https://outlook.office365.com/.default",
    ("microsoft", "refresh_token"): (
        "https://outlook.office365.com/IMAP.AccessAsUser.All https://outlook.office365.com/SMTP.Send offline_access"
    ),
    ("google", "service_account"): "https://mail.google.com/",
}
_SAFE = re.compile(r"https://.+|http://(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?/.*")

Grant = Literal["client_credentials", "refresh_token", "service_account"]


class OAuth(BaseModel):
    """How a token is got; which grant it is follows from which secret is named."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: Literal["microsoft", "google", "other"]
    #: Microsoft: the organisation's directory, an id or a domain
    tenant: str | None = Field(default=None, pattern=r"^[\w.-]+$")
    client_id: str | None = None
    client_secret_env: str | None = None
    client_secret_file: Path | None = None
    refresh_token_env: str | None = None
    #: a new refresh token that the provider hands out is written back to this file
    refresh_token_file: Path | None = None
    #: Google: the JSON key of a service account that may act for the mailbox
    service_account_file: Path | None = None
    #: where tokens are got, where the provider's own address is not the right one
    token_url: str | None = None
    scope: str | None = None
    #: seconds without an answer of the provider
    timeout: float = Field(default=20, gt=0)

    @property
    def grant(self) -> Grant:
        """What is shown to the provider to get a token."""
        if self.service_account_file:
            return "service_account"
        return "refresh_token" if self.refresh_token_env or self.refresh_token_file else "client_credentials"

    @property
    def url(self) -> str:
        """Where tokens are got."""
        if self.token_url:
            return self.token_url
        return _GOOGLE if self.provider == "google" else _MICROSOFT.format(tenant=self.tenant)

    @property
    def scopes(self) -> str | None:
        """What is asked for; None: what the refresh token was granted for."""
        return self.scope or _SCOPES.get((self.provider, self.grant))

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        for missing, what in (
            (self.provider == "microsoft" and not self.tenant and not self.token_url, "tenant"),
            (self.provider == "other" and not self.token_url, "token_url"),
            (self.grant != "service_account" and not self.client_id, "client_id"),
            (self.grant == "client_credentials" and not self._has_client_secret, "client_secret_env or …_file"),
        ):
            if missing:
                raise ValueError(f"oauth: {what} is missing")
        if self.provider == "google" and self.grant == "client_credentials":
            raise ValueError("oauth: Google wants refresh_token_file or service_account_file")
        if self.token_url and not _SAFE.fullmatch(self.token_url):
            raise ValueError("oauth: token_url begins with https://")
        return self

    @property
    def _has_client_secret(self) -> bool:
        return bool(self.client_secret_env or self.client_secret_file)


def kept(file: Path, value: str) -> None:
    """Writes a secret over its file, whole or not at all, readable by its owner only; raises BadSettings."""
    part = file.with_name(f".{file.name}.new")
    try:
        part.unlink(missing_ok=True)
        part.touch(mode=0o600, exist_ok=False)
        part.write_text(value + "\n", encoding="utf-8")
        part.replace(file)
    except OSError as error:
        raise BadSettings(f"oauth: {file} cannot be written: {error.strerror}") from None
