"""One SMTP or LMTP connection: aiosmtpd's dialogue, with what it lacks and without what it gets wrong."""

from __future__ import annotations

import asyncio
import collections
import logging

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from intake.channels import _replies
from intake.channels._content import read_content
from intake.channels._delivery import Transaction, accept, deliver
from intake.channels._house import BUFFER, LONGEST_COMMAND, OFTEN, PATIENCE, House
from intake.channels._path import parse_path

# aiosmtpd logs every command line at INFO, addresses included, and hostile words as warnings.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)
log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class Enveloped(Transaction, Envelope):
    """A transaction with what aiosmtpd writes down besides."""

    def __init__(self) -> None:
        Envelope.__init__(self)
        Transaction.__init__(self)


class Connection(SMTP):
    """The life of a connection, from being let in to being let go."""

    # Class attribute of aiosmtpd: the limit of its stream reader.
    line_length_limit = BUFFER
    envelope: Enveloped
    session: Session
    transport: asyncio.Transport | None
    _original_transport: asyncio.Transport | None

    def __init__(self, house: House, ident: str) -> None:
        self.house = house
        self.address = ""
        #: between the command DATA and the reply to the mail
        self.busy = False
        self._committing = False
        self._half_closed = False
        #: done once the connection is closed
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # aiosmtpd shares this table between all connections and lets it grow; here each has its own, which does not.
        self.command_size_limit = LONGEST_COMMAND
        self.command_size_limits = collections.defaultdict(lambda: self.command_size_limit)
        super().__init__(
            self,
            data_size_limit=house.size_limit,
            enable_SMTPUTF8=True,
            hostname=house.hostname,
            ident=ident,
            tls_context=house.tls,
            timeout=house.timeout,
            auth_exclude_mechanism=["LOGIN", "PLAIN"],
            command_call_limit=OFTEN,
            loop=asyncio.get_running_loop(),
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Admits the connection, or turns it away where there are too many. STARTTLS calls this a second time."""
        if self not in self.house.open and not self.house.lets_in(self, transport):
            return
        super().connection_made(transport)
        if self.task is not None:
            self.task.add_done_callback(_look_at)

    def connection_lost(self, error: Exception | None) -> None:
        """Ends the dialogue; a commit in flight goes on."""
        self.house.open.discard(self)
        # Where a TLS handshake fails, this may be called more than once.
        if not self.gone.done():
            self.gone.set_result(None)
        super().connection_lost(error)

    def eof_received(self) -> bool | None:
        """A client that closes its side while we commit still gets its reply; any other has nothing more to say."""
        if self._committing and self.session.ssl is None:
            self._half_closed = True
            return True
        return super().eof_received()

    @property
    def task(self) -> asyncio.Task[None] | None:
        """The running dialogue."""
        return self._handler_coroutine

    def stop(self) -> None:
        """Says farewell at once, or after the mail that is just being received."""
        if not self.busy:
            self.abort(_replies.CLOSING)

    def abort(self, reply: str) -> None:
        """Writes a last reply and closes, whatever the client is doing."""
        if self.transport is not None:
            self._writer.write(reply.encode() + b"\r\n")
            self.transport.close()
        if self.task is not None:
            self.task.cancel()

    def cut(self) -> None:
        """Closes without waiting for a client that does not read."""
        if self.transport is not None:
            self.transport.abort()

    async def _end(self, reply: str) -> None:
        """Ends the dialogue from within: nothing that is still in the buffer is taken for a command."""
        self.abort(reply)
        await asyncio.sleep(0)

    def _timeout_cb(self) -> None:
        # While we write it is not the client who is slow.
        if self._committing:
            self._reset_timeout()
        else:
            self.abort(_replies.TIMEOUT)

    async def push(self, status: str | bytes) -> None:
        """Sends a reply, with the enhanced status code that RFC 2034 wants and aiosmtpd leaves out."""
        text = status if isinstance(status, str) else status.decode()
        await super().push(_replies.writable(_replies.enhanced(text)))

    async def handle_exception(self, error: Exception) -> str:
        """Any fault of ours is a 451, so that the client keeps the mail; the text of the error stays here."""
        log.error("dialogue failed", action="receive", channel=self.house.kind, error=type(error).__name__)
        return _replies.NOT_NOW


# The names of commands are aiosmtpd's: it finds them by `smtp_` and the word in capitals.
# ruff: noqa: N802
class Dialogue(Connection):
    """The commands of SMTP. A mail is answered with 250 only after the spool has it."""

    #: one reply to a mail, or one for each recipient (RFC 2033 4.2)
    reply_per_recipient = False
    protocol = "ESMTP"

    def __init__(self, house: House) -> None:
        super().__init__(house, f"{self.protocol} Lyhord")

    def _create_envelope(self) -> Enveloped:
        return Enveloped()

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        return parse_path(arg)

    async def smtp_EHLO(self, hostname: str) -> None:
        """EHLO and LHLO: what we can do."""
        if not hostname:
            await self.push("501 Syntax: EHLO hostname")
            return
        self.envelope = self._create_envelope()
        self.session.extended_smtp = True
        self.session.host_name = hostname
        tls = self.house.tls is not None and not self._tls_protocol
        await self.push(_replies.offers(self.house.hostname, self.house.size_limit, tls=tls))

    async def smtp_STARTTLS(self, arg: str) -> None:
        """STARTTLS, once (RFC 3207 4.2)."""
        if self._tls_protocol:
            await self.push("503 TLS is already in use")
            return
        await super().smtp_STARTTLS(arg)
        # asyncio reports a client that leaves in the midst of the handshake as a success, and nobody of its leaving.
        if self._tls_protocol and self.session.ssl is None and self._original_transport is not None:
            self._original_transport.abort()
            self.connection_lost(None)

    async def smtp_AUTH(self, arg: str) -> None:
        """AUTH is not offered: nobody sends mail onwards through here."""
        await self.push("502 AUTH is not offered")

    async def smtp_VRFY(self, arg: str) -> None:
        """VRFY tells nothing about who can be reached."""
        await self.push(_replies.NOT_TOLD)

    async def smtp_HELP(self, arg: str) -> None:
        """HELP points to the standards."""
        await self.push(_replies.HELP)

    async def smtp_MAIL(self, arg: str | None) -> None:
        """MAIL: refused before STARTTLS where the settings require it; aiosmtpd would refuse even LHLO then."""
        if self.house.require_tls and not self._tls_protocol:
            await self.push(_replies.TLS_FIRST)
            return
        await super().smtp_MAIL(arg)

    async def handle_RCPT(
        self, _server: object, _session: object, envelope: Transaction, address: str, _options: list[str]
    ) -> str:
        """RCPT: taken where an organisation claims the address."""
        return accept(self.house.doorway, envelope, address)

    async def smtp_DATA(self, arg: str) -> None:
        """DATA: reads the mail, hands it to the spool, and answers.

        Written anew: aiosmtpd keeps a line without end in memory, refuses long ones and answers LMTP only once.
        """
        if not self.envelope.rcpt_tos or arg:
            await self.push("501 Syntax: DATA" if arg else "503 Error: need RCPT command")
            return
        self.busy = True
        try:
            await self.push(_replies.GO_ON)
            replies = await self._receive()
            await self.push("\r\n".join(replies))
        except TimeoutError:
            await self._end(_replies.TIMEOUT)
        finally:
            self.busy = False
            self.envelope = self._create_envelope()
        if self._half_closed or self.house.closing:
            await self._end(_replies.CLOSING)

    async def _receive(self) -> list[str]:
        # A client that sends a byte now and then does not hold its place for ever.
        async with asyncio.timeout(PATIENCE * self.house.timeout):
            content = await read_content(self._reader, limit=self.house.size_limit, heard=self._reset_timeout)
        if content is None:
            return self._one_or_each([_replies.TOO_BIG] * len(self.envelope.rcpt_tos))
        commit = asyncio.create_task(deliver(self.house.doorway, self.house.kind, self.envelope, content))
        self.house.commits.add(commit)
        commit.add_done_callback(self.house.commits.discard)
        self._committing = True
        try:
            # A client that goes away cancels the dialogue, not the commit.
            return self._one_or_each(await asyncio.shield(commit))
        finally:
            self._committing = False

    def _one_or_each(self, replies: list[str]) -> list[str]:
        """SMTP has one reply: where one group failed the client sends again, and the spool knows the others."""
        if self.reply_per_recipient:
            return replies
        return [next((reply for reply in replies if reply != _replies.TAKEN), _replies.TAKEN)]


class LmtpDialogue(Dialogue):
    """The commands of LMTP (RFC 2033): LHLO instead of EHLO, and after the mail one reply for every recipient."""

    reply_per_recipient = True
    protocol = "LMTP"

    async def smtp_LHLO(self, arg: str) -> None:
        """The greeting of LMTP."""
        await super().smtp_EHLO(arg)

    async def smtp_EHLO(self, hostname: str) -> None:
        """EHLO is no command of LMTP."""
        await self.push("500 Error: this is LMTP, say LHLO")

    async def smtp_HELO(self, hostname: str) -> None:
        """HELO is no command of LMTP."""
        await self.smtp_EHLO(hostname)


def _look_at(task: asyncio.Future[None]) -> None:
    """Looks at how a dialogue ended, which asyncio would otherwise report as never looked at."""
    if not task.cancelled():
        task.exception()
