"""A mailbox on an IMAP server: log in, look, fetch, file, and wait for more (RFC 9051 and its older kin)."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError, IMAPClientAbortError, IMAPClientError, LoginError

from register.errors import Temporary

#: bytes fetched by one command
PIECE = 1_000_000
#: bytes of mail held in memory at once, unless a single one is larger
ARMFUL = 8_000_000
#: UIDs asked for at once: imaplib refuses an answer of more than a million bytes
WINDOW = 50_000
CONNECT_SECONDS = 15.0
#: set on what was taken in, where the server lets us
REGISTERED = b"$Registered"


class Trouble(Temporary):
    """The mailbox cannot be used just now, for a reason with a stable code."""

    def __init__(self, code: str, public: str, *, private: str = "") -> None:
        super().__init__(public, private=private)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Account:
    """What a worker needs to know of its mailbox."""

    host: str
    port: int
    #: tls, starttls, none
    security: str
    tls: ssl.SSLContext | None
    user: str
    password: Callable[[], str] = field(repr=False)
    mailbox: str
    done: str | None
    #: the recipient of everything in this mailbox
    address: str
    since: date | None
    poll_seconds: float
    batch: int
    size_limit: int
    timeout: float
    backoff_seconds: float


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A mail as it was fetched."""

    uid: int
    content: bytes = field(repr=False)
    arrived_at: datetime | None
    #: False: larger than the limit, only the beginning was fetched
    whole: bool


class Mailbox:
    """An open mailbox. Every call may raise IMAPClientError or OSError, after which it is of no more use."""

    def __init__(self, client: Any, account: Account) -> None:
        self._client = client
        self._account = account
        status = client.select_folder(account.mailbox)
        self.uidvalidity: int = status[b"UIDVALIDITY"]
        self._exists: int = status[b"EXISTS"]
        self._uidnext: int = status.get(b"UIDNEXT", 2**32)
        self._writable = b"READ-ONLY" not in status
        allowed = {flag.lower() for flag in status.get(b"PERMANENTFLAGS", ())}
        self._keywords = self._writable and bool(allowed & {b"\\*", REGISTERED.lower()})
        self._idle = client.has_capability("IDLE")

    # --- looking ----------------------------------------------------------------------------------------------------

    def uids_after(self, uid: int) -> list[int]:
        """The UIDs above this one, ascending: read or not, flagged or not."""
        self._was_told_of_more()
        # `n:*` always names the last message, even where its UID is below n.
        return sorted(one for one in self._search("UID", f"{uid + 1}:*", most=self._uidnext - uid) if one > uid)

    def uids_to_move(self) -> list[int]:
        """The UIDs of mails that were taken in and are still here, because they could not be moved then."""
        if not self._account.done or not self._keywords:
            return []
        # Larger ones were taken in only in part and stay where they are.
        criteria = ("KEYWORD", REGISTERED, "UNDELETED", "SMALLER", self._account.size_limit + 1)
        return self._search(*criteria, most=self._exists)

    def _search(self, *criteria: str | bytes | int, most: int) -> list[int]:
        """UIDs by criteria; in windows of sequence numbers where there may be too many for one answer."""
        since = ["SINCE", self._account.since] if self._account.since else []
        if min(most, self._exists) <= WINDOW:
            return list(self._client.search([*criteria, *since]))
        firsts = range(1, self._exists + 1, WINDOW)
        windows = [f"{first}:{min(first + WINDOW - 1, self._exists)}" for first in firsts]
        return [uid for window in windows for uid in self._client.search([window, *criteria, *since])]

    # --- fetching ---------------------------------------------------------------------------------------------------

    def armfuls(self, uids: Sequence[int]) -> Iterator[list[Mail]]:
        """Fetches the mails without marking them read, as many at a time as memory should hold."""
        for start in range(0, len(uids), self._account.batch):
            sizes = self._client.fetch(uids[start : start + self._account.batch], ["RFC822.SIZE", "INTERNALDATE"])
            for group in _groups(sizes):
                yield self._fetch(group, sizes)

    def _fetch(self, uids: Sequence[int], facts: dict[int, dict[bytes, Any]]) -> list[Mail]:
        if facts[uids[0]][b"RFC822.SIZE"] > self._account.size_limit:
            return [self._fetch_beginning(uids[0], facts[uids[0]])]
        found = self._client.fetch(uids, ["BODY.PEEK[]"])
        return [
            Mail(uid=uid, content=found[uid][b"BODY[]"], arrived_at=facts[uid].get(b"INTERNALDATE"), whole=True)
            # A mail that somebody deleted meanwhile is missing in the answer.
            for uid in uids
            if found.get(uid, {}).get(b"BODY[]") is not None
        ]

    def _fetch_beginning(self, uid: int, facts: dict[bytes, Any]) -> Mail:
        pieces = [b"X-Lyhord-Truncated: %d\r\n" % facts[b"RFC822.SIZE"]]
        for start in range(0, self._account.size_limit, PIECE):
            length = min(PIECE, self._account.size_limit - start)
            answer = self._client.fetch([uid], [f"BODY.PEEK[]<{start}.{length}>"]).get(uid, {})
            piece = answer.get(b"BODY[]<%d>" % start)
            if not piece:
                break
            pieces.append(piece)
        return Mail(uid=uid, content=b"".join(pieces), arrived_at=facts.get(b"INTERNALDATE"), whole=False)

    # --- filing -----------------------------------------------------------------------------------------------------

    def file(self, uids: Sequence[int]) -> None:
        """Flags mails that were taken in; never as read."""
        if uids and self._keywords:
            self._client.add_flags(uids, [REGISTERED], silent=True)

    def move(self, uids: Sequence[int]) -> None:
        """Moves mails that were taken in to their folder, where there is one (RFC 6851, else RFC 4315).

        Raises Trouble where the server refuses; the mails are flagged and tried again at the next login.
        """
        if not self._account.done or not self._writable:
            return
        try:
            for start in range(0, len(uids), self._account.batch):
                self._move(uids[start : start + self._account.batch], self._account.done)
        except IMAPClientAbortError:
            raise
        except IMAPClientError as error:
            raise Trouble(
                "done",
                f"Mail is registered but cannot be moved to the folder {self._account.done}; it stays where it is.",
                private=type(error).__name__,
            ) from None

    def _move(self, uids: Sequence[int], done: str) -> None:
        if self._client.has_capability("MOVE"):
            self._client.move(uids, done)
            return
        self._client.copy(uids, done)
        self._client.add_flags(uids, [b"\\Deleted"], silent=True)
        # A plain EXPUNGE would take away what others have marked as deleted.
        if self._client.has_capability("UIDPLUS"):
            self._client.uid_expunge(uids)

    # --- waiting ----------------------------------------------------------------------------------------------------

    def wait(self, stop: socket.socket, seconds: float) -> None:
        """Returns when there may be new mail, when the time is up, or when `stop` can be read."""
        if self._was_told_of_more():
            return
        if not self._idle:
            if stop not in readable(seconds, stop, self._client.socket()):
                self._client.noop()
            return
        self._client.idle()
        if not self._has_more():
            self._watch(stop, time.monotonic() + seconds)
        # Without a limit a server that has gone silent would hold us here for ever.
        self._client.socket().settimeout(min(CONNECT_SECONDS, self._account.timeout))
        self._client.idle_done()
        self._client.socket().settimeout(self._account.timeout)

    def _was_told_of_more(self) -> bool:
        """True where the server told of new mail since the last call, in its answer to some other command.

        It does so only once, and IMAPClient keeps it to itself.
        """
        return bool(self._client._imap.response("EXISTS")[1] != [None])

    def _has_more(self) -> bool:
        """True where more than `+ idling` was read: new mail told of in the same breath, which no poll will show."""
        line = self._client.socket()
        line.setblocking(False)
        try:
            return bool(self._client._imap.file.peek(1))
        except OSError:
            return False
        finally:
            line.settimeout(self._account.timeout)

    def _watch(self, stop: socket.socket, end: float) -> None:
        line = self._client.socket()
        while (left := end - time.monotonic()) > 0:
            ready = readable(left, stop, line)
            if stop in ready:
                return
            if line in ready and self._heard(line):
                return

    def _heard(self, line: socket.socket) -> bool:
        """True where the server tells of new mail. IMAPClient says nothing of a closed connection: look below it."""
        if not socket.socket.recv(line, 1, socket.MSG_PEEK):
            raise IMAPClientAbortError("closed by the server")
        words = [answer[1] if len(answer) > 1 else None for answer in self._client.idle_check(timeout=0)]
        return b"EXISTS" in words or b"RECENT" in words

    def cut(self) -> None:
        """Breaks the connection from another thread: whatever this one is waiting for fails at once."""
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._client.socket(), socket.SHUT_RDWR)


@contextlib.contextmanager
def opened(account: Account) -> Iterator[Mailbox]:
    """A mailbox that is logged in and selected; raises Trouble where that is not possible."""
    client = _connected(account)
    try:
        _login(client, account)
        yield _selected(client, account)
    finally:
        with contextlib.suppress(OSError, IMAPClientError):
            client.shutdown()


def _connected(account: Account) -> Any:
    try:
        client = IMAPClient(
            account.host,
            account.port,
            ssl=account.security == "tls",
            ssl_context=account.tls,
            timeout=SocketTimeout(connect=min(CONNECT_SECONDS, account.timeout), read=account.timeout),
        )
    except (OSError, IMAPClientError) as error:
        raise _no_connection(account, error) from None
    # Times with their time zone.
    client.normalise_times = False
    if account.security == "starttls":
        _secure(client, account)
    return client


def _secure(client: Any, account: Account) -> None:
    try:
        client.starttls(account.tls)
    except (OSError, IMAPClientError) as error:
        client.shutdown()
        raise _no_connection(account, error) from None


def _login(client: Any, account: Account) -> None:
    password = account.password()
    plain = client.has_capability("AUTH=PLAIN") and not (account.user + password).isascii()
    try:
        # LOGIN knows ASCII only.
        (client.plain_login if plain else client.login)(account.user, password)
    except LoginError as error:
        # IMAPClient calls it a refused login too when the server was lost in the middle of it, or has no time.
        if isinstance(error.__context__, IMAPClientAbortError) or "[UNAVAILABLE]" in str(error):
            raise _unreachable(account, error) from None
        raise Trouble(
            "login_refused",
            f"The mail server {account.host} refuses the login; check user and password of this mailbox.",
        ) from None
    except UnicodeEncodeError:
        raise Trouble(
            "login_refused", f"The mail server {account.host} takes passwords in ASCII letters only; choose another."
        ) from None


def _selected(client: Any, account: Account) -> Mailbox:
    try:
        if account.done and not client.folder_exists(account.done):
            client.create_folder(account.done)
            client.subscribe_folder(account.done)
        return Mailbox(client, account)
    except IMAPClientAbortError:
        raise
    except IMAPClientError as error:
        missing = f"The mail server {account.host} has no folder {account.mailbox}, or cannot make {account.done}."
        raise Trouble("mailbox_missing", missing, private=type(error).__name__) from None


def _no_connection(account: Account, error: Exception) -> Trouble:
    ended = isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError | ssl.SSLSyscallError)
    if not isinstance(error, ssl.SSLError | CapabilityError) or ended:
        return _unreachable(account, error)
    return Trouble(
        "tls",
        f"The TLS of the mail server {account.host} cannot be trusted; check host, port, security and tls_ca.",
        private=getattr(error, "verify_message", "") or type(error).__name__,
    )


def _unreachable(account: Account, error: Exception) -> Trouble:
    return Trouble("unreachable", f"The mail server {account.host} cannot be reached.", private=type(error).__name__)


def readable(seconds: float, *lines: socket.socket) -> list[socket.socket]:
    """Waits until one of these can be read or is closed; returns which."""
    poll = select.poll()
    for line in lines:
        poll.register(line, select.POLLIN | select.POLLHUP | select.POLLERR)
    found = {number for number, _ in poll.poll(seconds * 1000)}
    return [line for line in lines if line.fileno() in found]


def _groups(facts: dict[int, dict[bytes, Any]]) -> Iterator[list[int]]:
    """UIDs in ascending order, in groups that together are no larger than an armful."""
    group: list[int] = []
    weight = 0
    for uid in sorted(facts):
        size = facts[uid][b"RFC822.SIZE"]
        if group and weight + size > ARMFUL:
            yield group
            group, weight = [], 0
        group.append(uid)
        weight += size
    if group:
        yield group


def arrived(mail: Mail, now: datetime) -> datetime:
    """When the mail arrived in the mailbox, which is when the school received it; never later than now."""
    return min(mail.arrived_at.astimezone(UTC), now) if mail.arrived_at and mail.arrived_at.tzinfo else now
