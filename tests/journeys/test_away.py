"""A part of the world is away in the middle: the database behind a real mail server, the relay before its last word."""

from __future__ import annotations

import asyncio
import json
import smtplib
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tests.journeys.conftest import need
from tests.journeys.house import PATIENCE, House, Post, settings
from tests.journeys.mails import complaint, mail
from tests.journeys.ports import free_port
from tests.journeys.running import Running, lyhord
from tests.journeys.servers import postfix, postgresql
from tests.journeys.servers.postfix import Postfix
from tests.journeys.servers.postgresql import Postgres
from tests.journeys.servers.receiver import DROP
from tests.unit.bot.test_pipeline import DANGER_NN


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    """Where the letters go."""
    one = Post()
    await one.start()
    yield one
    await one.stop()


@pytest.fixture
def database() -> Iterator[Postgres]:
    """A server of its own, to be killed."""
    need(postgresql.missing())
    server = Postgres()
    yield server
    server.stop()


@pytest.fixture
def front() -> Iterator[Postfix]:
    """The mail server of the schools, which hands over to a port that nobody listens on yet."""
    need(postfix.missing())
    server = Postfix(free_port(), "alexanderskolan.se", "nordberg.example")
    try:
        yield server.start()
    finally:
        server.close()


async def until(holds: Callable[[], bool]) -> None:
    """What another program does is looked at now and then."""
    async with asyncio.timeout(PATIENCE):
        while not await asyncio.to_thread(holds):
            await asyncio.sleep(0.2)


async def test_mail_waits_at_the_mail_server_while_the_database_is_away(
    tmp_path: Path, post: Post, database: Postgres, front: Postfix
) -> None:
    """G4: 451 and not a word lost; once the database is back everything goes on by itself."""
    url = database.new_database("lyhord")
    door = f'[[channels]]\nkind = "lmtp"\nport = {front.lmtp}\n'
    before, meanwhile = complaint("alexanderskolan", "sv"), complaint("nordberg", "nb")
    async with Running(settings(tmp_path, post.port, [door], database=url)) as running:
        await asyncio.to_thread(front.take, before.sender, before.to, before.content)
        await post.letter(before.sender)
        database.kill()
        with pytest.raises(smtplib.SMTPDataError) as refused, smtplib.LMTP("127.0.0.1", front.lmtp) as client:
            client.sendmail(meanwhile.sender, [meanwhile.to], meanwhile.content)
        assert refused.value.smtp_code == 451
        await asyncio.to_thread(front.take, meanwhile.sender, meanwhile.to, meanwhile.content)
        await until(lambda: "451" in front.waiting().get(meanwhile.to, ""))
        database.start()
        await post.letter(meanwhile.sender)
        await until(lambda: front.waiting() == {})
        said = await running.end()
    assert said.status == 0
    assert meanwhile.sender not in said.err
    verified = await lyhord("register", "verify", "--json", "--config", running.config)
    books = json.loads(verified.out)
    assert (books["sound"], books["arrived"], books["registered"]) == (True, 2, 2)


async def test_a_relay_that_hangs_up_before_its_last_word_gets_the_same_letter_again(
    tmp_path: Path, post: Post
) -> None:
    """G7: nobody can know whether it was taken; it comes again, recognisable by its Message-ID, and counts once."""
    async with House(tmp_path, post) as house:
        post.say("data", DROP)
        case = await house.registered(mail("post@nordberg.example", "HASTAR", DANGER_NN))
        await house.all_sent()
        await house.until(lambda: {one.result for one in house.tried.values()} == {"sent"})
        letters = [dict(one) for one in await house.register.letters(case.id)]
        assert {one["state"] for one in letters} == {"sent"}
        again = [one.message_id for one in post.letters]
        assert len(again) == len(set(again)) + 1
        assert set(again) == {one["message_id"] for one in letters}
        assert await house.register.verify() == ()
