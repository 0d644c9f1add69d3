"""The Telegram door: asks the Bot API for updates, and moves on only when they are on disk."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from intake.channels import Doorway
from intake.channels._telegram_client import Client
from intake.channels._telegram_files import packed
from intake.channels._telegram_json import Node
from intake.channels._telegram_read import chat_of, read
from register.errors import BadSettings, Temporary
from register.records import RawMessage

__all__ = ["Channel", "Settings", "probe", "read"]

#: the longest pause between two attempts, in seconds
_LONGEST_PAUSE = 300.0
#: files held in memory at once
_FILES_AT_ONCE = 3
_TOKEN = re.compile(r"\d{1,20}:[A-Za-z0-9_-]+")
_TROUBLES = {
    "login_refused": "Telegram refuses the bot's token; get the right one from @BotFather",
    "conflict": "another program or a webhook takes this bot's messages; stop the other program or remove the webhook",
    "unreachable": "Telegram cannot be reached",
}


class Settings(BaseModel):
    """A `[[channels]]` table of kind telegram."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["telegram"] = "telegram"
    #: the environment variable that holds the bot's token
    token_env: str | None = None
    #: or the file that holds it
    token_file: Path | None = None
    base_url: str = Field(default="https://api.telegram.org", pattern=r"^https?://[^\s{}]+$")
    #: the school that this bot belongs to; may be left out where there is only one
    organisation: str | None = None
    #: how long Telegram holds an empty answer back, in seconds
    poll_timeout: int = Field(default=30, ge=0, le=50)
    #: the first pause after a fault, in seconds; doubled each time, at most five minutes
    backoff_seconds: float = Field(default=2.0, gt=0, le=_LONGEST_PAUSE)

    @field_validator("base_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @model_validator(mode="after")
    def _one_token(self) -> Self:
        if (self.token_env is None) == (self.token_file is None):
            raise ValueError("give either token_env or token_file")
        return self

    def token(self) -> str:
        """The secret, read anew each time; raises BadSettings with what to do where there is none."""
        if self.token_env is not None:
            token, where = os.environ.get(self.token_env, ""), f"the environment variable {self.token_env}"
        else:
            token, where = _content(self.token_file), f"the file {self.token_file}"
        if not _TOKEN.fullmatch(token.strip()):
            raise BadSettings(f"channels (telegram): {where} holds no bot token; it looks like 123456:ABC-DEF")
        return token.strip()

    def bot(self) -> Client:
        """A client of the Bot API, to be closed with `shutdown()`; raises BadSettings."""
        return Client(self.token(), self.base_url)


def _content(path: Path | None) -> str:
    try:
        return path.read_text("utf-8") if path else ""
    except (OSError, UnicodeDecodeError):
        return ""


class Channel:
    """Receives the messages of one bot.

    Telegram keeps an update until a later one is asked for. So the offset moves only when everything below it is on
    disk, and after a crash the same updates come again: the spool knows them by their number and keeps one of each.

    The stored cursor is for people to look at. It is never sent as the first offset: after a week of silence Telegram
    numbers afresh, and an old, higher offset would confirm messages that nobody has read.
    """

    for_one_process = True

    def __init__(self, settings: Settings, doorway: Doorway) -> None:
        """Raises BadSettings where there is no token."""
        settings.token()
        self._settings = settings
        self._doorway = doorway
        self._offset: int | None = None
        self._open = False
        #: what has been told of the present outage
        self._told: set[str] = set()
        self._failures = 0

    async def run(self) -> None:
        """Receives until it is cancelled, and mends its own connection."""
        while True:
            # The token is read again after a refusal: it may have been replaced in its file.
            bot = self._settings.bot()
            try:
                await self._receive_from(bot)
            except InvalidToken:
                await self._trouble("login_refused")
            finally:
                await bot.shutdown()

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
                await self._trouble("conflict")
            except TelegramError:
                await self._trouble("unreachable")
            else:
                self._doorway.seen()
                await self._well()
                await self._take(bot, updates)

    def _patience(self) -> int:
        """How long to wait for updates: not at all while nobody knows yet whether the door works.

        In a conflict each of two programs is let in for a moment and then thrown out, so only a whole wait proves that
        the other one is gone.
        """
        return self._settings.poll_timeout if self._open or "conflict" in self._told else 0

    async def _take(self, bot: Client, updates: Sequence[dict[str, Any]]) -> None:
        """Spools a batch and then, with all of it on disk, moves the offset."""
        try:
            await self._spool(bot, updates)
        except Temporary:
            await self._pause()
            return
        self._failures = 0
        # With nothing left to confirm the next question carries no offset, see above.
        self._offset = _next(updates) if updates else None

    async def _spool(self, bot: Client, updates: Sequence[dict[str, Any]]) -> None:
        """Chats side by side, so that they share a commit and nobody waits for another's film; one chat in order."""
        gate = asyncio.Semaphore(_FILES_AT_ONCE)
        chats = (self._hand_over(bot, chat, gate) for chat in _by_chat(updates))
        outcomes = await asyncio.gather(*chats, return_exceptions=True)
        for fault in (outcome for outcome in outcomes if isinstance(outcome, BaseException)):
            raise fault
        if updates:
            await self._doorway.set_cursor(str(_next(updates)))

    async def _hand_over(self, bot: Client, updates: Sequence[dict[str, Any]], gate: asyncio.Semaphore) -> None:
        for update in updates:
            raw = RawMessage(
                channel="telegram",
                external_id=f"{bot.number}:{update['update_id']}",
                content=await packed(bot, update, gate),
                received_at=datetime.now(UTC),
                organisation=self._settings.organisation,
            )
            await self._doorway.receive(raw)
            await _let_go(bot, update)

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
        pause = min(self._settings.backoff_seconds * 2 ** min(self._failures, 10), _LONGEST_PAUSE)
        self._failures += 1
        await asyncio.sleep(max(pause, at_least))


async def probe(settings: Settings) -> None:
    """Asks Telegram who the bot is, and changes nothing; raises Temporary or BadSettings where that fails."""
    bot = settings.bot()
    try:
        await bot.get_me()
    except InvalidToken:
        raise Temporary(_TROUBLES["login_refused"]) from None
    except TelegramError as error:
        raise Temporary(_TROUBLES["unreachable"], private=type(error).__name__) from None
    finally:
        await bot.shutdown()


async def _let_go(bot: Client, update: dict[str, Any]) -> None:
    """Ends the clock on a button that was pressed; it is on disk, and what comes of it is said in the chat."""
    pressed = Node(update).at("callback_query", "id").line
    if pressed:
        # It is a courtesy: a button that was pressed long ago cannot be let go any more, and nothing depends on it.
        with contextlib.suppress(TelegramError):
            await bot.answer_callback_query(pressed)


def _by_chat(updates: Sequence[dict[str, Any]]) -> Sequence[Sequence[dict[str, Any]]]:
    chats: dict[int | None, list[dict[str, Any]]] = {}
    for update in updates:
        chats.setdefault(chat_of(Node(update)), []).append(update)
    return tuple(chats.values())


def _next(updates: Sequence[dict[str, Any]]) -> int:
    """The offset that confirms these updates."""
    return max(int(update["update_id"]) for update in updates) + 1


def _seconds(wait: int | timedelta) -> float:
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
