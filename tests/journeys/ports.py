"""Ports of loopback to listen on, below those that a system gives to whoever connects."""

from __future__ import annotations

import random
import socket

#: Linux gives connections ports from 32768 on (`ip_local_port_range`), others from 49152 on (RFC 6335, 6)
_FIRST, _LAST = 20_000, 32_000
_DICE = random.SystemRandom()


def free_port() -> int:
    """A port that nobody listens on, and that no connection takes before whoever asked begins to listen."""
    while True:
        port = _DICE.randint(_FIRST, _LAST)
        with socket.socket() as line:
            try:
                line.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
