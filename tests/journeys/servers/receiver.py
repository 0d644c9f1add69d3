"""An SMTP receiver in the test's own loop: keeps what it gets, and has faults by script."""

from __future__ import annotations

import asyncio
import base64
import collections
import contextlib
import ssl
import warnings
from dataclasses import dataclass, field
from typing import Literal

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

Stage = Literal["connect", "ehlo", "mail", "rcpt", "data"]
#: a scripted reply: hang up instead of answering
DROP = "drop"
#: a scripted reply: do as usual
AS_USUAL = ""


@dataclass(frozen=True, kw_only=True)
class Received:
    """A mail that the receiver said 250 to (or would have, had it not been told to hang up)."""

    envelope_from: str
    recipients: tuple[str, ...]
    content: bytes = field(repr=False)
    #: of the MAIL command, in upper case
    options: tuple[str, ...] = ()
    #: did it come through TLS
    tls: bool = False
    #: who logged in
    user: str = ""


class Receiver:
    """Listens on a loopback port that it keeps through `stop` and `start`."""

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        from_the_start: bool = False,
        users: dict[str, str] | None = None,
        smtputf8: bool = True,
        pipelining: bool = True,
    ) -> None:
        self.host, self.port = "127.0.0.1", 0
        #: for STARTTLS, or, where that is said, for the whole connection
        self.tls, self.from_the_start = tls, from_the_start
        self.users = users or {}
        #: tokens by user, for XOAUTH2
        self.tokens: dict[str, str] = {}
        self.smtputf8, self.pipelining = smtputf8, pipelining
        self.mails: list[Received] = []
        #: connections so far
        self.connections = 0
        #: replies to RCPT by address, for as long as they stand here
        self.refused: dict[str, str] = {}
        self._script: collections.defaultdict[Stage, collections.deque[str]] = collections.defaultdict(
            collections.deque
        )
        self._arrived = asyncio.Condition()
        self._server: asyncio.Server | None = None
        self._open: set[_Dialogue] = set()

    def say(self, stage: Stage, *replies: str) -> None:
        """What to answer the next times at this stage: a reply line, DROP or AS_USUAL."""
        self._script[stage].extend(replies)

    def next(self, stage: Stage) -> str:
        """Takes the next scripted reply."""
        return self._script[stage].popleft() if self._script[stage] else AS_USUAL

    async def start(self) -> Receiver:
        """Listens, again on the same port after a stop."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Dialogue(self), self.host, self.port, ssl=self.tls if self.from_the_start else None
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        """Hangs up on everybody and listens no longer."""
        if self._server is None:
            return
        self._server.close()
        self.hang_up()
        await asyncio.gather(*(one.gone for one in tuple(self._open)))
        await self._server.wait_closed()
        self._server = None

    def hang_up(self) -> None:
        """Cuts every open connection."""
        for dialogue in tuple(self._open):
            dialogue.cut()

    async def arrived(self, number: int = 1, *, seconds: float = 30) -> list[Received]:
        """All mails, once there are that many of them."""
        async with asyncio.timeout(seconds), self._arrived:
            await self._arrived.wait_for(lambda: len(self.mails) >= number)
        return self.mails

    async def keep(self, mail: Received) -> None:
        """Adds a mail and wakes who waits for it."""
        async with self._arrived:
            self.mails.append(mail)
            self._arrived.notify_all()

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, login: LoginPassword
    ) -> AuthResult:
        """Who may log in."""
        known = self.users.get(login.login.decode()) == login.password.decode()
        return AuthResult(success=known, handled=False, auth_data=login)


class _Handler:
    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver

    async def auth_XOAUTH2(self, server: SMTP, words: list[str]) -> AuthResult:  # noqa: N802 - found by this name
        """Who may log in by a token; a refusal is a challenge first, as at the big providers."""
        user, token, *_ = base64.b64decode(words[1]).decode().split("\x01")
        login = LoginPassword(user.removeprefix("user=").encode(), token.removeprefix("auth=Bearer ").encode())
        if self.receiver.tokens.get(login.login.decode()) == login.password.decode():
            return AuthResult(success=True, auth_data=login)
        await server.challenge_auth(b'{"status": "401"}')
        return AuthResult(success=False, handled=False)

    async def handle_EHLO(  # noqa: N802 - aiosmtpd finds hooks by this name
        self, server: _Dialogue, session: Session, _envelope: Envelope, name: str, replies: list[str]
    ) -> list[str]:
        session.host_name = name
        said = await server.told("ehlo")
        offered = ["250-PIPELINING"] if self.receiver.pipelining else []
        return [said] if said else [*replies[:1], *offered, *replies[1:]]

    async def handle_MAIL(  # noqa: N802 - aiosmtpd finds hooks by this name
        self, server: _Dialogue, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if said := await server.told("mail"):
            return said
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd finds hooks by this name
        self, server: _Dialogue, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if said := self.receiver.refused.get(address) or await server.told("rcpt"):
            return said
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd finds hooks by this name
        self, server: _Dialogue, session: Session, envelope: Envelope
    ) -> str:
        said = self.receiver.next("data")
        if said in (AS_USUAL, DROP):
            encrypted = self.receiver.from_the_start or session.ssl is not None
            await self.receiver.keep(_received(session, envelope, encrypted=encrypted))
        if said == DROP:
            await server.drop()
        return said or f"250 2.0.0 OK: queued as {len(self.receiver.mails)}"


class _Dialogue(SMTP):
    transport: asyncio.Transport | None
    _original_transport: asyncio.Transport | None

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with warnings.catch_warnings():
            # That logins come without TLS is what some tests are about.
            warnings.simplefilter("ignore", UserWarning)
            self._set_up(receiver)

    def _set_up(self, receiver: Receiver) -> None:
        super().__init__(
            _Handler(receiver),
            enable_SMTPUTF8=receiver.smtputf8,
            hostname="relay.example",
            tls_context=None if receiver.from_the_start else receiver.tls,
            auth_require_tls=receiver.tls is not None and not receiver.from_the_start,
            authenticator=receiver.authenticate,
            auth_required=bool(receiver.users),
            loop=asyncio.get_running_loop(),
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self not in self.receiver._open:
            self.receiver.connections += 1
            self.receiver._open.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.receiver._open.discard(self)
        if not self.gone.done():
            self.gone.set_result(None)
        super().connection_lost(error)

    async def _handle_client(self) -> None:
        if said := self.receiver.next("connect"):
            if said != DROP:
                await self.push(said)
            self.cut(rude=said == DROP)
            return
        with contextlib.suppress(ConnectionError):
            await super()._handle_client()

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds commands by this name
        await super().smtp_STARTTLS(arg)
        # asyncio reports a client that leaves in the midst of the handshake as a success, and nobody of its leaving.
        if self._tls_protocol and self.session and self.session.ssl is None and self._original_transport is not None:
            self._original_transport.abort()
            self.connection_lost(None)

    async def told(self, stage: Stage) -> str:
        """The scripted reply of this stage; hangs up where the script says so."""
        said = self.receiver.next(stage)
        if said == DROP:
            await self.drop()
        return said

    async def drop(self) -> None:
        """Hangs up and ends the dialogue here."""
        self.cut()
        raise asyncio.CancelledError

    def cut(self, *, rude: bool = True) -> None:
        """Ends the connection, with a reset or in order."""
        if self.transport is not None:
            self.transport.abort() if rude else self.transport.close()


def _received(session: Session, envelope: Envelope, *, encrypted: bool) -> Received:
    sender = envelope.mail_from or ""
    login = session.auth_data
    return Received(
        envelope_from="" if sender == "<>" else sender,
        recipients=tuple(envelope.rcpt_tos),
        content=envelope.original_content or b"",
        options=tuple(envelope.mail_options),
        tls=encrypted,
        user=login.login.decode() if isinstance(login, LoginPassword) else "",
    )
