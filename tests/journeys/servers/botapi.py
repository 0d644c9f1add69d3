"""A Bot API of our own for tests: offsets, long polls, conflicts, faults, lost answers, files, webhooks, and a user."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest_asyncio
import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.journeys.servers.botapi_methods import Json, Methods, RefusalError, answered, person, private

#: seconds between two attempts to reach the webhook
_BETWEEN_DELIVERIES = 0.05
TOKEN = "123456:made-up-TOKEN_for-tests"
_JSON_PARAMETERS = ("reply_markup", "allowed_updates", "entities", "link_preview_options", "media")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong with the next call of a method."""

    method: str
    #: the answer; None: 502, as from a gateway that has lost the server
    refusal: RefusalError | None = None
    #: True: the call is carried out all the same, only its answer is lost
    done: bool = False


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call that was made."""

    method: str
    parameters: Json
    #: what came of it: the result or the refusal
    result: Any


class BotApi(Methods):
    """The server and, in the methods with verbs in the third person, the people who write to the bot."""

    def __init__(self, token: str = TOKEN) -> None:
        super().__init__(token)
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        self.port = 0
        self._deliveries: set[asyncio.Task[None]] = set()

    # --- the server

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listens; again on the same port after a stop."""
        api = Route("/bot{token}/{method}", self._api, methods=["GET", "POST"])
        app = Starlette(routes=[api, Route("/file/bot{token}/{path:path}", self._file)])
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(app, log_config=None, log_level="critical", access_log=False, lifespan="off", ws="none")
        self._server, self._stopping = uvicorn.Server(config), False
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]))

    async def stop(self) -> None:
        async with self._changed:
            self._stopping = True
            self._changed.notify_all()
        await asyncio.gather(*self._deliveries)
        self._server.should_exit = self._server.force_exit = True
        await self._serving

    async def until(self, holds: Callable[[], bool], seconds: float = 10) -> None:
        """Waits until something holds; asked after every call and every update."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(holds)

    def made(self, method: str) -> list[Call]:
        """The calls of one method so far."""
        return [call for call in self.calls if call.method == method]

    def texts(self) -> list[str]:
        """What the bot has said, as it stands in people's chats."""
        return [message["text"] for message in self.messages.values()]

    # --- what people do

    async def update(self, **payload: Any) -> Json:
        """An update as it is, with its number."""
        update = {"update_id": next(self._numbers["update"]), **payload}
        async with self._changed:
            self.held.append(update)
            self._changed.notify_all()
        if self.webhook:
            delivery = asyncio.create_task(self._deliver(update))
            self._deliveries.add(delivery)
            delivery.add_done_callback(self._deliveries.discard)
        return update

    async def writes(self, chat: int, text: str, **more: Any) -> Json:
        """A text in a private chat."""
        return await self.update(message=self.message(chat, text=text, **more))

    async def edits(self, message: Json, text: str) -> Json:
        return await self.update(edited_message=message | {"text": text, "edit_date": int(time.time())})

    async def sends(self, chat: int, kind: str, name: str, data: bytes, **more: Any) -> Json:
        """A file: `kind` is document, voice, video, photo..."""
        file = {"file_id": self._store(name, data), "file_unique_id": "u", "file_size": len(data)}
        sized = [file | {"width": 90, "height": 90}] if kind == "photo" else file | {"file_name": name}
        return await self.update(message=self.message(chat, **{kind: sized}, **more))

    async def presses(self, chat: int, message: Json, data: str) -> Json:
        """A button below a message of the bot."""
        query = {"id": str(time.time_ns()), "from": person(chat), "chat_instance": "1", "message": message}
        return await self.update(callback_query=query | {"data": data})

    async def blocks(self, chat: int) -> Json:
        """From now on every message to this chat is refused."""
        self.blocked.add(chat)
        change = {"chat": private(chat), "from": person(chat), "date": int(time.time())}
        old, new = ({"user": self._bot(), "status": status} for status in ("member", "kicked"))
        return await self.update(my_chat_member=change | {"old_chat_member": old, "new_chat_member": new})

    # --- the Bot API

    async def _api(self, request: Request) -> Response:
        method, parameters = request.path_params["method"], await _parameters(request)
        if request.path_params["token"] != self.token:
            return RefusalError(401, "Unauthorized").response()
        fault = next((fault for fault in self.faults if fault.method == method), None)
        if fault:
            self.faults.remove(fault)
        try:
            if fault and fault.refusal:
                raise fault.refusal
            result = None if fault and not fault.done else await self._carried_out(method, parameters)
            response = answered({"ok": True, "result": result})
        except RefusalError as refusal:
            result, response = refusal, refusal.response()
        async with self._changed:
            self.calls.append(Call(method=method, parameters=parameters, result=result))
            self._changed.notify_all()
        return Response(status_code=502) if fault and not fault.refusal else response

    async def _file(self, request: Request) -> Response:
        fault = next((fault for fault in self.faults if fault.method == "file"), None)
        if fault:
            self.faults.remove(fault)
            return Response(status_code=502)
        found = (data for path, data in self.files.values() if path == request.path_params["path"])
        data = next(found, None)
        return Response(status_code=404) if data is None else Response(data)

    async def _deliver(self, update: Json) -> None:
        """To the webhook, again and again until it says 2xx."""
        webhook = self.webhook or {}
        secret = {"X-Telegram-Bot-Api-Secret-Token": webhook.get("secret_token", "")}
        async with httpx.AsyncClient() as client:
            while update in self.held and not self._stopping:
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.post(webhook["url"], json=update, headers=secret)).is_success:
                        async with self._changed:
                            self.held.remove(update)
                            self._changed.notify_all()
                        return
                await asyncio.sleep(_BETWEEN_DELIVERIES)


async def _parameters(request: Request) -> Json:
    """Query, form or JSON body, with the members that are JSON inside a form decoded."""
    kind = request.headers.get("content-type", "")
    body = await request.json() if kind.startswith("application/json") else dict(await request.form())
    found: Json = {}
    for key, value in (dict(request.query_params) | body).items():
        if isinstance(value, UploadFile):
            found[key] = await value.read()
        else:
            found[key] = json.loads(value) if key in _JSON_PARAMETERS and isinstance(value, str) else value
    return found


@contextlib.asynccontextmanager
async def serving(token: str = TOKEN) -> AsyncIterator[BotApi]:
    """A Bot API on a free loopback port."""
    api = BotApi(token)
    await api.start()
    try:
        yield api
    finally:
        await api.stop()


@pytest_asyncio.fixture
async def botapi() -> AsyncIterator[BotApi]:
    """A Bot API for one test."""
    async with serving() as api:
        yield api
