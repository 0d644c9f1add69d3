"""What all connections of one listener share: its limits, who is connected, and what is being written for them."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from typing import Any, Protocol

from intake.channels import Doorway, _replies

#: a connection holds at most twice this much before the client is made to wait; a mail besides
BUFFER = 64 * 1024
#: bytes of one command; with SMTPUTF8 addresses they are longer than the 512 of RFC 5321
LONGEST_COMMAND = 2048
#: a mail may take this many times as long as a command
PATIENCE = 10
#: how often one connection may say a command; `*` is any other
OFTEN = {"*": 50, "NOOP": 1000, "RSET": 10_000, "MAIL": 10_000, "RCPT": 100_000, "DATA": 10_000}


class Guest(Protocol):
    """An open connection, whoever speaks with it."""

    #: where it comes from
    address: str
    #: done once the connection is closed
    gone: asyncio.Future[None]

    @property
    def task(self) -> asyncio.Future[None] | None:
        """Done once there is nothing more to say."""
        ...

    def stop(self) -> None:
        """Says farewell at once, or after the mail that is just being received."""
        ...

    def abort(self, reply: str) -> None:
        """Writes a last reply and closes, whatever the client is doing."""
        ...

    def cut(self) -> None:
        """Closes without waiting for a client that does not read."""
        ...


@dataclass(kw_only=True)
class House:
    """One listener."""

    kind: str
    hostname: str
    size_limit: int
    most: int
    most_per_address: int
    timeout: float
    doorway: Doorway
    tls: ssl.SSLContext | None
    require_tls: bool
    open: set[Guest] = field(default_factory=set)
    #: commits in flight; they outlive the connection that asked for them
    commits: set[asyncio.Task[list[str]]] = field(default_factory=set)
    closing: bool = False

    def lets_in(self, guest: Guest, transport: asyncio.BaseTransport) -> bool:
        """Admits a connection, or turns it away where there are too many."""
        peer = transport.get_extra_info("peername")
        guest.address = str(peer[0]) if peer else "unix"
        if self.closing or self._full_for(guest.address):
            _turn_away(transport)
            return False
        self.open.add(guest)
        return True

    def _full_for(self, address: str) -> bool:
        return len(self.open) >= self.most or sum(one.address == address for one in self.open) >= self.most_per_address


def _turn_away(transport: Any) -> None:
    transport.write(_replies.TOO_MANY.encode() + b"\r\n")
    # From here on nothing of this connection concerns the dialogue any more.
    transport.set_protocol(asyncio.Protocol())
    transport.close()
