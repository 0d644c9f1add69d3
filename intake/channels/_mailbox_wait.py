"""Waiting for new mail: IDLE where the server has it (RFC 2177), and never longer than asked.

IMAPClient drops what a server tells in passing, and says nothing of a connection that was closed: seen to here.
"""

from __future__ import annotations

import contextlib
import select
import socket
import time
from typing import Any

from imapclient.exceptions import IMAPClientAbortError

#: seconds that a server gets to end an IDLE
DONE_SECONDS = 15.0


class Waiting:
    """Waits on a client's connection, of which nobody else makes use meanwhile."""

    def __init__(self, client: Any, *, timeout: float) -> None:
        self._client = client
        self._timeout = timeout
        self._idle = client.has_capability("IDLE")

    def forget(self) -> None:
        """From here on counts what the server tells of new mail; to be called before looking for it."""
        self._was_told()

    def wait(self, stop: socket.socket, seconds: float) -> None:
        """Returns when there may be new mail, when the time is up, or when `stop` can be read.

        Raises IMAPClientError or OSError where the connection is lost.
        """
        if self._was_told():
            return
        if not self._idle:
            if stop not in readable(seconds, stop, self._client.socket()):
                self._client.noop()
            return
        self._client.idle()
        if not self._has_read_on():
            self._watch(stop, time.monotonic() + seconds)
        # Without a limit a server that has gone silent would hold us here for ever.
        self._client.socket().settimeout(min(DONE_SECONDS, self._timeout))
        self._client.idle_done()
        self._client.socket().settimeout(self._timeout)

    def _was_told(self) -> bool:
        """True where new mail was told of in the answer to some other command. A server does so only once."""
        return bool(self._client._imap.response("EXISTS")[1] != [None])

    def _has_read_on(self) -> bool:
        """True where more than `+ idling` has been read already: no poll of the socket would show that."""
        line = self._client.socket()
        line.setblocking(False)
        try:
            return bool(self._client._imap.file.peek(1))
        except OSError:
            return False
        finally:
            line.settimeout(self._timeout)

    def _watch(self, stop: socket.socket, end: float) -> None:
        line = self._client.socket()
        while (left := end - time.monotonic()) > 0:
            ready = readable(left, stop, line)
            if stop in ready or (line in ready and self._hears(line)):
                return

    def _hears(self, line: socket.socket) -> bool:
        """True where the server tells of new mail."""
        # IMAPClient reports nothing, over and over, once the server has closed: look below it, and below TLS.
        if not socket.socket.recv(line, 1, socket.MSG_PEEK):
            raise IMAPClientAbortError("closed by the server")
        words = [answer[1] if len(answer) > 1 else None for answer in self._client.idle_check(timeout=0)]
        return b"EXISTS" in words or b"RECENT" in words


def readable(seconds: float, *lines: socket.socket) -> list[socket.socket]:
    """Waits until one of these can be read or is closed; returns which."""
    poll = select.poll()
    for line in lines:
        poll.register(line, select.POLLIN | select.POLLHUP | select.POLLERR)
    found = {number for number, _ in poll.poll(seconds * 1000)}
    return [line for line in lines if line.fileno() in found]


def cut(client: Any) -> None:
    """Breaks a connection from another thread: whatever its own is waiting for fails at once."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(client.socket(), socket.SHUT_RDWR)
