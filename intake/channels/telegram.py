"""The Telegram door: asks the Bot API for updates, or is sent them; moves on only when they are on disk."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from telegram.error import BadRequest, Conflict, InvalidToken, RetryAfter, TelegramError

from intake.channels import Doorway
from intake.channels._telegram_client import Client
from intake.channels._telegram_read import read
from intake.channels._telegram_settings import LONGEST_PAUSE, Settings
from intake.channels._telegram_taking import Taking
from intake.channels._telegram_webhook import MARK, Webhook
from register.errors import Temporary

__all__ = ["Channel", "Settings", "probe", "read"]

#: how often it is looked whether Telegram still sends to our webhook, in seconds
_LOOKED_AFTER = 300.0
_TROUBLES = {
    "login_refused": "Telegram refuses the bot's token; get the right one from @BotFather",
    "conflict": "another program or a webhook takes this bot's messages; stop the other program or remove the webhook",
    "unreachable": "Telegram cannot be reached",
    "webhook_refused": "Telegram does not take webhook_url; it has to be https on port 443, 80, 88 or 8443",
    "not_delivered": "Telegram cannot deliver to webhook_url; look at the reverse proxy and its certificate",
}


class Channel:
    """Receives the messages of one bot.

    Telegram keeps an update until a later one is asked for. So the offset moves only when everything below it is on
    disk, and after a crash the same updates come again: the spool knows them by their number and keeps one of each.

    The stored cursor is for people to look at. It is never sent as the first offset: after a week of silence Telegram
    numbers afresh, and an old, higher offset would confirm messages that nobody has read.
    """

    for_one_process = True

    def __init__(self, settings: Settings, doorway: Doorway) -> None:
        """Raises BadSettings where there is no token, or no secret where one is named."""
        settings.token()
        self._settings = settings
        self._doorway = doorway
        self._taking = Taking(doorway.receive, settings.organisation)
        self._webhook = Webhook(settings, self._delivered) if settings.webhook_url else None
        #: the open client; None while the token is refused
        self._bot: Client | None = None
        self._offset: int | None = None
        self._open = False
        #: what has been told of the present outage
        self._told: set[str] = set()
        self._failures = 0
        #: where the webhook listens, once it does
        self.port = settings.webhook_port

    async def run(self) -> None:
        """Receives until it is cancelled, and mends its own connection; raises BadSettings where it cannot listen."""
        if self._webhook is None:
            await self._with_bots(self._receive_from)
            return
        async with self._webhook.listener as listener:
            self.port = listener.port
            await self._with_bots(partial(self._keep_set, self._webhook))

    async def _with_bots(self, work: Callable[[Client], Awaitable[None]]) -> None:
        """Works without end; the token is read again after a refusal: it may have been replaced in its file."""
        while True:
            self._bot = bot = self._settings.bot()
            try:
                await work(bot)
            except InvalidToken:
                await self._trouble("login_refused")
            finally:
                self._bot = None
                await bot.shutdown()

    # --- sent to us ---

    async def _delivered(self, update: dict[str, Any]) -> None:
        if self._bot is None:
            raise Temporary("The bot's token is refused just now.")
        await self._taking.take(self._bot, update)

    async def _keep_set(self, webhook: Webhook, bot: Client) -> None:
        """Sets the webhook, and looks from time to time whether it still stands; raises InvalidToken."""
        fresh = True
        while True:
            try:
                # First noted, then set: whoever asks for messages later knows that it may be taken away again.
                await self._doorway.set_cursor(f"{MARK}{self._settings.webhook_url}")
                state = await webhook.stands(bot, fresh=fresh)
            except InvalidToken:
                raise
            except BadRequest:
                await self._trouble("webhook_refused")
            except TelegramError:
                await self._trouble("unreachable")
            except Temporary:
                await self._pause()
            else:
                fresh = False
                await (self._well() if state else self._trouble("not_delivered"))
                await asyncio.sleep(_LOOKED_AFTER)

    # --- asked for ---

    async def _receive_from(self, bot: Client) -> None:
        """Rounds without end; raises InvalidToken."""
        while True:
            try:
                updates = await bot.updates(self._offset, self._patience())
            except InvalidToken:
                raise
            except RetryAfter as fault:
                await self._pause(_seconds(fault.retry_after))
            except Conflict:
                if not await self._takes_own_webhook_away(bot):
                    await self._trouble("conflict")
            except TelegramError:
                await self._trouble("unreachable")
            else:
                self._doorway.seen()
                await self._well()
                await self._take(bot, updates)

    async def _takes_own_webhook_away(self, bot: Client) -> bool:
        """True where the webhook in the way was set by these settings of old, and is gone now with nothing lost."""
        cursor = await self._doorway.cursor() or ""
        if not cursor.startswith(MARK):
            return False
        try:
            info = await bot.get_webhook_info()
            return info.url == cursor.removeprefix(MARK) and await bot.delete_webhook()
        except TelegramError:
            return False

    def _patience(self) -> int:
        """How long to wait for updates: not at all while nobody knows yet whether the door works.

        In a conflict each of two programs is let in for a moment and then thrown out, so only a whole wait proves that
        the other one is gone.
        """
        return self._settings.poll_timeout if self._open or "conflict" in self._told else 0

    async def _take(self, bot: Client, updates: Sequence[dict[str, Any]]) -> None:
        """Spools a batch and then, with all of it on disk, moves the offset."""
        try:
            await self._taking.take_all(bot, updates)
            if updates:
                await self._doorway.set_cursor(str(_next(updates)))
        except Temporary:
            await self._pause()
            return
        self._failures = 0
        # With nothing left to confirm the next question carries no offset, see above.
        self._offset = _next(updates) if updates else None

    async def _well(self) -> None:
        if not self._open:
            self._open = True
            self._told.clear()
            await self._doorway.opened()

    async def _trouble(self, code: str) -> None:
        """Tells of a fault once an outage, and waits."""
        self._open = False
        if code not in self._told:
            self._told.add(code)
            await self._doorway.trouble(code, _TROUBLES[code])
        await self._pause()

    async def _pause(self, at_least: float = 0.0) -> None:
        pause = min(self._settings.backoff_seconds * 2 ** min(self._failures, 10), LONGEST_PAUSE)
        self._failures += 1
        await asyncio.sleep(max(pause, at_least))


async def probe(settings: Settings) -> str:
    """Asks Telegram how messages of the bot are fetched, says it in a line, and changes nothing.

    Raises Temporary or BadSettings where that fails.
    """
    bot = settings.bot()
    try:
        info = await bot.get_webhook_info()
    except InvalidToken:
        raise Temporary(_TROUBLES["login_refused"]) from None
    except TelegramError as error:
        raise Temporary(_TROUBLES["unreachable"], private=type(error).__name__) from None
    finally:
        await bot.shutdown()
    # The path of somebody else's webhook may be its secret.
    set_to = f"a webhook is set to {urlsplit(info.url).netloc}" if info.url else "no webhook is set"
    ours = "as the settings have it" if (settings.webhook_url or "") == info.url else "the next `run` changes that"
    return f"{set_to}, {ours}; {info.pending_update_count} messages wait"


def _next(updates: Sequence[dict[str, Any]]) -> int:
    """The offset that confirms these updates."""
    return max(int(update["update_id"]) for update in updates) + 1


def _seconds(wait: int | timedelta) -> float:
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
