"""An update on its way into the spool, however it came: with its files, once, and the button below it let go."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from telegram.error import TelegramError

from intake.channels import Receive
from intake.channels._telegram_client import Client
from intake.channels._telegram_files import packed
from intake.channels._telegram_json import Node
from intake.channels._telegram_read import chat_of
from register.records import RawMessage

#: files held in memory at once
_FILES_AT_ONCE = 3


class Taking:
    """Hands updates of one bot over to the spool."""

    def __init__(self, receive: Receive, organisation: str | None) -> None:
        self._receive, self._organisation = receive, organisation
        self._gate = asyncio.Semaphore(_FILES_AT_ONCE)

    async def take(self, bot: Client, update: dict[str, Any]) -> None:
        """Returns once the update is on disk; raises Temporary where that did not work."""
        raw = RawMessage(
            channel="telegram",
            external_id=f"{bot.number}:{update['update_id']}",
            content=await packed(bot, update, self._gate),
            received_at=datetime.now(UTC),
            organisation=self._organisation,
        )
        await self._receive(raw)
        await _let_go(bot, update)

    async def take_all(self, bot: Client, updates: Sequence[dict[str, Any]]) -> None:
        """Chats side by side, so that they share a commit and nobody waits for another's film; one chat in order."""
        chats = (self._in_order(bot, chat) for chat in _by_chat(updates))
        outcomes = await asyncio.gather(*chats, return_exceptions=True)
        for fault in (outcome for outcome in outcomes if isinstance(outcome, BaseException)):
            raise fault

    async def _in_order(self, bot: Client, updates: Sequence[dict[str, Any]]) -> None:
        for update in updates:
            await self.take(bot, update)


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
