"""Company: whoever is done with one of several things waits a moment for the others, and they are written together."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

#: how many seconds the first waits for the last: messages that are entered, letters that have left
ENTERING, SENDING = 0.04, 0.05
#: where so many messages and letters are in hand, one that arrives may wait so long for others, a claim, a question
MANY, ARRIVING, CLAIMING, ASKING = 4, 0.03, 0.02, 0.01


class Company:
    """What a process has in hand of one kind."""

    def __init__(self, patience: float) -> None:
        """`patience`: how many seconds the first waits for the last."""
        self._patience = patience
        self._in_hand: set[Hashable] = set()

    def __len__(self) -> int:
        return len(self._in_hand)

    def join(self, names: Iterable[Hashable]) -> None:
        """These are in hand from now on."""
        self._in_hand.update(names)

    def leave(self, name: Hashable) -> float:
        """One is done: how many seconds it may wait to be written; the last one not at all."""
        self._in_hand.discard(name)
        return self._patience if self._in_hand else 0.0
