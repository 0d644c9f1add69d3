"""IMAP: the mail of one mailbox, taken in as it arrives and left as it was, except that it is filed afterwards."""

from __future__ import annotations

import asyncio
import ssl
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from access.oauth import OAuth
from access.secrets import needed
from access.tokens import Tokens
from intake.channels import Doorway
from intake.channels._mailbox import Account
from intake.channels._mailbox_login import look_in
from intake.channels._mailbox_worker import Worker
from intake.channels._trust import MailSettings
from register.errors import BadSettings
from register.records import RawMessage, Submission

#: seconds that the thread gets to finish the mail in hand before its connection is cut, and to end after that
GRACE = 2.0


class Settings(MailSettings):
    """A `[[channels]]` table with kind imap."""

    kind: Literal["imap"] = "imap"
    host: str = Field(min_length=1)
    port: int = Field(default=993, ge=1, le=65535)
    security: Literal["tls", "starttls", "none"] = "tls"
    #: certificates that are trusted instead of the system's, in PEM
    tls_ca: Path | None = None
    user: str = Field(min_length=1)
    password_env: str | None = None
    password_file: Path | None = None
    #: login by token in the place of a password
    oauth: OAuth | None = None
    mailbox: str = "INBOX"
    #: folder for what was taken in, made where it is missing; absent: only flagged
    done: str | None = None
    #: the mailbox's mail address, where `user` is none
    address: str | None = None
    #: mail that arrived before this day is left alone
    since: date | None = None
    #: the longest pause between two looks; a server with IDLE tells us sooner
    poll_seconds: float = Field(default=60, gt=0, le=1500)
    #: mails fetched and written at once
    batch: int = Field(default=50, ge=1, le=1000)
    #: bytes; of a larger mail the beginning is taken in, and it stays where it is
    size_limit: int = Field(default=35_000_000, ge=1)
    #: seconds without an answer of the server
    timeout: float = Field(default=60, gt=0)
    #: the first pause after a lost connection, doubled each time; thirty times as long after a refused login
    backoff_seconds: float = Field(default=1, gt=0)

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if "@" not in (self.address or self.user):
            raise ValueError("user is no mail address: write the mailbox's own as address")
        if self.oauth and (self.password_env or self.password_file):
            raise ValueError("write oauth or a password, not both")
        if not self.oauth and not self.password_env and not self.password_file:
            raise ValueError("the password is missing: write password_env or password_file, or oauth")
        if self.done == self.mailbox:
            raise ValueError("done is the mailbox itself: write another folder")
        return self


class Channel:
    """Watches a mailbox in a thread of its own until it is cancelled."""

    for_one_process = True

    def __init__(self, settings: Settings, doorway: Doorway) -> None:
        self.settings = settings
        self.doorway = doorway
        # Said at the start, not when the first mail should come.
        if settings.oauth is None:
            _password(settings)

    async def run(self) -> None:
        """Receives until cancelled. Mends its own connection; raises BadSettings where it never can."""
        worker = Worker(_account(self.settings), self.doorway, asyncio.get_running_loop())
        threads = ThreadPoolExecutor(1, thread_name_prefix="imap")
        ended = asyncio.get_running_loop().run_in_executor(threads, worker.run)
        try:
            await asyncio.wait({ended})
        finally:
            worker.stop()
            if (await asyncio.wait({ended}, timeout=GRACE))[1]:
                worker.cut()
                await asyncio.wait({ended}, timeout=GRACE)
            threads.shutdown(wait=False)
            # A fault that came up while stopping is looked at, else asyncio would report it as never retrieved.
            if ended.done():
                ended.exception()
        ended.result()


async def probe(settings: Settings) -> None:
    """Logs in and looks into the mailbox, and changes nothing; raises Temporary or BadSettings where that fails."""
    await asyncio.to_thread(look_in, _account(settings))


def read(raw: RawMessage) -> Submission:
    """The Submission of a mail that came through here; never raises."""
    from intake.mime import read as read_mail

    return read_mail(raw)


def _password(settings: Settings) -> str:
    return needed("channels: password", settings.password_env, settings.password_file)


def _account(settings: Settings) -> Account:
    s = settings
    return Account(
        host=s.host,
        port=s.port,
        security=s.security,
        tls=None if s.security == "none" else _trust(s.tls_ca),
        user=s.user,
        # Asked for at every login: a file that was put right is used without a restart.
        password=lambda: _password(settings),
        tokens=Tokens(s.oauth, s.user) if s.oauth else None,
        mailbox=s.mailbox,
        done=s.done,
        address=s.address or s.user,
        since=s.since,
        poll_seconds=s.poll_seconds,
        batch=s.batch,
        size_limit=s.size_limit,
        timeout=s.timeout,
        backoff_seconds=s.backoff_seconds,
    )


def _trust(file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=file)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "it holds no certificate in PEM"
        raise BadSettings(f"channels: tls_ca {file} cannot be used: {why}") from None
