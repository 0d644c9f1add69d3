"""What the service manager is told of our state, where one has asked for it (systemd's sd_notify protocol)."""

from __future__ import annotations

import contextlib
import os
import socket

READY = "READY=1"
STOPPING = "STOPPING=1"


def tell_manager(state: str) -> None:
    """Sends a state to the socket that the environment names; nothing where there is none, or nobody listens there."""
    where = os.environ.get("NOTIFY_SOCKET", "")
    if not where.startswith(("/", "@")):
        return
    # A name that begins with @ stands for an abstract socket, whose first byte is nought.
    address = "\0" + where[1:] if where.startswith("@") else where
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.sendto(state.encode(), address)
