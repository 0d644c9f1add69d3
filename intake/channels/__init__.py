"""The doors: a channel hands every message over to the spool before it says that it has it.

A channel is one module here, named by its kind. It brings three things:

- `Settings`, a pydantic model of its `[[channels]]` table (`kind` included, secrets as `*_env` or `*_file`);
- `Channel(settings, doorway)` with `for_one_process` and `async run()`: it receives until it is cancelled, mends its
  own connection with backoff, and raises only what a supervisor should see (an occupied port, wrong settings);
- `read(raw)`, which makes a Submission of what it spooled.

The rule that no channel may break: `await doorway.receive(raw)` returns only after the message is on disk. Only then
does the channel say 250, flag or move the mail, or advance the offset. `receive` raises `Temporary` where that did not
work: the channel then answers 451, leaves the mail where it is, or does not advance.
"""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Protocol

from register.errors import BadSettings
from register.records import RawMessage, Submission

#: what is not received by a channel: files, and what staff enter that came by phone or post
BY_HAND = ("file", "phone", "post")


class Receive(Protocol):
    """Writes a message to the spool."""

    async def __call__(self, raw: RawMessage) -> bool:
        """Returns once it is on disk: True if it is new, False if it was there already. Raises Temporary."""
        ...


@dataclass(frozen=True, kw_only=True)
class Doorway:
    """What a channel may use of the rest of the house."""

    #: what the settings call this channel, e.g. `imap:hej@school.example`; unique, used in alarms and cursors
    name: str
    receive: Receive
    #: the organisation that claims an envelope recipient (plus detail and case ignored), or None: refuse it
    claimed_by: Callable[[str], str | None]
    #: the stored cursor of this channel (an IMAP UID, an update offset), or None
    cursor: Callable[[], Awaitable[str | None]]
    set_cursor: Callable[[str], Awaitable[None]]
    #: told once the channel listens or is logged in: prints `ready`, ends an alarm
    opened: Callable[[], Awaitable[None]]
    #: told that the channel cannot be used just now: a stable code and a public text without personal data
    trouble: Callable[[str, str], Awaitable[None]]
    #: told whenever the channel has looked for mail and was answered; may be called from any thread
    seen: Callable[[], None] = lambda: None


class Channel(Protocol):
    """A running door."""

    #: True: only one of several processes on one register may attend to it at a time, as to a mailbox
    for_one_process: bool

    async def run(self) -> None:
        """Receives until cancelled."""
        ...


def load(kind: str) -> ModuleType:
    """The module of a kind of channel; raises BadSettings where there is none."""
    if kind.startswith("_") or not kind.isidentifier():
        raise BadSettings(f"channels: there is no kind {kind!r}; the kinds are lmtp, smtp, imap, telegram")
    try:
        return importlib.import_module(f"{__name__}.{kind}")
    except ModuleNotFoundError as error:
        if error.name != f"{__name__}.{kind}":
            raise
        raise BadSettings(f"channels: there is no kind {kind!r}; the kinds are lmtp, smtp, imap, telegram") from None


def read(raw: RawMessage, *, roots: tuple[bytes, ...] = ()) -> Submission:
    """A Submission of whatever a channel has spooled, with the forms that came with it; never raises on any content.

    `roots`: certificates (DER) of those whom we trust to vouch for others; signatures are weighed by them.
    """
    from intake.certificates import weighed
    from intake.forms.attached import with_forms

    submission = with_forms(_read(raw))
    signatures = tuple(weighed(one, roots, raw.received_at) for one in submission.signatures)
    return replace(submission, signatures=signatures) if roots and signatures else submission


def _read(raw: RawMessage) -> Submission:
    if raw.channel in BY_HAND:
        from intake.mime import read as read_mail

        return read_mail(raw)
    reader: Callable[[RawMessage], Submission] = load(raw.channel).read
    return reader(raw)
