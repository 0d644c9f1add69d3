"""A mailbox on an IMAP server: look for new mail, fetch it and file it, without marking anything read (RFC 9051)."""

from __future__ import annotations

import ssl
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from access.tokens import Tokens
from register.errors import Temporary

#: bytes fetched by one command
PIECE = 1_000_000
#: bytes of mail held in memory at once, unless a single one is larger
ARMFUL = 8_000_000
#: UIDs asked for at once: imaplib refuses an answer of more than a million bytes
WINDOW = 50_000
#: a mail that could not be fetched so often is taken in without its body
MOST_TRIES = 5
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
    #: in the place of the password
    tokens: Tokens | None
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
    #: how often the fetching of a mail has failed, by UID; the only thing here that changes
    failed: Counter[int] = field(default_factory=Counter)


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A mail as it was fetched."""

    uid: int
    content: bytes = field(repr=False)
    arrived_at: datetime | None
    #: False: only the beginning was fetched
    whole: bool

    def received_at(self, now: datetime) -> datetime:
        """When it arrived in the mailbox, which is when the school received it; never later than now."""
        if self.arrived_at is None or self.arrived_at.tzinfo is None:
            return now
        return min(self.arrived_at.astimezone(UTC), now)


class Mailbox:
    """A selected mailbox. Every call may raise IMAPClientError or OSError, after which it is of no more use."""

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

    # --- looking ----------------------------------------------------------------------------------------------------

    def uids_after(self, uid: int) -> list[int]:
        """The UIDs above this one, ascending: read or not, flagged or not."""
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
            some = uids[start : start + self._account.batch]
            facts = self._client.fetch(some, ["RFC822.SIZE", "INTERNALDATE"])
            facts |= {uid: {} for uid in self._still_there(uid for uid in some if uid not in facts)}
            sizes = {uid: known.get(b"RFC822.SIZE", 0) for uid, known in facts.items()}
            # What is over the limit stands alone in any case, and what has made trouble before too.
            most = 0 if any(self._account.failed[uid] for uid in sizes) else min(ARMFUL, self._account.size_limit)
            for group in _groups(sizes, most=most):
                yield self._fetch(group, facts)

    def _fetch(self, uids: Sequence[int], facts: dict[int, dict[bytes, Any]]) -> list[Mail]:
        failed, first = self._account.failed, uids[0]
        try:
            if facts[first].get(b"RFC822.SIZE", 0) > self._account.size_limit or failed[first] >= MOST_TRIES:
                return [self._beginning(first, facts[first])]
            mails = self._fetch_whole(uids, facts)
        except (IMAPClientError, OSError):
            failed.update(uids)
            raise
        for uid in uids:
            failed.pop(uid, None)
        return mails

    def _fetch_whole(self, uids: Sequence[int], facts: dict[int, dict[bytes, Any]]) -> list[Mail]:
        answers = self._client.fetch(uids, ["BODY.PEEK[]"])
        contents = {uid: answers.get(uid, {}).get(b"BODY[]") for uid in uids}
        if self._still_there(uid for uid, content in contents.items() if content is None):
            raise IMAPClientError("the server leaves out a mail that it has")
        return [
            Mail(uid=uid, content=content, arrived_at=facts[uid].get(b"INTERNALDATE"), whole=True)
            for uid, content in contents.items()
            if content is not None
        ]

    def _still_there(self, uids: Iterable[int]) -> list[int]:
        """Those of these that nobody has deleted meanwhile."""
        wanted = ",".join(map(str, uids))
        return list(self._client.search(["UID", wanted])) if wanted else []

    def _beginning(self, uid: int, facts: dict[bytes, Any]) -> Mail:
        """As much of a mail as may be had; a header line on top tells how large the whole is."""
        failures = self._account.failed[uid]
        content = b"X-Lyhord-Truncated: %d\r\n" % facts.get(b"RFC822.SIZE", 0)
        if failures < MOST_TRIES:
            content += b"".join(self._pieces(uid))
        elif failures == MOST_TRIES:
            content += self._client.fetch([uid], ["BODY.PEEK[HEADER]"]).get(uid, {}).get(b"BODY[HEADER]") or b""
        return Mail(uid=uid, content=content, arrived_at=facts.get(b"INTERNALDATE"), whole=False)

    def _pieces(self, uid: int) -> Iterator[bytes]:
        for start in range(0, self._account.size_limit, PIECE):
            length = min(PIECE, self._account.size_limit - start)
            answer = self._client.fetch([uid], [f"BODY.PEEK[]<{start}.{length}>"]).get(uid, {})
            piece = answer.get(b"BODY[]<%d>" % start)
            if not piece:
                return
            yield piece

    # --- filing -----------------------------------------------------------------------------------------------------

    def flag(self, uids: Sequence[int]) -> None:
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


def _groups(sizes: dict[int, int], *, most: int) -> Iterator[list[int]]:
    """UIDs in ascending order, in groups that together have at most so many bytes; a larger one stands alone."""
    group: list[int] = []
    weight = 0
    for uid, size in sorted(sizes.items()):
        if group and weight + size > most:
            yield group
            group, weight = [], 0
        group.append(uid)
        weight += size
    if group:
        yield group
