"""What is loaded at the start stays: Python need not look through it for what can be thrown away."""

from __future__ import annotations

import gc

#: so many new objects, and so many rounds, before Python looks; few objects of ours are ever in a ring
_GENERATIONS = (20_000, 20, 50)


def settle() -> None:
    """Whatever is there by now is looked through no more."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GENERATIONS)
