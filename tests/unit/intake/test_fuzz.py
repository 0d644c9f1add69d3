"""What strangers may send, made up: bounded here, for as long as one likes by `python -m tests.fuzz --minutes N`."""

from __future__ import annotations

import pytest

from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_made_up_breaks_what_reads_it(name: str) -> None:
    """G4: whatever comes is read, or refused in words."""
    TARGETS[name].hunt(TARGETS[name].bounded)
