"""The world around a house that is killed: mail servers, a mailbox, people with phones, and who gets the letters."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.journeys.house import Post, settings
from tests.journeys.mails import SHORT, Mail, mail
from tests.journeys.ports import free_port
from tests.journeys.running import hand_over
from tests.journeys.servers.botapi import TOKEN, BotApi, serving
from tests.journeys.servers.botapi_methods import Json, person
from tests.journeys.servers.dovecot import Dovecot
from tests.journeys.servers.postgresql import Postgres

MAILBOX = "hej@alexanderskolan.se"
AWAY = "Jag är ledig till och med den 30 november och läser inte min e-post."
SAID = "Min dotter på Förskolan Gärdet har fått fel mat två gånger trots sin allergi. Jag vill klaga på det."
HAND_IN, TAKEN = "Lämna in med mitt namn", "vi har tagit emot"
#: mail servers that hand over at the same time
AT_ONCE = 4
#: seconds until a mail server tries again, and until a person presses a button again
AGAIN, PATIENCE = 0.1, 30.0
#: seconds until a person no longer waits for the first question
ENOUGH = 3600.0
#: how often each way is taken, in hundred messages
WAYS = {"lmtp": 50, "smtp": 30, "imap": 14, "chat": 6}


@dataclass(frozen=True, kw_only=True)
class Message:
    """One of the messages of a run: how it comes, and what."""

    way: str
    mail: Mail
    #: False: a robot's, which is set aside
    is_complaint: bool
    #: the chat that it comes from
    chat: int = 0


def mixed(number: int, dice: random.Random) -> list[Message]:
    """So many messages by all ways, no two alike; one mail in ten is a robot's."""
    return [_message(place, dice) for place in range(number)]


def _message(place: int, dice: random.Random) -> Message:
    (way,) = dice.choices(list(WAYS), list(WAYS.values()))
    to, subject, text = SHORT[0] if way in ("imap", "chat") else dice.choice(SHORT)
    robot = way in ("lmtp", "smtp") and dice.random() < 0.1
    headers = {"Auto-Submitted": "auto-replied"} if robot else {}
    content = mail(to, f"{subject} ({place})", AWAY if robot else f"{text} ({place})", headers=headers)
    return Message(way=way, mail=content, is_complaint=not robot, chat=6000 + place)


class World:
    """Everything outside the house; it stays while the house is killed."""

    def __init__(self, folder: Path, database: str, post: Post, dovecot: Dovecot, api: BotApi) -> None:
        self.folder, self.database, self.post, self.dovecot, self.api = folder, database, post, dovecot, api
        self.ports = {"lmtp": free_port(), "smtp": free_port()}
        #: the messages that were accepted (250, in the mailbox, with Telegram), in that order
        self.accepted: list[Message] = []
        self._threads = ThreadPoolExecutor(AT_ONCE)
        self._on_their_way: list[asyncio.Task[None]] = []
        self.config = settings(folder, post.port, self._channels(), QUIET, database=database)

    def _channels(self) -> list[str]:
        (self.folder / "password").write_text("sommar", encoding="utf-8")
        (self.folder / "token").write_text(TOKEN, encoding="utf-8")
        mailbox = (
            f'[[channels]]\nkind = "imap"\nhost = "127.0.0.1"\nport = {self.dovecot.imap}\nsecurity = "none"\n'
            f'user = "hej"\naddress = "{MAILBOX}"\npassword_file = "password"\ndone = "Registered"\n'
        )
        chat = (
            f'[[channels]]\nkind = "telegram"\ntoken_file = "token"\nbase_url = "{self.api.base_url}"\n'
            'organisation = "alexanderskolan"\nbackoff_seconds = 0.05\npoll_timeout = 5\n'
        )
        doors = (f'[[channels]]\nkind = "{kind}"\nport = {port}\n' for kind, port in self.ports.items())
        return [*doors, mailbox, chat]

    def send(self, messages: list[Message]) -> None:
        """Puts messages on their way; each is tried until it is accepted."""
        self._on_their_way += [asyncio.create_task(self._deliver(one)) for one in messages]

    async def delivered(self) -> None:
        """Waits until everything that was sent is accepted, and every person is answered."""
        await asyncio.gather(*self._on_their_way)

    def close(self) -> None:
        """Ends what is still on its way."""
        for task in self._on_their_way:
            task.cancel()
        self._threads.shutdown(wait=False)

    async def _deliver(self, one: Message) -> None:
        loop = asyncio.get_running_loop()
        if one.way == "chat":
            await self._converse(one)
            return
        if one.way == "imap":
            await loop.run_in_executor(self._threads, self.dovecot.deliver, "hej", one.mail.content)
        else:
            port = self.ports[one.way]
            while not await loop.run_in_executor(self._threads, hand_over, one.mail, port, one.way):
                await asyncio.sleep(AGAIN)
        self.accepted.append(one)

    async def _converse(self, one: Message) -> None:
        """Writes, and presses the button below the bot's summary until the bot says that it is taken in."""
        phone = {"from": person(one.chat) | {"language_code": "sv"}}
        await self.api.writes(one.chat, SAID, **phone)
        self.accepted.append(one)
        await self.api.until(lambda: self._button(one.chat) is not None, ENOUGH)
        while not self.is_answered(one.chat):
            if button := self._button(one.chat):
                await self.api.presses(one.chat, *button)
            try:
                await self.api.until(lambda: self.is_answered(one.chat), PATIENCE)
            except TimeoutError:
                continue

    def heard(self, chat: int) -> list[Json]:
        """What the bot has said in a chat."""
        return [said for (where, _), said in self.api.messages.items() if where == chat]

    def is_answered(self, chat: int) -> bool:
        """True once the bot has acknowledged."""
        return any(TAKEN in said["text"] for said in self.heard(chat))

    def _button(self, chat: int) -> tuple[Json, str] | None:
        for said in reversed(self.heard(chat)):
            for row in (said.get("reply_markup") or {}).get("inline_keyboard", ()):
                for one in row:
                    if one["text"] == HAND_IN:
                        return said, one["callback_data"]
        return None


QUIET = '[operation]\nlog_level = "error"\nclock_seconds = 5\n'


@asynccontextmanager
async def around(folder: Path, database: str) -> AsyncIterator[World]:
    """A world for one run, with a register on `sqlite` or `postgresql`."""
    async with AsyncExitStack() as stack:
        post, dovecot = Post(), Dovecot({"hej": "sommar"})
        stack.callback(dovecot.close)
        await asyncio.gather(post.start(), asyncio.to_thread(dovecot.start))
        stack.push_async_callback(post.stop)
        api = await stack.enter_async_context(serving())
        world = World(folder, _address(folder, database, stack), post, dovecot, api)
        stack.callback(world.close)
        yield world


def _address(folder: Path, database: str, stack: AsyncExitStack) -> str:
    if database == "sqlite":
        return f"sqlite+aiosqlite:///{folder / 'lyhord.db'}"
    server = Postgres(durable=True)
    stack.callback(server.stop)
    return server.new_database("lyhord")
