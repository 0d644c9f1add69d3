"""The methods of our own Bot API for tests, and what it holds: updates, messages, files, who has blocked the bot."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from starlette.responses import Response

Json = dict[str, Any]
_LARGEST_FILE = 20_000_000
_COUNTERS = {"update": 1001, "message": 1, "file": 1}


class RefusalError(Exception):
    """An error answer of the Bot API."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters

    def response(self) -> Response:
        answer = {"ok": False, "error_code": self.code, "description": self.description}
        return answered(answer | ({"parameters": self.parameters} if self.parameters else {}), self.code)


def answered(value: Json, code: int = 200) -> Response:
    """JSON in ASCII, as Telegram writes it: half a surrogate pair would have no UTF-8."""
    return Response(json.dumps(value), code, media_type="application/json")


class Methods:
    """What the Bot API holds and does."""

    def __init__(self, token: str) -> None:
        self.token = token
        #: not yet acknowledged by an offset
        self.held: list[Json] = []
        self.blocked: set[int] = set()
        #: file id -> path and content
        self.files: dict[str, tuple[str, bytes]] = {}
        self.webhook: Json | None = None
        #: what is said besides of the deliveries to it
        self.delivery: Json = {}
        #: what the bot has said, by chat and number
        self.messages: dict[tuple[int, int], Json] = {}
        self._polls = 0
        self._stopping = False
        self._numbers: dict[str, Iterator[int]] = {name: itertools.count(start) for name, start in _COUNTERS.items()}
        self._changed = asyncio.Condition()
        self._methods: dict[str, Callable[[Json], Awaitable[Any]]] = {
            "getMe": self._get_me,
            "getUpdates": self._get_updates,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "getWebhookInfo": self._get_webhook_info,
            "sendMessage": self._send_message,
            "editMessageText": self._edit_message_text,
            "answerCallbackQuery": self._answer_callback_query,
            "getFile": self._get_file,
        }

    def message(self, chat: int, **content: Any) -> Json:
        """A message of a person in a private chat."""
        number = next(self._numbers["message"])
        envelope = {"message_id": number, "date": int(time.time()), "chat": private(chat), "from": person(chat)}
        return envelope | content

    async def _carried_out(self, method: str, parameters: Json) -> Any:
        if int(parameters.get("chat_id", 0)) in self.blocked:
            raise RefusalError(403, "Forbidden: bot was blocked by the user")
        if method not in self._methods:
            raise RefusalError(404, "Not Found")
        return await self._methods[method](parameters)

    async def _get_me(self, _: Json) -> Json:
        return self._bot()

    async def _get_updates(self, parameters: Json) -> list[Json]:
        if self.webhook:
            raise RefusalError(409, "Conflict: can't use getUpdates method while webhook is active")
        self._polls += 1
        mine, offset = self._polls, int(parameters.get("offset", 0))
        async with self._changed:
            self._changed.notify_all()
            if offset:
                self.held = [update for update in self.held if update["update_id"] >= offset]
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(int(parameters.get("timeout", 0))):
                    await self._changed.wait_for(lambda: self.held or mine != self._polls or self._stopping)
            if mine != self._polls:
                raise RefusalError(409, "Conflict: terminated by other getUpdates request")
            return self.held[:100]

    async def _set_webhook(self, parameters: Json) -> bool:
        self.webhook = parameters
        return True

    async def _delete_webhook(self, _: Json) -> bool:
        self.webhook = None
        return True

    async def _get_webhook_info(self, _: Json) -> Json:
        url = (self.webhook or {}).get("url", "")
        return {"url": url, "has_custom_certificate": False, "pending_update_count": len(self.held)} | self.delivery

    async def _send_message(self, parameters: Json) -> Json:
        chat, text = int(parameters["chat_id"]), parameters.get("text", "")
        if not text.strip():
            raise RefusalError(400, "Bad Request: message text is empty")
        if len(text.encode("utf-16-le")) > 2 * 4096:
            raise RefusalError(400, "Bad Request: message is too long")
        message = self.message(chat, text=text, reply_markup=parameters.get("reply_markup")) | {"from": self._bot()}
        self.messages[chat, message["message_id"]] = message
        return {key: value for key, value in message.items() if value is not None}

    async def _edit_message_text(self, parameters: Json) -> Json:
        message = self.messages.get((int(parameters["chat_id"]), int(parameters["message_id"])))
        if message is None:
            raise RefusalError(400, "Bad Request: message to edit not found")
        message |= {"text": parameters["text"], "reply_markup": parameters.get("reply_markup")}
        return {key: value for key, value in message.items() if value is not None}

    async def _answer_callback_query(self, _: Json) -> bool:
        return True

    async def _get_file(self, parameters: Json) -> Json:
        path, data = self.files.get(parameters["file_id"], ("", b""))
        if not path:
            raise RefusalError(400, "Bad Request: invalid file_id")
        if len(data) > _LARGEST_FILE:
            raise RefusalError(400, "Bad Request: file is too big")
        return {"file_id": parameters["file_id"], "file_unique_id": "u", "file_size": len(data), "file_path": path}

    def _store(self, name: str, data: bytes) -> str:
        file_id = f"file-{next(self._numbers['file'])}"
        self.files[file_id] = (f"documents/{file_id}", data)
        return file_id

    def _bot(self) -> Json:
        return {"id": int(self.token.partition(":")[0]), "is_bot": True, "first_name": "Skolan", "username": "skol_bot"}


def person(chat: int) -> Json:
    """Whoever writes in a private chat."""
    return {"id": chat, "is_bot": False, "first_name": "Amina", "last_name": "Yusuf", "language_code": "sv"}


def private(chat: int) -> Json:
    """A private chat."""
    return {"id": chat, "type": "private", "first_name": "Amina"}
