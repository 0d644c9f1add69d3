"""The servers that journeys may ask for."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.journeys.house import House, Post
from tests.journeys.servers import certificates as authority
from tests.journeys.servers import dovecot as imap
from tests.journeys.servers.certificates import Certificates
from tests.journeys.servers.dovecot import Dovecot
from tests.journeys.servers.receiver import Receiver


def need(why_not: str) -> None:
    """Skips a journey whose server is missing; where everything must be there (CI) it fails."""
    if why_not and os.environ.get("CI") == "true":
        pytest.fail(why_not)
    if why_not:
        pytest.skip(why_not)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority and a certificate that it has signed for 127.0.0.1."""
    folder = tmp_path_factory.mktemp("certificates")
    return authority.make(folder)


@pytest.fixture
def dovecot(certificates: Certificates) -> Iterator[Dovecot]:
    """A running Dovecot with the users hej and reception, whose password is `sommar`."""
    need(imap.missing())
    server = Dovecot({"hej": "sommar", "reception": "sommar"}, certificates)
    try:
        yield server.start()
    finally:
        server.close()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """An SMTP receiver on a free port."""
    one = Receiver()
    await one.start()
    yield one
    await one.stop()


@pytest.fixture(scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One house with the four schools, shared by all journeys that only add cases to it."""
    post = Post()
    await post.start()
    async with House(tmp_path_factory.mktemp("house"), post) as running:
        yield running
    await post.stop()
