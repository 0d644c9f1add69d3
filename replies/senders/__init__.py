"""The senders: each takes letters for one kind of address and says whether they have left.

A sender is one module here. It may import `register.records` and `register.errors` and the one library it speaks with.
To add one, write a class that keeps to `Sender`; the wiring joins it to a kind of address.
"""

from __future__ import annotations

from typing import Protocol

from register.records import Letter


class Sender(Protocol):
    """Hands letters to the outside world, each at least once.

    A letter whose fate is not known (the answer of the server was lost) counts as not sent: its Message-ID is fixed, so
    that a repeat can be recognised.
    """

    async def send(self, letter: Letter) -> str:
        """Sends a letter; returns a detail for the journal, such as the server's reply code, without personal data.

        Raises Temporary where it may work later, Permanent where it never will for this letter.
        """
        ...

    async def probe(self) -> None:
        """Finds out, without sending anything, whether letters could be sent; raises Temporary or Permanent if not."""
        ...

    async def close(self) -> None:
        """Ends all connections."""
        ...
