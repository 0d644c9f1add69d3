"""Three `lyhord run` on one PostgreSQL: they share the work, one attends to the mailbox, and one is killed."""

from __future__ import annotations

import asyncio
import json
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from register.store import Register
from tests.journeys.conftest import need
from tests.journeys.house import Post, settings
from tests.journeys.mails import SHORT, Mail, mail, pile
from tests.journeys.ports import free_port
from tests.journeys.running import Running, hand_over, lyhord
from tests.journeys.servers import postgresql
from tests.journeys.servers.dovecot import Dovecot
from tests.journeys.servers.postgresql import Postgres

MAILS = 12


@pytest.fixture
def database() -> Iterator[str]:
    """The address of an empty database on a server of its own."""
    need(postgresql.missing())
    server = Postgres()
    yield server.new_database("lyhord")
    server.stop()


def boxed(number: int) -> list[Mail]:
    """Mails to Alexanderskolan's mailbox."""
    return [mail(SHORT[0][0], f"Klagomål i lådan ({place})", SHORT[0][2]) for place in range(number)]


def acknowledged(post: Post) -> Counter[str]:
    """How often each parent got the same letter: copies of one are one."""
    return Counter(to for to, _ in {(one.to, one.message_id) for one in post.letters if "forelder" in one.to})


async def test_three_processes_share_a_register_and_one_may_die(
    tmp_path: Path, database: str, dovecot: Dovecot
) -> None:
    """G4: each mail once, numbers without a gap; the mailbox is handed over, and what the dead one held is not lost."""
    post = Post()
    await post.start()
    (tmp_path / "password").write_text("sommar", encoding="utf-8")
    box = (
        f'[[channels]]\nkind = "imap"\nhost = "127.0.0.1"\nport = {dovecot.imap}\nsecurity = "none"\nuser = "hej"\n'
        'address = "hej@alexanderskolan.se"\npassword_file = "password"\n'
    )
    ports = [free_port() for _ in range(3)]
    configs = [
        settings(
            tmp_path,
            post.port,
            [f'[[channels]]\nkind = "lmtp"\nport = {port}\n', box],
            database=database,
            name=f"{port}.toml",
        )
        for port in ports
    ]
    by_mail, before, after = pile(MAILS), boxed(2), boxed(2)
    everyone = {one.sender for one in (*by_mail, *before, *after)}
    async with AsyncExitStack() as stack:
        # The first one has the mailbox when the others come.
        first = await stack.enter_async_context(Running(configs[0]))
        others = [Running(config) for config in configs[1:]]
        await asyncio.gather(*(stack.enter_async_context(one) for one in others))
        for one in before:
            dovecot.deliver("hej", one.content)
        with ThreadPoolExecutor(6) as clients:
            loop = asyncio.get_running_loop()
            sends = [
                loop.run_in_executor(clients, hand_over, one, ports[place % 3]) for place, one in enumerate(by_mail)
            ]
            await post.arrived(2)
            await first.end(signal.SIGKILL)
            taken = await asyncio.gather(*sends)
        for one in after:
            dovecot.deliver("hej", one.content)
        for one in (one for one, said in zip(by_mail, taken, strict=True) if not said):
            assert await asyncio.to_thread(hand_over, one, ports[1])
        await post.until(lambda: set(acknowledged(post)) == everyone)
        ends = await asyncio.gather(*(one.end() for one in others))
        assert [said.status for said in ends] == [0, 0]
    await post.stop()
    assert acknowledged(post) == Counter(everyone)
    said = await lyhord("register", "verify", "--json", "--config", configs[1])
    books = json.loads(said.out)
    assert (books["sound"], books["registered"], books["waiting"]) == (True, MAILS + 4, 0)
    async with await Register.open(database) as register:
        entries = await register.journal()
        struck = [one for one in await register.letters() if one["state"] != "sent" and one["send_at"] is None]
    assert struck == []
    assert sum(entry.what == "acknowledged" for entry in entries) == MAILS + 4
