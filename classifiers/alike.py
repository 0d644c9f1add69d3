"""How much alike two messages are in meaning: what is kept of a message's embedding, and the nearest among many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

#: half precision, in the same order of bytes on every machine
_KEPT = "<f2"


def kept(row: Any, centre: Any) -> bytes:
    """An embedding as it is kept: from the centre of all messages, of length one, in half precision."""
    centred = row - centre
    return bytes((centred / max(float(np.linalg.norm(centred)), 1e-9)).astype(_KEPT).tobytes())


def nearest(meaning: bytes, others: Sequence[tuple[str, bytes]], *, above: float, most: int) -> tuple[str, ...]:
    """The names of those that are most alike, the nearest first; what was kept in another length is no match.

    `above` is how much alike they must be, from -1 to 1.
    """
    named = [(name, one) for name, one in others if len(one) == len(meaning)]
    if not named or not meaning:
        return ()
    rows = np.frombuffer(b"".join(one for _, one in named), _KEPT).reshape(len(named), -1).astype(np.float32)
    scores = rows @ np.frombuffer(meaning, _KEPT).astype(np.float32)
    order = np.argsort(-scores, kind="stable")[:most]
    return tuple(named[place][0] for place in order if scores[place] >= above)
