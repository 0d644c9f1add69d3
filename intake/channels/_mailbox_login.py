"""The way into a mailbox: connect, secure, log in, select; and what to say where one of these fails."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError, IMAPClientAbortError, IMAPClientError, LoginError

from intake.channels._mailbox import Account, Mailbox, Trouble
from register.errors import BadSettings

CONNECT_SECONDS = 15.0


@contextlib.contextmanager
def connected(account: Account) -> Iterator[Any]:
    """An IMAPClient that is logged in; raises Trouble where that is not possible."""
    client = _connect(account)
    try:
        if account.security == "starttls":
            _secure(client, account)
        _login(client, account)
        yield client
    finally:
        with contextlib.suppress(OSError, IMAPClientError):
            client.shutdown()


def look_in(account: Account) -> None:
    """Logs in and selects the mailbox without changing anything; raises Trouble where that is not possible."""
    try:
        with connected(account) as client:
            client.select_folder(account.mailbox, readonly=True)
    except Trouble:
        raise
    except (IMAPClientAbortError, OSError) as error:
        raise _unreachable(account, error) from None
    except IMAPClientError as error:
        raise _missing(account, error) from None


def selected(client: Any, account: Account) -> Mailbox:
    """The mailbox, with the folder for what is done; raises Trouble where one is missing and cannot be made."""
    try:
        if account.done and not client.folder_exists(account.done):
            client.create_folder(account.done)
            client.subscribe_folder(account.done)
        return Mailbox(client, account)
    except IMAPClientAbortError:
        raise
    except IMAPClientError as error:
        raise _missing(account, error) from None
    except KeyError as error:
        unsuited = f"The mail server {account.host} does not say how it numbers its mail; it cannot be used."
        raise Trouble("unsuited", unsuited, private=str(error)) from None


def _connect(account: Account) -> Any:
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
    # Times keep their time zone.
    client.normalise_times = False
    return client


def _secure(client: Any, account: Account) -> None:
    try:
        client.starttls(account.tls)
    except (OSError, IMAPClientError) as error:
        raise _no_connection(account, error) from None


def _login(client: Any, account: Account) -> None:
    try:
        password = account.password()
    except BadSettings as error:
        raise Trouble("login_refused", error.public) from None
    # LOGIN knows ASCII only.
    plain = not (account.user + password).isascii()
    try:
        (client.plain_login if plain else client.login)(account.user, password)
    except LoginError as error:
        # IMAPClient calls it a refused login too when the server was lost in the middle of it, or is not ready.
        if isinstance(error.__context__, IMAPClientAbortError) or "[UNAVAILABLE]" in str(error):
            raise _unreachable(account, error) from None
        refused = f"The mail server {account.host} refuses the login; check user and password of this mailbox."
        raise Trouble("login_refused", refused) from None


def _missing(account: Account, error: Exception) -> Trouble:
    made = f", or cannot make {account.done}" if account.done else ""
    public = f"The mail server {account.host} has no folder {account.mailbox}{made}."
    return Trouble("mailbox_missing", public, private=type(error).__name__)


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
