"""The servers that journeys may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.journeys.servers.receiver import Receiver


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """An SMTP receiver on a free port."""
    one = Receiver()
    await one.start()
    yield one
    await one.stop()
