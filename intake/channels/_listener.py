"""The SMTP and LMTP listener: settings, the listening socket, and an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import ssl
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator

from intake.channels import Doorway, _replies
from intake.channels._house import House
from intake.channels._trust import MailSettings
from register.errors import BadSettings

#: seconds that mails in flight get when the listener stops
GRACE = 10.0


class ListenerSettings(MailSettings):
    """The keys that LMTP and SMTP share."""

    host: str = "127.0.0.1"
    #: 0 picks a free one
    port: int = Field(default=0, ge=0, le=65535)
    #: a Unix socket instead of host and port
    path: Path | None = None
    #: bytes
    size_limit: int = Field(default=35_000_000, ge=1)
    max_connections: int = Field(default=100, ge=1)
    max_connections_per_address: int = Field(default=20, ge=1)
    #: seconds without a command, or without a byte of the mail; a mail gets ten times as long in all
    timeout: float = Field(default=300, gt=0)
    tls_cert: Path | None = None
    tls_key: Path | None = None
    require_tls: bool = False
    #: what the greeting says; empty: the name of this machine
    hostname: str = ""

    @model_validator(mode="after")
    def _certificate_is_whole(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key belong together: write both or none")
        if self.require_tls and self.tls_cert is None:
            raise ValueError("require_tls needs a certificate: write tls_cert and tls_key too")
        return self

    @property
    def place(self) -> str:
        """Where it listens, for messages."""
        return str(self.path) if self.path else f"{self.host}:{self.port}"


class Listener:
    """Listens until it is cancelled; then no new connection is taken and mails in flight are finished."""

    kind: str
    for_one_process = False

    def __init__(self, settings: ListenerSettings, doorway: Doorway) -> None:
        self.settings = settings
        self.doorway = doorway
        #: the port that it listens on, once it is open
        self.port = settings.port

    async def run(self) -> None:
        """Receives until cancelled; raises BadSettings where it cannot listen."""
        house = self._house()
        server = await self._listen(house)
        try:
            await self.doorway.opened()
            await asyncio.get_running_loop().create_future()
        finally:
            await _close(server, house)
            if self.settings.path:
                self.settings.path.unlink(missing_ok=True)

    def answer(self, house: House) -> asyncio.Protocol:
        """Whoever speaks with a new client."""
        raise NotImplementedError

    def _house(self) -> House:
        s = self.settings
        return House(
            kind=self.kind,
            hostname=s.hostname or socket.gethostname(),
            size_limit=s.size_limit,
            most=s.max_connections,
            most_per_address=s.max_connections_per_address,
            timeout=s.timeout,
            doorway=self.doorway,
            tls=_tls(s.tls_cert, s.tls_key) if s.tls_cert and s.tls_key else None,
            require_tls=s.require_tls,
        )

    async def _listen(self, house: House) -> asyncio.Server:
        try:
            return await (self._at_path if self.settings.path else self._at_port)(lambda: self.answer(house))
        except OSError as error:
            raise BadSettings(_cannot_listen(self.kind, self.settings.place, error)) from None

    async def _at_port(self, factory: Callable[[], asyncio.Protocol]) -> asyncio.Server:
        loop, settings = asyncio.get_running_loop(), self.settings
        server = await loop.create_server(factory, settings.host, settings.port, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _at_path(self, factory: Callable[[], asyncio.Protocol]) -> asyncio.Server:
        path = str(self.settings.path)
        # asyncio takes a socket away that is there; it must not be one that somebody serves.
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as other:
            other.connect(path)
            raise BadSettings(_cannot_listen(self.kind, path, OSError(errno.EADDRINUSE, "")))
        server = await asyncio.get_running_loop().create_unix_server(factory, path)
        # Who may reach the socket is said by its folder; a loopback port is open to every local user too.
        Path(path).chmod(0o666)
        return server


def _tls(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ValueError) as error:
        why = error.strerror or "they are no certificate and key in PEM" if isinstance(error, OSError) else "no key"
        raise BadSettings(f"channels: tls_cert {certificate} and tls_key {key} cannot be used: {why}") from None
    return context


def _cannot_listen(kind: str, place: str, error: OSError) -> str:
    advice = {
        errno.EADDRINUSE: "it is in use; stop the other program or write another `port` (or `path`)",
        errno.EACCES: "this user may not; write a `port` above 1023",
        errno.EADDRNOTAVAIL: "this machine has no such address; write another `host`",
        errno.ENOENT: "there is no such folder; write another `path`",
    }
    if isinstance(error, socket.gaierror):
        why = "the host is not known; write another `host`"
    else:
        # Since Python 3.13 asyncio gives no number where none of a host's addresses can be had.
        why = advice.get(error.errno or errno.EADDRNOTAVAIL, error.strerror or type(error).__name__)
    return f"channels: {kind} cannot listen on {place}: {why}"


async def _close(server: asyncio.Server, house: House) -> None:
    house.closing = True
    server.close()
    for dialogue in tuple(house.open):
        dialogue.stop()
    await _settled({one.task for one in house.open if one.task is not None} | house.commits, GRACE)
    for dialogue in tuple(house.open):
        dialogue.abort(_replies.CLOSING)
    for commit in house.commits:
        commit.cancel()
    await _settled({one.gone for one in house.open} | house.commits, 1.0)
    for dialogue in tuple(house.open):
        dialogue.cut()
    await _settled({one.gone for one in house.open}, 1.0)
    await server.wait_closed()


async def _settled(ends: Collection[asyncio.Future[Any]], seconds: float) -> None:
    if ends:
        await asyncio.wait(ends, timeout=seconds)
