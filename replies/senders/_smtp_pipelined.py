"""A connection that speaks ahead: MAIL, RCPT and DATA in one write, the next letter's right behind a letter (RFC 2920).

Replies come in the order of the commands and are matched one by one, so that what is refused is refused for its own
letter alone. aiosmtplib has opened the connection, made it safe and logged in; from here on the transport is ours.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import deque
from dataclasses import dataclass, field
from typing import Literal, cast

import aiosmtplib

from register.errors import Fault
from register.records import Letter
from replies.senders import _smtp_envelope as envelope
from replies.senders._smtp_replies import Lost, Reply, detail, refused, sender_refused, stale, unanswered

Step = Literal["RSET", "MAIL", "RCPT", "DATA", "letter", "nothing", "QUIT"]
#: a reply, with all its lines, is shorter
_LONGEST_REPLY = 32 * 1024
_LINE_END = re.compile(rb"\r\n|\r|\n")
_GO_ON = 354
_CLOSING = 421


@dataclass(eq=False, slots=True)
class _Carried:
    """A letter on its way."""

    commands: bytes
    content: bytes = field(repr=False)
    #: what the relay said in the end
    said: asyncio.Future[str] = field(repr=False)
    #: why it is refused, before its content was asked for
    refusal: Fault | None = None
    #: has any of its content left
    handed_over: bool = False


class Pipelined(asyncio.Protocol):
    """For relays that offer PIPELINING."""

    #: letters that may be in hand at once
    room = 8

    def __init__(self, transport: asyncio.Transport, offers: frozenset[str], timeout: float) -> None:
        self._transport, self._offers, self._timeout = transport, offers, timeout
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[_Carried] = deque()
        #: what the next replies answer, in their order
        self._expected: deque[tuple[Step, _Carried | None]] = deque()
        self._buffer = bytearray()
        self._reset_first = False
        self._gone = asyncio.Event()
        self._deadline, self._clock = 0.0, self._loop.call_later(0, lambda: None)

    @classmethod
    def taking_over(cls, connection: aiosmtplib.SMTP, timeout: float) -> Pipelined:
        """Takes the transport of a connection that is ready for MAIL; `timeout` in seconds, for every step."""
        transport = cast(asyncio.Transport, connection.transport)
        line = cls(transport, frozenset(connection.esmtp_extensions), timeout)
        transport.set_protocol(line)
        return line

    @property
    def alive(self) -> bool:
        """False once it has broken, as far as anybody knows."""
        return not self._transport.is_closing()

    async def hand_over(self, letter: Letter) -> str:
        """Sends a letter; returns what the relay said. Raises a Fault, and Stale where nothing was handed over."""
        commands = b"\r\n".join((*envelope.commands(letter, offers=self._offers), b"DATA\r\n"))
        carried = _Carried(commands, as_sent(letter.content), self._loop.create_future())
        if not self.alive:
            raise stale("closed")
        self._waiting.append(carried)
        if not self._expected:
            self._write(self._next())
        try:
            return await carried.said
        except asyncio.CancelledError:
            self._give_up(carried)
            raise

    async def quit(self) -> None:
        """Takes leave and hangs up."""
        if self.alive:
            self._expected.append(("QUIT", None))
            self._write(b"QUIT\r\n")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._gone.wait(), 2)
        self.close()

    def close(self) -> None:
        """Hangs up."""
        self._break("closed")

    # --- what asyncio tells ---

    def data_received(self, data: bytes) -> None:
        """Replies, whole or in part."""
        self._buffer += data
        self._deadline = self._loop.time() + self._timeout
        while self._buffer and self._expected and self.alive:
            reply = self._reply()
            if reply is None:
                break
            self._answered(reply)
        if self._buffer and not self._expected:
            # Whatever a relay says unasked is its last word, and no beginning of a later answer.
            self._break("unasked")

    def connection_lost(self, error: Exception | None) -> None:
        """The relay has hung up."""
        self._gone.set()
        self._break(type(error).__name__ if error else "hung up")

    # --- the conversation ---

    def _next(self) -> bytes:
        """The commands of the letter that waits longest; empty where none waits."""
        if not self._waiting:
            return b""
        carried, reset = self._waiting.popleft(), b""
        if self._reset_first:
            reset, self._reset_first = b"RSET\r\n", False
            self._expected.append(("RSET", None))
        self._expected.extend((("MAIL", carried), ("RCPT", carried), ("DATA", carried)))
        return reset + carried.commands

    def _write(self, octets: bytes) -> None:
        if not octets:
            return
        self._deadline = self._loop.time() + self._timeout
        if self._clock.when() < self._loop.time():
            self._clock = self._loop.call_at(self._deadline, self._look_at_the_clock)
        self._transport.write(octets)

    def _answered(self, reply: Reply) -> None:
        step, carried = self._expected.popleft()
        if carried is None:
            if step == "QUIT" or reply.code // 100 != 2:
                self._break(f"{step}: {reply.code}")
        elif step == "MAIL" and reply.code // 100 != 2:
            carried.refusal = sender_refused(reply)
        elif step == "RCPT" and reply.code // 100 != 2:
            carried.refusal = carried.refusal or refused(reply, "the address")
        elif step == "DATA":
            self._asked_for_content(carried, reply)
        elif step in ("letter", "nothing"):
            self._told(carried, reply)
        if reply.code == _CLOSING or reply.code < 0:
            self._end(carried, reply)

    def _asked_for_content(self, carried: _Carried, reply: Reply) -> None:
        if reply.code == _GO_ON and carried.refusal is None:
            carried.handed_over = True
            self._expected.append(("letter", carried))
            # What follows a letter may be in the same write (RFC 2920, 3.1).
            self._write(carried.content + self._next())
            return
        carried.refusal = carried.refusal or refused(reply, "the letter")
        self._reset_first = True
        if reply.code == _GO_ON:
            # Asked for a letter to nobody, a client sends its end alone (RFC 2920, 3.1).
            self._expected.append(("nothing", carried))
            self._write(b".\r\n")
            return
        self._refuse(carried, carried.refusal)

    def _told(self, carried: _Carried, reply: Reply) -> None:
        """The last reply about a letter."""
        if carried.refusal is not None:
            self._refuse(carried, carried.refusal)
        elif reply.code // 100 != 2:
            self._refuse(carried, refused(reply, "the letter"))
        else:
            if not carried.said.done():
                carried.said.set_result(detail(reply))
            self._go_on()

    def _refuse(self, carried: _Carried, fault: Fault) -> None:
        if not carried.said.done():
            carried.said.set_exception(fault)
        if isinstance(fault, Lost):
            self._break("out of step")
        else:
            self._go_on()

    def _go_on(self) -> None:
        if not self._expected:
            self._write(self._next())

    def _end(self, carried: _Carried | None, reply: Reply) -> None:
        """After a relay's farewell, or what is no SMTP, nothing more is said on this connection."""
        if carried and not carried.said.done():
            carried.said.set_exception(carried.refusal or refused(reply, "the letter"))
        self._break(str(reply.code))

    # --- the end ---

    def _give_up(self, carried: _Carried) -> None:
        """Nobody waits for this letter any more. One that is on its way cannot be called back but by hanging up."""
        if carried in self._waiting:
            self._waiting.remove(carried)
        elif any(one is carried for _, one in self._expected):
            self._break("given up")

    def _look_at_the_clock(self) -> None:
        if not self._expected:
            return
        if self._loop.time() >= self._deadline:
            self._break("TimeoutError")
        else:
            self._clock = self._loop.call_at(self._deadline, self._look_at_the_clock)

    def _break(self, why: str) -> None:
        """Hangs up; every letter in hand is told what is known of it."""
        self._clock.cancel()
        if not self._transport.is_closing():
            self._transport.abort()
        left = [one for _, one in self._expected if one] + list(self._waiting)
        self._expected.clear()
        self._waiting.clear()
        for carried in left:
            if not carried.said.done():
                carried.said.set_exception(unanswered(why) if carried.handed_over else stale(why))

    def _reply(self) -> Reply | None:
        """The next whole reply (RFC 5321, 4.2); code -1 for what is none."""
        at, said = 0, list[str]()
        while (end := self._buffer.find(b"\n", at)) >= 0:
            line = bytes(self._buffer[at:end])
            at = end + 1
            if not line[:3].isdigit():
                del self._buffer[:at]
                return Reply(-1, "")
            said.append(line[4:].strip().decode("utf-8", "replace"))
            if line[3:4] != b"-":
                del self._buffer[:at]
                return Reply(int(line[:3]), "\n".join(said))
        return Reply(-1, "") if len(self._buffer) > _LONGEST_REPLY else None


def as_sent(content: bytes) -> bytes:
    """Lines end in CRLF and in nothing else, those that begin with a dot get another (RFC 5321, 4.5.2), and the end."""
    ends = content.count(b"\r\n")
    if ends != content.count(b"\n") or ends != content.count(b"\r"):
        content = _LINE_END.sub(b"\r\n", content)
    stuffed = content.replace(b"\n.", b"\n..")
    first = b"." if stuffed.startswith(b".") else b""
    last = b"" if stuffed.endswith(b"\r\n") else b"\r\n"
    return b"".join((first, stuffed, last, b".\r\n"))
