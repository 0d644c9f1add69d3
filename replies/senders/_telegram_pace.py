"""How fast a bot may write: a pace for all chats together and one for each, and what has to wait longer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

#: seconds between two messages of a bot (30 a second), and between two to the same chat
BETWEEN_ANY = 1 / 30
BETWEEN_SAME = 1.0
#: chats are forgotten when their turn is over and so many are known
_MANY = 1000


class Pace:
    """Lets everyone wait for their turn."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._any = 0.0
        self._same: dict[str, float] = {}
        self._held: dict[str, float] = {}

    def hold(self, what: str, seconds: float) -> None:
        """Nothing for `what`, a chat or a letter, before so many seconds have passed."""
        self._held[what] = self._clock() + seconds

    def held(self, *whats: str) -> float:
        """The seconds that are left until none of them is held; 0 where none is."""
        now = self._clock()
        self._held = {what: until for what, until in self._held.items() if until > now}
        return max((self._held.get(what, now) - now for what in whats), default=0.0)

    async def turn(self, chat: str) -> None:
        """Returns when a message may go to this chat."""
        await self._until(self._chat_turn(chat))
        # Only now, so that a chat which has to wait takes no turn from the others.
        turn = max(self._clock(), self._any)
        self._any = turn + BETWEEN_ANY
        await self._until(turn)

    def _chat_turn(self, chat: str) -> float:
        now = self._clock()
        if len(self._same) > _MANY:
            self._same = {chat: free for chat, free in self._same.items() if free > now}
        turn = max(now, self._same.get(chat, 0.0))
        self._same[chat] = turn + BETWEEN_SAME
        return turn

    async def _until(self, moment: float) -> None:
        wait = moment - self._clock()
        if wait > 0:
            await self._sleep(wait)
