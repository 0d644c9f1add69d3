"""Several bots, one a school: a letter leaves by the bot of the school that it is of."""

from __future__ import annotations

from collections.abc import Mapping

from register.errors import Permanent
from register.records import Letter
from replies.senders import Sender


class BySchool:
    """A sender that hands every letter on to the one of its school."""

    def __init__(self, senders: Mapping[str, Sender]) -> None:
        """Senders by the school's id, at least one; empty for one that is of no school in particular."""
        self._senders = senders

    async def send(self, letter: Letter) -> str:
        """As the school's sender does; raises Permanent where there are several and none is of this school."""
        return await self._of(letter.organisation).send(letter)

    async def probe(self) -> None:
        """Raises Temporary where one of them cannot send."""
        for sender in self._senders.values():
            await sender.probe()

    async def close(self) -> None:
        """Ends all connections."""
        for sender in self._senders.values():
            await sender.close()

    def _of(self, organisation: str) -> Sender:
        found = self._senders.get(organisation) or self._senders.get("")
        # A letter of the program itself is of no school; with a single bot everything leaves by it.
        if found is None and (len(self._senders) == 1 or not organisation):
            found = next(iter(self._senders.values()))
        if found is None:
            raise Permanent("This school has no bot to write with.", private="no channel of this organisation")
        return found
