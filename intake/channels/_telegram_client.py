"""The Bot API client: python-telegram-bot's `Bot` with updates as raw JSON, and silent about token and texts."""

from __future__ import annotations

import json
import logging
import os
from typing import Any

from telegram import Bot
from telegram.error import TelegramError
from telegram.request import HTTPXRequest

#: these log the URL, which holds the token, or what people wrote
_TOO_TALKATIVE = ("httpx", "httpcore", "telegram")
#: a server that answers slowly is waited for: an answer that is missed makes a letter go out twice
_READ_TIMEOUT = 30.0
_CONNECT_TIMEOUT = 10.0
#: kinds of update that are asked for
WANTED = ("message", "edited_message", "callback_query", "my_chat_member")


class QuietRequest(HTTPXRequest):
    """HTTP as the library does it; an answer that is no JSON object is a fault and is not logged with its content."""

    def __init__(self, connections: int = 16) -> None:
        super().__init__(
            connection_pool_size=connections,
            read_timeout=_READ_TIMEOUT,
            write_timeout=_READ_TIMEOUT,
            connect_timeout=_CONNECT_TIMEOUT,
            pool_timeout=_READ_TIMEOUT,
        )

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer's object; raises TelegramError where there is none."""
        try:
            answer = json.loads(payload)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict) or ("result" not in answer and answer.get("ok") is not False):
            raise TelegramError("Invalid server response")
        return answer


class Client(Bot):
    """A bot that is not greeted with getMe, and whose connections close even so."""

    def __init__(self, token: str, base_url: str) -> None:
        """`base_url` without `/bot`, e.g. `https://api.telegram.org`."""
        # Without it the library warns each time Telegram asks to wait, because it will change a type some day.
        os.environ.setdefault("PTB_TIMEDELTA", "true")
        for name in _TOO_TALKATIVE:
            logging.getLogger(name).setLevel(logging.WARNING)
        super().__init__(
            token,
            base_url=f"{base_url}/bot",
            base_file_url=f"{base_url}/file/bot",
            request=QuietRequest(),
            get_updates_request=QuietRequest(connections=1),
        )

    @property
    def number(self) -> str:
        """The bot's own id: what stands before the colon of its token."""
        return self.token.partition(":")[0]

    async def updates(self, offset: int | None, timeout: int) -> list[dict[str, Any]]:
        """Waits up to `timeout` seconds for updates; `offset` confirms all that are below it. Raises TelegramError."""
        # The public method parses them into objects, drops what it does not know and fails whole on a single odd one.
        answer = await self._post(
            "getUpdates",
            {"offset": offset, "timeout": timeout, "allowed_updates": WANTED},
            read_timeout=timeout + _READ_TIMEOUT,
        )
        if not isinstance(answer, list) or not all(is_update(update) for update in answer):
            raise TelegramError("Invalid server response")
        return answer

    async def download(self, file_id: str) -> bytes:
        """The bytes of a file; raises TelegramError."""
        file = await self.get_file(file_id)
        if not file.file_path:
            raise TelegramError("The file has no path")
        return bytes(await file.download_as_bytearray())

    async def shutdown(self) -> None:
        """Closes the connections, also where the bot was never initialised."""
        for request in self._request:
            await request.shutdown()


def is_update(value: object) -> bool:
    """Whether a JSON value is an update: an object with a number."""
    return isinstance(value, dict) and type(value.get("update_id")) is int
