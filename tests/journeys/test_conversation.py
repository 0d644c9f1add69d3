"""Whole conversations in the chat, told in `conversations/*.toml`: straight on, and with a kill between the steps."""

from __future__ import annotations

import signal
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from register.store import Register
from tests.journeys.house import PATIENCE, House, Post, settings
from tests.journeys.running import Running
from tests.journeys.servers.botapi import TOKEN, BotApi, botapi
from tests.journeys.servers.botapi_methods import Json, person

__all__ = ["botapi"]
CHAT = 5001
SCRIPTS = {
    file.stem: tomllib.loads(file.read_text("utf-8")) for file in Path(__file__).parent.glob("conversations/*.toml")
}


def telegram(api: BotApi, school: str) -> str:
    """The settings of a school's bot."""
    return "\n".join(
        (
            '[[channels]]\nkind = "telegram"\ntoken_file = "token"',
            f'base_url = "{api.base_url}"\norganisation = "{school}"\nbackoff_seconds = 0.05\npoll_timeout = 5\n',
        )
    )


@asynccontextmanager
async def post() -> AsyncIterator[Post]:
    receiver = Post()
    await receiver.start()
    try:
        yield receiver
    finally:
        await receiver.stop()


class Parent:
    """Somebody with a phone: says and presses what the script says, and reads what the bot says."""

    def __init__(self, api: BotApi, language: str, chat: int = CHAT) -> None:
        self.api, self.chat = api, chat
        self.phone = {"from": person(chat) | {"language_code": language}}
        self.read = 0

    def heard(self) -> list[Json]:
        """What the bot has said in this chat."""
        return [one for (chat, _), one in self.api.messages.items() if chat == self.chat]

    async def does(self, step: Json) -> None:
        self.read = len(self.heard())
        if "says" in step:
            await self.api.writes(self.chat, step["says"], **self.phone)
        else:
            message, data = self.button(step["presses"])
            await self.api.presses(self.chat, message, data)

    def button(self, title: str) -> tuple[Json, str]:
        """The newest button with a title."""
        for message in reversed(self.heard()):
            for row in (message.get("reply_markup") or {}).get("inline_keyboard", ()):
                for one in row:
                    if one["text"] == title:
                        return message, one["callback_data"]
        raise AssertionError(f"no button {title!r} below {[one['text'] for one in self.heard()]}")

    async def hears(self, words: list[str]) -> None:
        def said() -> bool:
            return any(all(word in one["text"] for word in words) for one in self.heard()[self.read :])

        try:
            await self.api.until(said, PATIENCE)
        except TimeoutError:
            raise AssertionError(f"{words} not in {[one['text'] for one in self.heard()[self.read :]]}") from None


def prepare(folder: Path) -> None:
    (folder / "token").write_text(TOKEN)


async def ended(register: Register, script: Json) -> None:
    """What the register holds in the end, and that it is sound."""
    ends = script["ends"]
    cases = await register.cases()
    assert len(cases) == ends["cases"]
    case = cases[0]
    for name in ("unit", "anonymous", "language", "messages"):
        if name in ends:
            assert getattr(case, name) == ends[name], name
    lines = await register.journal(case.id)
    assert len([line for line in lines if line.what == "handed_over"]) == ends.get("stages", 1) - 1
    books = await register.books()
    assert (books.waiting, books.balanced) == (0, True)
    assert await register.verify() == ()


@pytest.mark.parametrize("name", SCRIPTS)
async def test_a_conversation_straight_on(name: str, botapi: BotApi, tmp_path: Path) -> None:
    """D5, B2, G1, G8, D6: what was understood, only what is not yet known, the summary, then number and dates."""
    script, parent = SCRIPTS[name], Parent(botapi, name)
    prepare(tmp_path)
    async with post() as relay, House(tmp_path, relay, channels=[telegram(botapi, script["school"])]) as house:
        for step in script["step"]:
            await parent.does(step)
            await parent.hears(step["hears"])
        # What was handed in together follows its first message a moment after the acknowledgement.
        arrived = (await house.register.books()).arrived
        await house.until(lambda: len(house.entered) >= arrived)
        await house.all_sent()
        await ended(house.register, script)


@pytest.mark.parametrize("name", SCRIPTS)
async def test_a_conversation_with_a_kill_and_a_restart_between_every_two_steps(
    name: str, botapi: BotApi, tmp_path: Path
) -> None:
    """G4: whatever was said is on disk: the process is killed after each step and the conversation goes on."""
    script, parent = SCRIPTS[name], Parent(botapi, name)
    prepare(tmp_path)
    async with post() as relay:
        door = telegram(botapi, script["school"])
        config = settings(tmp_path, relay.port, [door])
        for step in script["step"]:
            async with Running(config) as process:
                await parent.does(step)
                await parent.hears(step["hears"])
                await process.end(signal.SIGKILL)
        # The last life takes in what the killed ones held in their hands, and then nothing is missing or there twice.
        async with House(tmp_path, relay, channels=[door]) as house:
            await botapi.until(lambda: not botapi.held, PATIENCE)
            await nothing_waits(house)
            await ended(house.register, script)


async def nothing_waits(house: House) -> None:
    """Returns once everything that has arrived is entered."""
    while True:
        entered = len(house.entered)
        if not (await house.register.books()).waiting:
            return
        await house.until(partial(_more_than, house, entered))


def _more_than(house: House, number: int) -> bool:
    return len(house.entered) > number
