"""`python -m tests.fuzz --minutes 10`: all targets in turn until the time is over; exit 1 at the first find."""

from __future__ import annotations

import random
import time
import traceback
from collections import Counter
from typing import Annotated

import typer

from tests.fuzz.targets import TARGETS

#: examples of one target before the next one has its turn
ROUND = 200


def main(
    minutes: Annotated[float, typer.Option(help="How long.")] = 10,
    only: Annotated[str | None, typer.Option(help="One target by its name.")] = None,
) -> None:
    """Makes up what strangers may send, and says how much was tried and what was found."""
    names = [only] if only else list(TARGETS)
    tried: Counter[str] = Counter()
    end = time.monotonic() + minutes * 60
    while time.monotonic() < end:
        for name in names:
            start = random.randrange(2**32)
            try:
                TARGETS[name].hunt(ROUND, start)
            # Whatever it is, it is a find.
            except Exception:  # noqa: BLE001 - it is told whole, and ends the run
                traceback.print_exc()
                print(f"found in {name}, seed {start}; make it a test")
                raise typer.Exit(1) from None
            tried[name] += ROUND
    for name, number in tried.items():
        print(f"{name}: {number} tried, nothing found")


if __name__ == "__main__":
    typer.run(main)
