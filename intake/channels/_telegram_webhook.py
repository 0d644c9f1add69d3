"""The Telegram door as a webhook: 200 only when the message is on disk; whatever is not said 200 to comes again."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from weakref import WeakValueDictionary

from intake.channels._http import HttpListener
from intake.channels._telegram_client import WANTED, Client, is_update
from intake.channels._telegram_json import Node
from intake.channels._telegram_read import chat_of
from intake.channels._telegram_settings import Settings

_SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - the header's name, not a secret
#: deliveries that Telegram makes at the same time
_AT_ONCE = 20
#: a failure this old says nothing of now
_LATELY = timedelta(minutes=5)
#: how the cursor names a webhook that we have set
MARK = "webhook "

Take = Callable[[dict[str, Any]], Awaitable[None]]


class Webhook:
    """What Telegram sends to one address; `listener` is its HTTP side."""

    def __init__(self, settings: Settings, take: Take) -> None:
        """`take` returns once an update is on disk; raises BadSettings where a secret is named that is not there."""
        self._settings, self._take, self._secret = settings, take, settings.secret()
        self._chats: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self.listener = HttpListener(settings.webhook_host, settings.webhook_port, self._admits, self._takes)

    async def stands(self, bot: Client, *, fresh: bool) -> bool:
        """Sets the webhook where Telegram has another or none, or where it is `fresh` and its secret may be new.

        False where Telegram says that it could not deliver lately, and messages wait. Raises TelegramError.
        """
        info = await bot.get_webhook_info()
        if fresh or info.url != self._settings.webhook_url:
            await self._set(bot)
            return True
        failed = info.last_error_date
        return not (failed and info.pending_update_count and datetime.now(UTC) - failed < _LATELY)

    async def _set(self, bot: Client) -> None:
        await bot.set_webhook(
            self._settings.webhook_url or "",
            secret_token=self._secret,
            allowed_updates=WANTED,
            max_connections=_AT_ONCE,
        )

    def _admits(self, method: str, path: str, headers: Mapping[str, str]) -> int:
        if path.partition("?")[0] != self._settings.path:
            return 404
        shown = headers.get(_SECRET_HEADER, "").encode("latin-1")
        # Compared in constant time, so that nobody can find it letter by letter.
        if not hmac.compare_digest(shown, self._secret.encode()):
            return 403
        return 200 if method == "POST" else 405

    async def _takes(self, body: bytes) -> int:
        update = _update(body)
        if update is None:
            return 400
        # Telegram delivers side by side; what one chat writes stays in its order.
        chat = chat_of(Node(update)) or 0
        lock = self._chats.setdefault(chat, asyncio.Lock())
        async with lock:
            # Whatever fails here, the message is not on disk, and Telegram keeps it and sends it again.
            (failure,) = await asyncio.gather(self._take(update), return_exceptions=True)
        return 200 if failure is None else 503


def _update(body: bytes) -> dict[str, Any] | None:
    """The update in a body; None where there is none."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if is_update(value) else None
