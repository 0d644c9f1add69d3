"""The life of a connection that is served by hand: in and out, how long the client may be silent, and its end."""

from __future__ import annotations

import asyncio
from typing import cast

from intake.channels import _replies
from intake.channels._house import BUFFER, House


class Wire(asyncio.Protocol):
    """Bytes come in, and all that they are answered leaves in one write."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.address = ""
        loop = asyncio.get_running_loop()
        #: done once the connection is closed
        self.gone: asyncio.Future[None] = loop.create_future()
        #: done once there is nothing more to say
        self.task: asyncio.Future[None] = loop.create_future()
        self._loop = loop
        self._buffer = bytearray()
        self._said: list[bytes] = []
        #: each of these makes what the client sends wait: a mail is being written, TLS begins, it does not read
        self._committing = self._handshaking = self._clogged = False
        self._paused = self._half_closed = self._secure = False
        #: True: what is said in the clear after STARTTLS counts no more (RFC 3207 6)
        self._deaf = False

    # --- beginning and end ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Admits the connection, or turns it away."""
        if not self.house.lets_in(self, transport):
            return
        # A server of streams makes no other; uvloop's is of no class of asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self._heard = self._loop.time()
        self._timer = self._loop.call_later(self.house.timeout, self._look_at_the_clock)
        self._say(f"220 {self.house.hostname} LMTP Lyhord")
        self._flush()

    def connection_lost(self, error: Exception | None) -> None:
        """Ends the conversation; a commit in flight goes on."""
        self.house.open.discard(self)
        self._timer.cancel()
        for end in (self.task, self.gone):
            if not end.done():
                end.set_result(None)

    def stop(self) -> None:
        """Says farewell at once, or after the mail that is just being received."""
        if not self._busy():
            self.abort(_replies.CLOSING)

    def abort(self, reply: str) -> None:
        """Writes a last reply and closes, whatever the client is doing."""
        if self._handshaking:
            self.cut()
        elif not self.task.done():
            self.task.set_result(None)
            self._say(reply)
            self._flush()
            self._transport.close()
            # A client that does not read its last reply does not keep its place for it.
            self._timer.cancel()
            self._timer = self._loop.call_later(self.house.timeout, self.cut)

    def cut(self) -> None:
        """Closes without waiting for a client that does not read."""
        self._transport.abort()

    def _look_at_the_clock(self) -> None:
        """Sends a client away that has been silent for too long; while we write, it is not the client who is slow."""
        now = self._loop.time()
        if self._committing:
            self._heard = now
        due = self._due()
        if now < due:
            self._timer = self._loop.call_at(due, self._look_at_the_clock)
        elif self._clogged:
            self.cut()
        else:
            self.abort(_replies.TIMEOUT)

    def _due(self) -> float:
        """When the client's time is over."""
        return self._heard + self.house.timeout

    # --- what comes in ---

    def data_received(self, data: bytes) -> None:
        """Obeys what is whole, unless a mail is just being written."""
        if self.task.done() or self._deaf:
            return
        self._take(data)
        if not self._waits():
            self._go_on()
        self._hold_back()

    def eof_received(self) -> bool:
        """A client that closes its side while we commit still gets its reply; any other has nothing more to say."""
        self._half_closed = self._committing and not self._secure
        return self._half_closed

    def pause_writing(self) -> None:
        """The client does not read its replies: no more are made for now."""
        self._clogged = True

    def resume_writing(self) -> None:
        """The client reads again."""
        self._clogged = False
        self._resume()

    def _take(self, data: bytes) -> None:
        raise NotImplementedError

    def _go_on(self) -> None:
        raise NotImplementedError

    def _busy(self) -> bool:
        return self._committing

    def _waits(self) -> bool:
        return self._committing or self._handshaking or self._clogged or self.task.done()

    def _resume(self) -> None:
        """Goes on with what has come meanwhile."""
        if not self._waits():
            self._go_on()
            self._hold_back()

    def _hold_back(self) -> None:
        """Makes a client wait that sends more than we can obey just now."""
        full = len(self._buffer) > BUFFER and self._waits()
        if full != self._paused and not self.task.done() and not self._handshaking:
            self._paused = full
            (self._transport.pause_reading if full else self._transport.resume_reading)()

    # --- what goes out ---

    def _say(self, reply: str) -> None:
        self._said.append(_replies.writable(reply).encode() + b"\r\n")

    def _flush(self) -> None:
        if self._said and not self.gone.done():
            self._transport.write(b"".join(self._said))
        self._said.clear()
