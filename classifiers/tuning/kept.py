"""How far the teaching has come, kept beside the encoder after every round: what is stopped goes on from there."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from classifiers.corpus_file import Example


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A file for one corpus and one way of teaching; of any other it knows nothing."""

    path: Path
    key: str

    @classmethod
    def of(cls, examples: Sequence[Example], how: tuple[object, ...], path: Path) -> Kept:
        """For these examples, taught so."""
        digest = hashlib.sha256(repr(how).encode())
        for one in examples:
            digest.update(one.model_dump_json(exclude={"file"}).encode())
        return cls(path=path, key=digest.hexdigest())

    def keep(self, done: int, net: Any, steps: Any) -> None:
        """Writes how things stand after `done` batches, whole or not at all."""
        state = {"net": net.state_dict(), "steps": steps.state_dict(), "random": torch.get_rng_state()}
        fresh = self.path.with_suffix(".new")
        torch.save({"key": self.key, "done": done, **state}, fresh)
        fresh.replace(self.path)

    def take_up(self, net: Any, steps: Any) -> int:
        """Puts net, steps and chance where they were; gives how many batches are done, 0 where nothing is kept."""
        found = self._read()
        if found is None:
            return 0
        net.load_state_dict(found["net"])
        steps.load_state_dict(found["steps"])
        torch.set_rng_state(found["random"])
        return int(found["done"])

    def forget(self) -> None:
        """Removes the file."""
        self.path.unlink(missing_ok=True)

    def _read(self) -> Any:
        try:
            found = torch.load(self.path, weights_only=True)
        except (OSError, RuntimeError, EOFError, ValueError):
            return None
        return found if isinstance(found, dict) and found.get("key") == self.key else None
