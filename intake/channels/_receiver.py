"""Our own LMTP (RFC 2033): much less work a mail than a dialogue that reads line by line.

Whole commands are obeyed in their order; while a mail is on its way to the disk nothing further is. It lives in the
same `House` as aiosmtpd's `LmtpDialogue`, and is held to the same tests.
"""

from __future__ import annotations

import asyncio
import collections
from collections.abc import Callable

import structlog

from intake.channels import _replies
from intake.channels._arriving import Arriving
from intake.channels._commands import WRONG_MAIL, WRONG_RCPT, RefusedError, recipient_of, sender_of
from intake.channels._delivery import Transaction, accept, deliver
from intake.channels._house import BUFFER, LONGEST_COMMAND, OFTEN, PATIENCE, House
from intake.channels._wire import Wire

#: so many words that are no commands end the conversation
_MOST_NONSENSE = 5
#: stands for a command that was too long to be kept
_TOO_LONG = b"x" * (LONGEST_COMMAND + 1)

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class Receiver(Wire):
    """The commands of LMTP. A mail is answered with 250 only after the spool has it."""

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self._greeted = False
        self._mail = Transaction()
        #: the text of a mail that is just coming in, and when it has to be there
        self._arriving: Arriving | None = None
        self._arrived_by = 0.0
        #: a command that is too long is forgotten as it comes
        self._skipping = False
        self._nonsense = 0
        self._counts: collections.Counter[str] = collections.Counter()

    def _busy(self) -> bool:
        return self._arriving is not None or self._committing

    def _due(self) -> float:
        # A client that sends a byte now and then does not hold its place for ever.
        return min(super()._due(), self._arrived_by) if self._arriving else super()._due()

    def _take(self, data: bytes) -> None:
        if self._arriving and not self._buffer and not self._waits():
            self._listen(data)
        else:
            self._buffer += data

    def _go_on(self) -> None:
        """Obeys every command that is whole, as far as nothing has to be waited for."""
        while not self._waits():
            if self._arriving:
                if not self._buffer:
                    break
                begun, self._buffer = self._buffer, bytearray()
                self._listen(begun)
            elif (line := self._line()) is not None:
                self._obey(line)
            else:
                break
        self._flush()

    def _listen(self, data: bytes | bytearray) -> None:
        """Takes a piece of a mail; at its end, hands it to the spool."""
        assert self._arriving is not None  # noqa: S101 - a promise within this class
        self._heard = self._loop.time()
        after = self._arriving.take(data)
        if after is None:
            return
        content, self._arriving = self._arriving.content, None
        self._buffer += after
        if content is None:
            self._answer([_replies.TOO_BIG] * len(self._mail.rcpt_tos))
            return
        self._committing = True
        commit = asyncio.create_task(deliver(self.house.doorway, self.house.kind, self._mail, content))
        self.house.commits.add(commit)
        commit.add_done_callback(self._committed)

    def _committed(self, commit: asyncio.Task[list[str]]) -> None:
        self.house.commits.discard(commit)
        self._committing = False
        if self.gone.done() or commit.cancelled():
            return
        failed = commit.exception()
        if failed:
            self._log(failed)
        self._answer([_replies.NOT_NOW] * len(self._mail.rcpt_tos) if failed else commit.result())
        self._resume()
        self._flush()
        if self._half_closed and not self._committing:
            self.abort(_replies.CLOSING)

    def _answer(self, replies: list[str]) -> None:
        """One reply for every recipient (RFC 2033 4.2); the next mail begins anew."""
        for reply in replies:
            self._say(reply)
        self._mail = Transaction()
        if self.house.closing:
            self.abort(_replies.CLOSING)

    # --- commands ---

    def _line(self) -> bytes | None:
        """The next command without its end, or None where it is not whole; one without end is not kept."""
        end = self._buffer.find(b"\n")
        if end < 0:
            if len(self._buffer) > BUFFER:
                self._skipping = True
                self._buffer.clear()
            return None
        line = bytes(self._buffer[:end]).rstrip(b"\r")
        del self._buffer[: end + 1]
        if self._skipping:
            self._skipping = False
            return _TOO_LONG
        return line

    def _obey(self, line: bytes) -> None:
        word, _, rest = line.partition(b" ")
        if not line or not word.isascii():
            self._say("500 5.5.2 This is no command")
        elif len(line) > LONGEST_COMMAND:
            self._say("500 5.5.2 The command is too long")
        else:
            # Whatever is no UTF-8 is refused where it is looked at.
            self._do(word.decode().upper(), rest.strip().decode("utf-8", "surrogateescape"))

    def _do(self, word: str, said: str) -> None:
        self._counts[word] += 1
        if self._counts[word] > OFTEN.get(word, OFTEN["*"]):
            self.abort(f"421 4.7.0 {word} said too often")
            return
        command = _COMMANDS.get(word)
        if command is None:
            self._refuse_nonsense(word)
            return
        self._heard = self._loop.time()
        try:
            command(self, said)
        except RefusedError as refused:
            self._say(str(refused))
        # design: any fault of ours is a 451, so that the client keeps the mail; the text of the error stays here.
        except Exception as error:  # noqa: BLE001
            self._log(error)
            self._say(_replies.NOT_NOW)

    def _log(self, error: BaseException) -> None:
        log.error("dialogue failed", action="receive", channel=self.house.kind, error=type(error).__name__)

    def _refuse_nonsense(self, word: str) -> None:
        self._nonsense += 1
        if self._nonsense >= _MOST_NONSENSE:
            self.abort("502 5.5.1 Too many unknown commands")
        else:
            self._say(f"500 5.5.2 There is no command {word}")

    def _lhlo(self, said: str) -> None:
        if not said:
            raise RefusedError("501 5.5.4 Syntax: LHLO hostname")
        self._mail = Transaction()
        self._greeted = True
        tls = self.house.tls is not None and not self._secure
        self._say(_replies.offers(self.house.hostname, self.house.size_limit, tls=tls))

    def _not_here(self, said: str) -> None:
        raise RefusedError("500 5.5.2 This is LMTP, say LHLO")

    def _mail_from(self, said: str) -> None:
        if self.house.require_tls and not self._secure:
            raise RefusedError(_replies.TLS_FIRST)
        self._expect_greeting()
        if not said:
            raise RefusedError(WRONG_MAIL)
        if self._mail.mail_from is not None:
            raise RefusedError("503 5.5.1 A mail has begun already")
        self._mail.mail_from = sender_of(said, self.house.size_limit)
        self._say("250 2.1.0 OK")

    def _rcpt(self, said: str) -> None:
        self._expect_greeting()
        if self._mail.mail_from is None:
            raise RefusedError("503 5.5.1 Say MAIL first")
        if not said:
            raise RefusedError(WRONG_RCPT)
        self._say(accept(self.house.doorway, self._mail, recipient_of(said)))

    def _data(self, said: str) -> None:
        if said:
            raise RefusedError("501 5.5.4 Syntax: DATA")
        if not self._mail.rcpt_tos:
            raise RefusedError("503 5.5.1 Say RCPT first")
        self._arriving = Arriving(self.house.size_limit)
        self._arrived_by = self._heard + PATIENCE * self.house.timeout
        self._say(_replies.GO_ON)

    def _rset(self, said: str) -> None:
        if said:
            raise RefusedError("501 5.5.4 Syntax: RSET")
        self._mail = Transaction()
        self._say("250 2.0.0 OK")

    def _noop(self, said: str) -> None:
        self._say("250 2.0.0 OK")

    def _quit(self, said: str) -> None:
        if said:
            raise RefusedError("501 5.5.4 Syntax: QUIT")
        self.abort("221 2.0.0 Bye")

    def _vrfy(self, said: str) -> None:
        self._say(_replies.NOT_TOLD)

    def _help(self, said: str) -> None:
        self._say(_replies.HELP)

    def _not_offered(self, said: str) -> None:
        raise RefusedError("502 5.5.1 Not offered here")

    def _expect_greeting(self) -> None:
        if not self._greeted:
            raise RefusedError("503 5.5.1 Say LHLO first")

    # --- TLS ---

    def _starttls(self, said: str) -> None:
        if self._secure:
            raise RefusedError("503 5.5.1 TLS is already in use")
        if said:
            raise RefusedError("501 5.5.4 Syntax: STARTTLS")
        if self.house.tls is None:
            raise RefusedError("454 4.7.0 TLS is not available")
        self._say("220 Ready to start TLS")
        self._flush()
        self._handshaking = self._deaf = True
        self._paused = False
        self._transport.pause_reading()
        self._buffer.clear()
        self._shaking = asyncio.create_task(self._shake_hands())

    async def _shake_hands(self) -> None:
        assert self.house.tls is not None  # noqa: S101 - asked before
        clear = self._transport
        # The next line puts TLS in between before anything else can be read.
        self._deaf = False
        try:
            secure = await self._loop.start_tls(clear, self, self.house.tls, server_side=True)
        except (OSError, ConnectionError):
            secure = None
        # asyncio may report a client that leaves in the midst of the handshake as a success, and nobody of its leaving.
        if secure is None or clear.is_closing():
            clear.abort()
            self.connection_lost(None)
            return
        self._transport, self._secure, self._handshaking = secure, True, False
        self._greeted, self._mail = False, Transaction()
        self._resume()


_COMMANDS: dict[str, Callable[[Receiver, str], None]] = {
    "LHLO": Receiver._lhlo,
    "EHLO": Receiver._not_here,
    "HELO": Receiver._not_here,
    "MAIL": Receiver._mail_from,
    "RCPT": Receiver._rcpt,
    "DATA": Receiver._data,
    "RSET": Receiver._rset,
    "NOOP": Receiver._noop,
    "QUIT": Receiver._quit,
    "VRFY": Receiver._vrfy,
    "EXPN": Receiver._not_offered,
    "AUTH": Receiver._not_offered,
    "HELP": Receiver._help,
    "STARTTLS": Receiver._starttls,
}
