"""Letters leave by SMTP submission, on a few connections that are kept open (RFC 5321, RFC 6409)."""

from __future__ import annotations

import asyncio
import re
import ssl
from pathlib import Path

import aiosmtplib

from access.secrets import secret
from access.tokens import Tokens
from register.errors import BadSettings, Fault, Permanent, Temporary, Unauthorised
from register.records import Letter
from replies.senders import _smtp_envelope as envelope
from replies.senders.outgoing import Outgoing

#: seconds after which a kept connection is not trusted any more: relays and firewalls forget it, not always aloud
LONGEST_IDLE = 60.0

_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")
_QUEUED = re.compile(r"\bqueued as ([A-Za-z0-9.-]{1,64})")
_UNREACHABLE = "The mail relay cannot be reached."
_OURS = "The mail relay refuses us, not the recipient: check [outgoing] in the settings."


class SmtpSender:
    """Sends mail over at most `connections` connections at once; each is kept and used again."""

    def __init__(self, settings: Outgoing) -> None:
        self._settings = settings
        self._user = settings.user or secret("outgoing.user", settings.user_env, settings.user_file)
        self._password = secret("outgoing.password", settings.password_env, settings.password_file)
        self._tokens = Tokens(settings.oauth, self._user or "") if settings.oauth else None
        self._tls = None if settings.security == "none" else _trust(settings.tls_ca)
        self._places = asyncio.Semaphore(settings.connections)
        #: connections that are not in use, and since when
        self._idle: list[tuple[aiosmtplib.SMTP, float]] = []
        self._closed = False

    async def send(self, letter: Letter) -> str:
        """Sends a letter as it is; returns the relay's reply code. Raises Temporary or Permanent."""
        envelope.check(letter)
        async with self._places:
            kept = self._kept()
            if kept is not None:
                try:
                    return await self._over(kept, letter)
                except _Stale:
                    # It was closed while nobody looked; nothing of this letter was handed over.
                    pass
            try:
                return await self._over(await self._connect(), letter)
            except _Stale as stale:
                raise Temporary(_UNREACHABLE, private=stale.private) from None

    async def probe(self) -> None:
        """Connects and logs in, and no more. Raises Temporary where that is not possible."""
        await _quit(await self._connect())

    async def close(self) -> None:
        """Says QUIT on every open connection; what is being sent is finished by its own call of `send`."""
        self._closed = True
        while self._idle:
            await _quit(self._idle.pop()[0])

    def _kept(self) -> aiosmtplib.SMTP | None:
        while self._idle:
            connection, since = self._idle.pop()
            if connection.is_connected and asyncio.get_running_loop().time() - since < LONGEST_IDLE:
                return connection
            connection.close()
        return None

    async def _connect(self) -> aiosmtplib.SMTP:
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

    async def _over(self, connection: aiosmtplib.SMTP, letter: Letter) -> str:
        """Sends over this connection, which is kept where it is still good afterwards."""
        good = False
        try:
            detail = await _hand_over(connection, letter)
            good = True
        except Fault as fault:
            good = not isinstance(fault, _Lost) and await _reset(connection)
            raise
        finally:
            if good and not self._closed:
                self._idle.append((connection, asyncio.get_running_loop().time()))
            else:
                connection.close()
        return detail


class _Lost(Temporary):
    """The connection broke."""


class _Stale(_Lost):
    """The connection broke before the letter was handed over."""


async def _hand_over(connection: aiosmtplib.SMTP, letter: Letter) -> str:
    try:
        await _announce(connection, letter)
    except (aiosmtplib.SMTPException, OSError) as error:
        raise _Stale(_UNREACHABLE, private=type(error).__name__) from None
    try:
        reply = await connection.data(letter.content)
    except aiosmtplib.SMTPResponseException as error:
        raise _refused(aiosmtplib.SMTPResponse(error.code, error.message), "the letter") from None
    except (aiosmtplib.SMTPException, OSError) as error:
        raise _Lost("The mail relay did not say whether it took the letter.", private=type(error).__name__) from None
    return _detail(reply)


async def _announce(connection: aiosmtplib.SMTP, letter: Letter) -> None:
    options = envelope.options(letter, offers=frozenset(connection.esmtp_extensions))
    mail = f"MAIL FROM:<{envelope.sender(letter)}>"
    reply = await connection.execute_command(" ".join((mail, *options)).encode())
    if reply.code // 100 != 2:
        raise _sender_refused(reply)
    reply = await connection.execute_command(f"RCPT TO:<{envelope.recipient(letter)}>".encode())
    if reply.code // 100 != 2:
        raise _refused(reply, "the address")


def _sender_refused(reply: aiosmtplib.SMTPResponse) -> Fault:
    """Our own address is refused only by a fault in our settings; the size of a letter is its own."""
    too_big = reply.code == 552 or any(code in reply.message for code in ("5.3.4", "5.2.3"))
    if reply.code // 100 == 5 and not too_big:
        return Temporary(_OURS, private=f"MAIL: {_detail(reply)}")
    return _refused(reply, "the letter")


def _refused(reply: aiosmtplib.SMTPResponse, what: str) -> Fault:
    detail = _detail(reply)
    if reply.code == 503:
        return _Lost("The mail relay is out of step with us.", private=detail)
    if reply.code // 100 == 5:
        return Permanent(f"The mail relay refuses {what}: {detail}", private=detail)
    return Temporary(f"The mail relay does not take {what} just now: {detail}", private=detail)


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
        detail = _detail(aiosmtplib.SMTPResponse(error.code, error.message))
        return Temporary(
            _OURS if error.code // 100 == 5 else f"{_UNREACHABLE} {detail}", private=f"{private}: {detail}"
        )
    if isinstance(error, OSError):
        return Temporary(_UNREACHABLE, private=private)
    return Temporary("The mail relay lacks what [outgoing] asks for: STARTTLS or a login.", private=private)


def _detail(reply: aiosmtplib.SMTPResponse) -> str:
    """Code, enhanced code and queue number of a reply. Its text stays out: it may name the recipient."""
    enhanced, queued = _ENHANCED.match(reply.message), _QUEUED.search(reply.message)
    parts = [str(reply.code), enhanced[0] if enhanced else "", f"queued as {queued[1]}" if queued else ""]
    return " ".join(part for part in parts if part)


async def _reset(connection: aiosmtplib.SMTP) -> bool:
    try:
        await connection.rset()
    except (aiosmtplib.SMTPException, OSError):
        return False
    return connection.is_connected


async def _quit(connection: aiosmtplib.SMTP) -> None:
    try:
        await connection.quit(timeout=2)
    except (aiosmtplib.SMTPException, OSError):
        pass
    finally:
        connection.close()


def _trust(file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=file)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "it holds no certificate in PEM"
        raise BadSettings(f"outgoing.tls_ca: {file} cannot be used: {why}") from None
