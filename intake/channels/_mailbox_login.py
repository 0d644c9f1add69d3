"""The way into a mailbox: connect, secure, log in, select; and what to say where one of these fails."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError, IMAPClientAbortError, IMAPClientError, LoginError

from access.tokens import Tokens
from intake.channels._mailbox import Account, Mailbox, Trouble
from register.errors import BadSettings, Temporary, Unauthorised

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
        if account.tokens is None:
            _login_by_password(client, account)
        else:
            _login_by_token(client, account, account.tokens)
    except LoginError as error:
        raise _refused(account, error) from None
    except BadSettings as error:
        raise Trouble("login_refused", error.public) from None


def _login_by_password(client: Any, account: Account) -> None:
    password = account.password()
    # LOGIN knows ASCII only.
    plain = not (account.user + password).isascii()
    (client.plain_login if plain else client.login)(account.user, password)


def _login_by_token(client: Any, account: Account, tokens: Tokens) -> None:
    try:
        token = tokens.token()
        try:
            client.oauth2_login(account.user, token)
        except LoginError as error:
            if _is_lost(error):
                raise
            # It may have ended early: another is got and tried, once.
            client.oauth2_login(account.user, tokens.token(refused=token))
    except Unauthorised as error:
        raise Trouble("token_refused", error.public, private=error.private) from None
    except Temporary as error:
        raise Trouble("unreachable", error.public, private=error.private) from None


def _is_lost(error: LoginError) -> bool:
    """IMAPClient calls it a refused login too when the server was lost in the middle of it, or is not ready."""
    return isinstance(error.__context__, IMAPClientAbortError) or "[UNAVAILABLE]" in str(error)


def _refused(account: Account, error: LoginError) -> Trouble:
    if _is_lost(error):
        return _unreachable(account, error)
    what = "user and password" if account.tokens is None else "user and oauth"
    public = f"The mail server {account.host} refuses the login; check {what} of this mailbox."
    return Trouble("login_refused", public)


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
