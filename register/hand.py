"""In hand: what this process brought itself and claimed as it was written down, so that no claim has to be written."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class Hand(Generic[Thing]):
    """What one loop takes from: things that are ours already; and when to look into the register for others.

    Others are there when more came than there was room for, when another process brought them or has died, and when
    they had to wait. Whoever is behind takes nothing new in hand, so that the older come first.
    """

    def __init__(self, room: int, look_after: float) -> None:
        """`room`: how much may be in hand; the register is looked into after so many seconds at the latest."""
        self._room, self._look_after = room, look_after
        self._waiting: deque[tuple[float, Thing]] = deque()
        self._looked = 0.0
        #: somebody takes from it; nothing is to be claimed for a loop that does not run
        self.open = False
        #: something in the register may be waiting for whoever claims it
        self.behind = True
        #: what is expected, or being dealt with
        self.busy = 0

    def room(self) -> int:
        """How much more may be claimed for it."""
        return max(0, self._room - len(self._waiting) - self.busy) if self.open and not self.behind else 0

    def give(self, things: Iterable[Thing]) -> None:
        """These are claimed for us."""
        moment = time.monotonic()
        self._waiting.extend((moment, one) for one in things)

    def next(self, most: int) -> Sequence[Thing]:
        """The oldest."""
        return [self._waiting.popleft()[1] for _ in range(min(most, len(self._waiting)))]

    def stale(self, seconds: float) -> Sequence[Thing]:
        """Takes out what has waited for longer: its lease may end before anybody comes to it."""
        moment, found = time.monotonic() - seconds, []
        while self._waiting and self._waiting[0][0] < moment:
            found.append(self._waiting.popleft()[1])
        return found

    async def fetch(
        self, claim: Callable[[int], Awaitable[Sequence[Thing]]], most: int, *, always: bool = False
    ) -> Sequence[Thing]:
        """What to deal with next: what `claim` gives where it is time to ask, otherwise what is in hand, up to `most`.

        `always`: whoever has nothing in hand asks. Raises what `claim` raises.
        """
        if not self._is_time(always=always):
            return self.next(most)
        # What comes into the register from here on is to be looked for again.
        self.behind, self._looked = False, time.monotonic()
        try:
            claimed = await claim(most)
        except BaseException:
            self.behind = True
            raise
        self.behind = self.behind or len(claimed) == most
        return claimed or self.next(most)

    def _is_time(self, *, always: bool) -> bool:
        late = time.monotonic() - self._looked >= self._look_after
        return late or ((self.behind or always) and not self._waiting)
