"""From the settings to a connection on which letters may be sent: TLS, EHLO and login, by aiosmtplib."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import aiosmtplib

from access.secrets import secret
from access.tokens import Tokens
from register.errors import BadSettings, Temporary, Unauthorised
from replies.senders._smtp_replies import OURS, UNREACHABLE, detail
from replies.senders.outgoing import Outgoing


class Login:
    """Opens connections to the relay; secrets are read when it is made."""

    def __init__(self, settings: Outgoing) -> None:
        self._settings = settings
        self._user = settings.user or secret("outgoing.user", settings.user_env, settings.user_file)
        self._password = secret("outgoing.password", settings.password_env, settings.password_file)
        self._tokens = Tokens(settings.oauth, self._user or "") if settings.oauth else None
        self._tls = None if settings.security == "none" else _trust(settings.tls_ca)

    async def connection(self) -> aiosmtplib.SMTP:
        """A connection that is ready for MAIL. Raises Temporary."""
        if self._tokens is None:
            return await self._connected(None)
        token = await asyncio.to_thread(self._tokens.token)
        try:
            return await self._connected(token)
        except Unauthorised:
            # It may have ended early: another is got once. Relays hang up after a refusal, so all is begun anew.
            return await self._connected(await asyncio.to_thread(self._tokens.token, refused=token))

    async def _connected(self, token: str | None) -> aiosmtplib.SMTP:
        settings = self._settings
        connection = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            timeout=settings.timeout,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            tls_context=self._tls,
            username=None if token else self._user,
            password=self._password,
        )
        try:
            await connection.connect()
            if connection.last_ehlo_response is None:
                await connection.ehlo()
            if token:
                await connection.auth_xoauth2(self._user or "", token)
        except (aiosmtplib.SMTPException, OSError) as error:
            connection.close()
            raise _no_connection(error) from None
        return connection


def _no_connection(error: Exception) -> Temporary:
    private = type(error).__name__
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        return Temporary(
            "The mail relay's TLS cannot be trusted: check tls_ca and security in [outgoing].", private=private
        )
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        refused = "The mail relay refuses our login: check user and password, or oauth, in [outgoing]."
        # A relay whose own directory is away says 4xx (RFC 4954, 6).
        return (Unauthorised if error.code // 100 == 5 else Temporary)(refused, private=f"{private}: {error.code}")
    if isinstance(error, aiosmtplib.SMTPResponseException):
        said = detail(aiosmtplib.SMTPResponse(error.code, error.message))
        return Temporary(OURS if error.code // 100 == 5 else f"{UNREACHABLE} {said}", private=f"{private}: {said}")
    if isinstance(error, OSError):
        return Temporary(UNREACHABLE, private=private)
    return Temporary("The mail relay lacks what [outgoing] asks for: STARTTLS or a login.", private=private)


def _trust(file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=file)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "it holds no certificate in PEM"
        raise BadSettings(f"outgoing.tls_ca: {file} cannot be used: {why}") from None
