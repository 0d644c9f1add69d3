"""The demo's chat: the few calls of the Telegram Bot API that the bot needs, on loopback, with one parent in it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

TOKEN = "123456:demo-bot-on-this-machine-only"  # noqa: S105 - no secret, the demo's own server takes it
CHAT = 4711
#: how long an empty answer to getUpdates is held back, in seconds
HOLD = 1.0


class Chat:
    """A chat with one parent: `write` says something, `answers` holds what the bot said."""

    def __init__(self) -> None:
        self.port = 0
        self.answers: list[str] = []
        #: what stands below each answer: title -> what a press sends back
        self._buttons: list[dict[str, str]] = []
        self._updates: list[dict[str, Any]] = []
        self._number = 100
        self._changed = asyncio.Condition()
        self._server: asyncio.Server
        self._serving: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listens on a free loopback port."""
        self._server = await asyncio.start_server(self._met, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Ends."""
        self._server.close()
        for task in tuple(self._serving):
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        await self._server.wait_closed()

    async def write(self, text: str, name: str, language: str) -> None:
        """The parent writes a message."""
        message = self._message(text) | {"from": _person(name, language)}
        await self._update(message=message)

    async def press(self, title: str, name: str, language: str) -> None:
        """The parent presses a button below the last thing that the bot said."""
        press = {"id": str(self._number), "from": _person(name, language), "chat_instance": "1"}
        await self._update(
            callback_query=press | {"message": self._message(self.answers[-1]), "data": self._buttons[-1][title]}
        )

    def _message(self, text: str) -> dict[str, Any]:
        self._number += 1
        chat = {"id": CHAT, "type": "private", "first_name": "parent"}
        return {"message_id": self._number, "date": int(time.time()), "chat": chat, "text": text}

    async def _update(self, **payload: Any) -> None:
        async with self._changed:
            self._updates.append({"update_id": self._number, **payload})
            self._changed.notify_all()

    async def answered(self, number: int, seconds: float = 20) -> str:
        """The n-th thing that the bot said, from 1, waiting for it."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(lambda: len(self.answers) >= number)
        return self.answers[number - 1]

    def _met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A plain callback with a task of our own: the stream server's own task complains when it is cancelled.
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await _request(reader):
                method, values = request
                result = await self._call(method, values)
                body = json.dumps({"ok": True, "result": result}).encode()
                head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(head.encode() + body)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _call(self, method: str, values: Mapping[str, str]) -> Any:
        if method == "getUpdates":
            return await self._since(int(values.get("offset") or 0))
        if method == "sendMessage":
            return await self._said(values["text"], json.loads(values.get("reply_markup", "{}")))
        if method == "answerCallbackQuery":
            return True
        return {"id": 123456, "is_bot": True, "first_name": "Lyhord", "username": "lyhord_demo_bot"}

    async def _since(self, offset: int) -> list[dict[str, Any]]:
        self._updates = [one for one in self._updates if one["update_id"] >= offset]
        async with self._changed:
            try:
                async with asyncio.timeout(HOLD):
                    await self._changed.wait_for(lambda: self._updates)
            except TimeoutError:
                return []
        return self._updates

    async def _said(self, text: str, below: Mapping[str, Any]) -> dict[str, Any]:
        async with self._changed:
            self.answers.append(text)
            rows = below.get("inline_keyboard", ())
            self._buttons.append({one["text"]: one["callback_data"] for row in rows for one in row})
            self._changed.notify_all()
        return self._message(text)


def _person(name: str, language: str) -> dict[str, Any]:
    return {"id": CHAT, "is_bot": False, "first_name": name, "language_code": language}


async def _request(reader: asyncio.StreamReader) -> tuple[str, dict[str, str]] | None:
    """One HTTP request: the method of the Bot API and its values; None where the client is gone."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    path = head.split(" ", 2)[1]
    headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    form = parse_qs(body.decode("utf-8", "replace"))
    return path.rpartition("/")[2], {name: values[0] for name, values in form.items()}
