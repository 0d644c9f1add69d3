"""A token of a mail provider: got when it is needed, kept in memory, renewed before it ends (RFC 6749, section 5).

By plain HTTP over httpx, which the chat needs anyway: the three grants that a program without a screen can use are a
form of four fields each. A provider's own library would bring in another HTTP client and a cache on disk.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import structlog

from access import grants
from access.oauth import OAuth, kept
from register.errors import BadSettings, Temporary, Unauthorised

#: a token is renewed so many seconds before it ends, or at half its life where that is shorter
EARLY = 300.0
#: the life of a token whose provider does not say
USUAL = 3600.0
#: a provider that is not well says so by these, though it was asked rightly
_PASSING = ("temporarily_unavailable", "server_error", "slow_down")
_CODE = re.compile(r"[a-z_]{3,40}")
_MICROSOFT_CODE = re.compile(r"AADSTS\d{3,8}")

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Token:
    """A token, and when it has to be renewed by the clock that its owner looks at."""

    value: str = field(repr=False)
    renew_at: float


class Tokens:
    """The tokens of one mailbox; may be asked from any thread, and blocks while one is got."""

    def __init__(self, oauth: OAuth, user: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._oauth, self._user, self._clock = oauth, user, clock
        self._token: Token | None = None
        #: the refresh token of the settings, and the one that the provider has put in its place
        self._rotated: tuple[str, str] | None = None
        self._lock = threading.Lock()

    def token(self, *, refused: str | None = None) -> str:
        """A token that is good for some minutes. `refused`: one that the server did not take; it is not given again.

        Raises Temporary where the provider cannot be asked, Unauthorised where a person has to grant access anew, and
        BadSettings where a secret is not there.
        """
        with self._lock:
            token = self._token
            if token is None or token.value == refused or self._clock() >= token.renew_at:
                token = self._token = None
                token = self._token = self._get()
            return token.value

    def _get(self) -> Token:
        written = grants.refresh_token(self._oauth)
        shown = self._rotated[1] if self._rotated and self._rotated[0] == written else written
        answer = _ask(self._oauth, grants.form(self._oauth, self._user, shown, time.time()))
        following = answer.get("refresh_token")
        if written and isinstance(following, str) and following not in ("", shown):
            self._keep(written, following)
        life = _seconds(answer.get("expires_in"))
        return Token(value=answer["access_token"], renew_at=self._clock() + max(life - EARLY, life / 2))

    def _keep(self, written: str, following: str) -> None:
        """A refresh token that was put in the place of the old one, which may end soon."""
        self._rotated = (written, following)
        if self._oauth.refresh_token_file:
            try:
                kept(self._oauth.refresh_token_file, following)
            except BadSettings as error:
                log.warning("refresh token not kept", action="token", why=error.public)


def _ask(oauth: OAuth, fields: dict[str, str]) -> dict[str, Any]:
    import httpx

    host = urlsplit(oauth.url).hostname
    away = f"The login server {host} cannot be reached."
    try:
        response = httpx.post(oauth.url, data=fields, timeout=oauth.timeout, headers={"Accept": "application/json"})
        answer = response.json()
    except httpx.HTTPError as error:
        raise Temporary(away, private=type(error).__name__) from None
    except ValueError:
        raise Temporary(away, private=f"{response.status_code}, no JSON") from None
    if not isinstance(answer, dict):
        raise Temporary(away, private=f"{response.status_code}, no JSON object")
    if response.is_success and isinstance(answer.get("access_token"), str):
        return answer
    raise _refused(host, response.status_code, answer, away)


def _refused(host: str | None, status: int, answer: dict[str, Any], away: str) -> Temporary:
    code = str(answer.get("error", ""))
    known = code if _CODE.fullmatch(code) else ""
    microsoft = _MICROSOFT_CODE.search(str(answer.get("error_description", "")))
    why = ", ".join(filter(None, (str(status), known, microsoft[0] if microsoft else "")))
    if status >= 500 or status in (408, 429) or known in _PASSING or not known:
        return Temporary(away, private=why)
    return Unauthorised(f"The login server {host} no longer accepts our authorisation ({why}); grant it anew.")


def _seconds(life: object) -> float:
    try:
        seconds = float(str(life))
    except ValueError:
        return USUAL
    return seconds if 0 < seconds < 10 * 365 * 86400 else USUAL
