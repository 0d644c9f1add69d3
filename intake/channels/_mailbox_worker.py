"""The thread that attends to one mailbox: takes in what is new, files it, waits, and mends its connection."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import socket
from collections.abc import Awaitable, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any, TypeVar

import structlog
from imapclient.exceptions import IMAPClientError

from intake.channels import Doorway
from intake.channels._mailbox import Account, Mail, Mailbox, Trouble
from intake.channels._mailbox_login import connected, selected
from intake.channels._mailbox_wait import Waiting, cut, readable
from register.errors import Temporary
from register.records import RawMessage

#: refused logins wait this many times longer, so that no account is locked
REFUSED = 30
LONGEST_PAUSE = 600.0
#: connections lost in a row before it is called trouble
LOSSES = 3
NOT_REGISTERED = "Mail cannot be registered just now; it stays in the mailbox."

T = TypeVar("T")
log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class Worker:
    """Runs in its own thread; only `stop` and `cut` are called from another."""

    def __init__(self, account: Account, doorway: Doorway, loop: asyncio.AbstractEventLoop) -> None:
        self._account = account
        self._doorway = doorway
        self._loop = loop
        self._wake, self._waker = socket.socketpair()
        self._stopping = False
        self._client: Any = None
        self._call: Future[Any] | None = None
        self._organisation = doorway.claimed_by(account.address)
        #: the code of the trouble that was told; None while all is well; `start` before the first login
        self._trouble: str | None = "start"
        self._failures = self._losses = 0
        self._uidvalidity = self._uid = 0
        #: some mail could not be moved
        self._unmoved = False

    # --- from outside -----------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Ends the work after the mails in hand; a wait ends at once."""
        self._stopping = True
        with contextlib.suppress(OSError):
            self._waker.send(b"x")

    def cut(self) -> None:
        """Breaks off whatever is being waited for."""
        if self._client is not None:
            cut(self._client)
        if self._call is not None:
            self._call.cancel()

    # --- in the thread ----------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Attends to the mailbox until `stop`."""
        with self._wake, self._waker:
            while not self._stopping:
                self._attempt()
                self._pause()

    def _attempt(self) -> None:
        try:
            with connected(self._account) as self._client:
                self._attend(selected(self._client, self._account))
        except Trouble as trouble:
            self._tell(trouble)
        except (IMAPClientError, OSError) as error:
            self._lost(error)
        finally:
            self._client = None

    def _attend(self, mailbox: Mailbox) -> None:
        waiting = Waiting(self._client, timeout=self._account.timeout)
        self._start(mailbox.uidvalidity)
        self._move(mailbox, mailbox.uids_to_move())
        while not self._stopping:
            waiting.forget()
            try:
                self._drain(mailbox)
            except Temporary as fault:
                self._tell(Trouble("register", NOT_REGISTERED, private=fault.private))
                self._pause()
                continue
            self._failures = self._losses = 0
            self._doorway.seen()
            if not self._unmoved:
                self._well()
            waiting.wait(self._wake, self._account.poll_seconds)

    def _start(self, uidvalidity: int) -> None:
        """Finds out where to go on; from the beginning where the server has numbered anew (RFC 9051 2.3.1.1)."""
        if self._stopping:
            return
        cursor = self._on_loop(self._doorway.cursor()) or ""
        validity, _, uid = cursor.partition(":")
        known = validity == str(uidvalidity) and uid.isdecimal()
        self._uidvalidity, self._uid = uidvalidity, int(uid) if known else 0
        if self._trouble != "register" and not self._losses:
            self._well()

    def _drain(self, mailbox: Mailbox) -> None:
        """Takes in everything above the last UID; raises Temporary where the register does not take it."""
        for mails in mailbox.armfuls(mailbox.uids_after(self._uid)):
            if self._stopping:
                return
            outcomes = self._on_loop(self._receive(mails))
            taken = [mail for mail, outcome in zip(mails, outcomes, strict=True) if outcome is None]
            mailbox.flag([mail.uid for mail in taken])
            self._move(mailbox, [mail.uid for mail in taken if mail.whole])
            before = itertools.takewhile(lambda pair: pair[1] is None, zip(mails, outcomes, strict=True))
            self._advance([mail.uid for mail, _ in before])
            if len(taken) < len(mails):
                raise Temporary(NOT_REGISTERED, private=_kinds(outcomes))

    def _advance(self, uids: Sequence[int]) -> None:
        """Remembers how far we are: up to the first mail that the register did not take."""
        if uids:
            self._uid = uids[-1]
            self._on_loop(self._doorway.set_cursor(f"{self._uidvalidity}:{self._uid}"))

    def _move(self, mailbox: Mailbox, uids: Sequence[int]) -> None:
        if not uids:
            return
        try:
            mailbox.move(uids)
            self._unmoved = False
        except Trouble as trouble:
            # What matters is done: it is registered.
            self._unmoved = True
            self._tell(trouble)

    async def _receive(self, mails: Sequence[Mail]) -> list[BaseException | None]:
        # At once, so that they share one commit.
        raws = [self._raw(mail, datetime.now(UTC)) for mail in mails]
        outcomes = await asyncio.gather(*(self._doorway.receive(raw) for raw in raws), return_exceptions=True)
        return [outcome if isinstance(outcome, BaseException) else None for outcome in outcomes]

    def _raw(self, mail: Mail, now: datetime) -> RawMessage:
        account = self._account
        return RawMessage(
            channel="imap",
            external_id=f"{account.user}@{account.host}/{account.mailbox}/{self._uidvalidity}/{mail.uid}",
            content=mail.content,
            received_at=mail.received_at(now),
            recipients=(account.address,),
            organisation=self._organisation,
        )

    # --- trouble ----------------------------------------------------------------------------------------------------

    def _tell(self, trouble: Trouble) -> None:
        """Tells of a trouble once, however often it is met."""
        self._failures += 1
        if self._trouble == trouble.code or self._stopping:
            return
        self._trouble = trouble.code
        log.warning(
            "mailbox trouble", action="reconnect", channel=self._doorway.name, code=trouble.code, why=trouble.private
        )
        self._on_loop(self._doorway.trouble(trouble.code, trouble.public))

    def _lost(self, error: Exception) -> None:
        """A connection that is lost now and then is no trouble as long as it comes back."""
        self._losses += 1
        log.info("connection lost", action="reconnect", channel=self._doorway.name, error=type(error).__name__)
        if self._losses >= LOSSES:
            self._tell(Trouble("unreachable", f"The mail server {self._account.host} breaks the connection."))

    def _well(self) -> None:
        if self._trouble is not None:
            self._trouble = None
            self._on_loop(self._doorway.opened())

    def _pause(self) -> None:
        base = self._account.backoff_seconds * (REFUSED if self._trouble in ("login_refused", "token_refused") else 1)
        seconds = min(base * 2 ** min(max(self._failures, self._losses, 1) - 1, 30), LONGEST_PAUSE)
        # Jitter, so that many mailboxes do not come back to a server in the same moment.
        readable(seconds * random.uniform(1, 1.5), self._wake)  # noqa: S311 - no secret

    def _on_loop(self, work: Awaitable[T]) -> T:
        """Runs a coroutine on the program's loop and waits for it."""
        self._call = asyncio.run_coroutine_threadsafe(_awaited(work), self._loop)
        try:
            result: T = self._call.result()
        finally:
            self._call = None
        return result


async def _awaited(work: Awaitable[T]) -> T:
    return await work


def _kinds(outcomes: Sequence[BaseException | None]) -> str:
    return ", ".join(sorted({type(outcome).__name__ for outcome in outcomes if outcome is not None}))
