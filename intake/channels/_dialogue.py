"""One SMTP or LMTP connection: aiosmtpd's dialogue with what it lacks, and its way into the spool."""

from __future__ import annotations

import asyncio
import collections
import hashlib
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from intake.channels import Doorway, _replies
from intake.channels._path import parse_path
from register.errors import Fault
from register.records import RawMessage

#: a stream buffer holds at most twice this much before the sender is made to wait
BUFFER = 64 * 1024
MOST_RECIPIENTS = 100
END = b".\r\n"

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


@dataclass(kw_only=True)
class House:
    """What all connections of one listener share."""

    kind: str
    hostname: str
    size_limit: int
    most: int
    most_per_address: int
    timeout: float
    doorway: Doorway
    tls: ssl.SSLContext | None
    require_tls: bool
    open: set[Dialogue] = field(default_factory=set)
    #: commits in flight; they outlive the connection that asked for them
    commits: set[asyncio.Future[list[str]]] = field(default_factory=set)
    closing: bool = False

    def full_for(self, address: str) -> bool:
        """True where one more connection from this address would be too many."""
        return len(self.open) >= self.most or sum(one.address == address for one in self.open) >= self.most_per_address


class Transaction(Envelope):
    """One mail on its way in: besides the envelope, which organisation claims each accepted recipient."""

    def __init__(self) -> None:
        super().__init__()
        self.organisations: dict[str, str] = {}

    def groups(self) -> dict[str, tuple[str, ...]]:
        """The accepted recipients by the organisation that claims them, without repeats, in the order given."""
        groups: dict[str, list[str]] = {}
        for address, organisation in self.organisations.items():
            groups.setdefault(organisation, []).append(address)
        return {organisation: tuple(addresses) for organisation, addresses in groups.items()}


class Dialogue(SMTP):
    """An SMTP connection. Says 250 to a mail only after the spool has it."""

    # Class attribute of aiosmtpd: the limit of its stream reader. Mail lines may be longer, see `_content`.
    line_length_limit = BUFFER
    # Commands with SMTPUTF8 addresses are longer than RFC 5321's 512.
    command_size_limit = 2048
    #: one reply to a mail, or one for each recipient (RFC 2033 4.2)
    reply_per_recipient = False
    envelope: Transaction
    session: Session
    transport: asyncio.Transport | None

    def __init__(self, house: House) -> None:
        # aiosmtpd shares this table between all connections and lets it grow; each gets its own, fixed one.
        self.command_size_limits = collections.defaultdict(lambda: self.command_size_limit)
        self.house = house
        self.address = ""
        #: between the command DATA and the reply to the mail
        self.busy = False
        self._committing = False
        self._half_closed = False
        #: done once the connection is closed
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        super().__init__(
            self,
            data_size_limit=house.size_limit,
            enable_SMTPUTF8=True,
            hostname=house.hostname,
            ident=f"{'L' if self.reply_per_recipient else 'ES'}MTP Lyhord",
            tls_context=house.tls,
            timeout=house.timeout,
            auth_exclude_mechanism=["LOGIN", "PLAIN"],
            command_call_limit={"*": 50, "MAIL": 10_000, "RCPT": 100_000, "DATA": 10_000, "RSET": 10_000, "NOOP": 1000},
            loop=asyncio.get_running_loop(),
        )

    # --- the connection ---------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Admits the connection, or turns it away where there are too many. STARTTLS calls this a second time."""
        if self not in self.house.open:
            peer = transport.get_extra_info("peername")
            self.address = str(peer[0]) if peer else "unix"
            if self.house.closing or self.house.full_for(self.address):
                _turn_away(transport)
                return
            self.house.open.add(self)
        super().connection_made(transport)
        if self._handler_coroutine is not None:
            self._handler_coroutine.add_done_callback(_forget)

    def connection_lost(self, error: Exception | None) -> None:
        """Ends the dialogue; a commit in flight goes on."""
        self.house.open.discard(self)
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
            self.abort(_replies.SHUTTING_DOWN)

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

    def _timeout_cb(self) -> None:
        self.abort(_replies.TIMEOUT)

    # --- commands ---------------------------------------------------------------------------------------------------

    def _create_envelope(self) -> Transaction:
        return Transaction()

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        return parse_path(arg)

    async def push(self, status: str | bytes) -> None:
        """Sends a reply, with the enhanced status code that RFC 2034 wants and aiosmtpd leaves out."""
        text = status if isinstance(status, str) else status.decode()
        await super().push(_replies.enhanced(text))

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802 - aiosmtpd finds commands by this name
        """EHLO and LHLO: what we can do. AUTH and CHUNKING are not offered."""
        if not hostname:
            await self.push("501 Syntax: EHLO hostname")
            return
        self.envelope = self._create_envelope()
        self.session.extended_smtp = True
        self.session.host_name = hostname
        offers = [self.hostname, "PIPELINING", f"SIZE {self.house.size_limit}", "8BITMIME", "SMTPUTF8"]
        offers += ["STARTTLS"] if self.house.tls and not self._tls_protocol else []
        lines = [f"250-{offer}" for offer in offers] + ["250 ENHANCEDSTATUSCODES"]
        await super().push("\r\n".join(lines))

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds commands by this name
        """STARTTLS, once (RFC 3207 4.2)."""
        if self._tls_protocol:
            await self.push("503 TLS is already in use")
            return
        await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds commands by this name
        """AUTH is not offered: nobody sends mail onwards through here."""
        await self.push("502 AUTH is not offered")

    async def smtp_VRFY(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds commands by this name
        """VRFY tells nothing about who can be reached."""
        await self.push("252 2.5.2 Send some mail, we will try")

    async def smtp_HELP(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds commands by this name
        """HELP points to the standard."""
        await self.push("214 2.0.0 See RFC 5321 and RFC 2033")

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd finds commands by this name
        """MAIL: refused before STARTTLS where the settings require it; aiosmtpd would refuse LHLO then."""
        if self.house.require_tls and not self._tls_protocol:
            await self.push("530 5.7.0 Must issue a STARTTLS command first")
            return
        await super().smtp_MAIL(arg)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd finds hooks by this name
        self, _server: object, _session: object, envelope: Transaction, address: str, _options: list[str]
    ) -> str:
        """RCPT: taken where an organisation claims the address."""
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        organisation = self.house.doorway.claimed_by(address)
        if organisation is None:
            return "550 5.1.1 No such recipient here"
        envelope.rcpt_tos.append(address)
        envelope.organisations[address] = organisation
        return "250 2.1.5 OK"

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds commands by this name
        """DATA: reads the mail, hands it to the spool, and answers.

        Written anew: aiosmtpd keeps a line without end in memory, refuses long ones and answers LMTP only once.
        """
        if not self.envelope.rcpt_tos or arg:
            await self.push("501 Syntax: DATA" if arg else "503 Error: need RCPT command")
            return
        self.busy = True
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        try:
            replies = await self._replies()
        except TimeoutError:
            await self._end(_replies.TIMEOUT)
        finally:
            self.busy = False
            self.envelope = self._create_envelope()
        await self.push("\r\n".join(replies))
        if self._half_closed or self.house.closing:
            await self._end(_replies.SHUTTING_DOWN)

    async def _end(self, reply: str) -> None:
        """Ends the dialogue from within: nothing that is still in the buffer is taken for a command."""
        self.abort(reply)
        await asyncio.sleep(0)

    async def handle_exception(self, error: Exception) -> str:
        """Any fault of ours is a 451, so that the sender keeps the mail; the text of the error stays here."""
        log.error("dialogue failed", action="receive", channel=self.house.kind, error=type(error).__name__)
        return _replies.NOT_NOW

    # --- the mail ---------------------------------------------------------------------------------------------------

    async def _replies(self) -> list[str]:
        # The sum of all waits is bounded too: a client that sends a byte now and then does not hold its place for ever.
        async with asyncio.timeout(10 * self.house.timeout):
            content = await self._content()
        if content is None:
            return [_replies.TOO_BIG] * (len(self.envelope.rcpt_tos) if self.reply_per_recipient else 1)
        commit = asyncio.ensure_future(self._commit(self.envelope, content))
        self.house.commits.add(commit)
        commit.add_done_callback(self.house.commits.discard)
        self._committing = True
        try:
            return await asyncio.shield(commit)
        finally:
            self._committing = False

    async def _content(self) -> bytes | None:
        """The mail up to the line with a single dot (RFC 5321 4.1.1.4), or None where it is over the size limit.

        Only CRLF . CRLF ends it. What is over the limit is read and forgotten, so that the client gets its 552.
        """
        pieces: list[bytes] = []
        size, tail = 0, b"\r\n"
        while True:
            piece, complete = await self._piece()
            size += len(piece)
            tail = (tail + piece)[-5:]
            if size <= self.house.size_limit + len(END):
                pieces.append(piece)
            else:
                pieces.clear()
            if complete and tail == b"\r\n" + END:
                break
        if size - len(END) > self.house.size_limit:
            return None
        # A line that begins with a dot was sent with one more (RFC 5321 4.5.2).
        return b"".join(pieces).removesuffix(END).removeprefix(b".").replace(b"\r\n.", b"\r\n")

    async def _piece(self) -> tuple[bytes, bool]:
        """The next bytes; True where they end in what may be the end of the mail."""
        try:
            piece = await self._reader.readuntil(END)
        except asyncio.LimitOverrunError as error:
            piece, complete = await self._reader.read(error.consumed), False
        else:
            complete = True
        self._reset_timeout()
        return piece, complete

    async def _commit(self, envelope: Transaction, content: bytes) -> list[str]:
        groups = envelope.groups()
        outcomes = await asyncio.gather(
            *(self._take(organisation, recipients, envelope, content) for organisation, recipients in groups.items()),
            return_exceptions=True,
        )
        replies = dict(zip(groups, map(self._reply, outcomes), strict=True))
        if self.reply_per_recipient:
            return [replies[envelope.organisations[address]] for address in envelope.rcpt_tos]
        # One reply for all: where one group failed the client sends again, and the spool knows the others.
        return [next((reply for reply in replies.values() if reply != _replies.TAKEN), _replies.TAKEN)]

    async def _take(
        self, organisation: str, recipients: tuple[str, ...], envelope: Transaction, content: bytes
    ) -> None:
        sender = envelope.mail_from or ""
        raw = RawMessage(
            channel=self.house.kind,
            external_id=external_id(content, organisation, recipients),
            content=content,
            received_at=datetime.now(UTC),
            recipients=recipients,
            envelope_from="" if sender == "<>" else sender,
            organisation=organisation,
        )
        await self.house.doorway.receive(raw)

    def _reply(self, outcome: BaseException | None) -> str:
        if outcome is None:
            return _replies.TAKEN
        private = outcome.private if isinstance(outcome, Fault) else ""
        log.error("not taken in", action="receive", channel=self.house.kind, error=type(outcome).__name__, why=private)
        return _replies.NOT_NOW


class LmtpDialogue(Dialogue):
    """An LMTP connection (RFC 2033): LHLO instead of EHLO, and after the mail one reply for every recipient."""

    reply_per_recipient = True

    async def smtp_LHLO(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds commands by this name
        """The greeting of LMTP."""
        await super().smtp_EHLO(arg)

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802 - aiosmtpd finds commands by this name
        """EHLO is no command of LMTP."""
        await self.push("500 Error: this is LMTP, say LHLO")

    async def smtp_HELO(self, hostname: str) -> None:  # noqa: N802 - aiosmtpd finds commands by this name
        """HELO is no command of LMTP."""
        await self.smtp_EHLO(hostname)


def external_id(content: bytes, organisation: str, recipients: tuple[str, ...]) -> str:
    """What a repeated delivery has in common with the first: SHA-256 over content, organisation and recipients."""
    to = ",".join(sorted(recipients))
    return hashlib.sha256(content + f":{organisation}:{to}".encode()).hexdigest()


def _turn_away(transport: Any) -> None:
    transport.write(_replies.TOO_MANY.encode() + b"\r\n")
    # From here on nothing of this connection concerns the dialogue any more.
    transport.set_protocol(asyncio.Protocol())
    transport.close()


def _forget(task: asyncio.Future[None]) -> None:
    """Looks at how a dialogue ended, which asyncio would otherwise report as never looked at."""
    if not task.cancelled():
        task.exception()
