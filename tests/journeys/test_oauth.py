"""A mailbox that is opened by token, on a real Dovecot that checks the tokens, with a provider on loopback."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from access.oauth import OAuth
from intake.channels.imap import Channel, Settings
from tests.journeys.servers.doorway import Spool
from tests.journeys.servers.dovecot import Dovecot
from tests.journeys.servers.tokens import TokenEndpoint, granted, jwt, refused
from tests.journeys.test_imap import mail, subjects


async def test_a_mailbox_by_token_from_an_expired_one_over_a_revoked_grant_to_a_new_one(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    """An expired token is renewed, a revoked grant is told at once, later mail is fetched from where it stopped."""
    spool, file = Spool(), tmp_path / "refresh"
    file.write_text("first\n")
    dovecot.deliver("hej", mail("Maten"))
    expired, good = jwt("hej", dovecot.key, seconds=-30), jwt("hej", dovecot.key)
    answers = [granted(expired), granted(good, refresh_token="second")]
    with TokenEndpoint(lambda form: answers.pop(0)) as endpoint:
        async with watching(spool, settings(dovecot, endpoint, file)):
            await spool.received(1)
            assert spool.told == ["opened"]
            assert [form["refresh_token"] for form in endpoint.forms] == ["first", "first"]
            assert file.read_text() == "second\n"
            endpoint.answer = lambda form: refused()
            dovecot.stop()
            dovecot.set_key(b"another key, so that what was granted is worth nothing")
            dovecot.start()
            await spool.until(lambda: "token_refused" in spool.told)
            dovecot.deliver("hej", mail("Bussen"))
            endpoint.answer = lambda form: granted(jwt("hej", dovecot.key))
            await spool.received(2)
            await spool.until(lambda: spool.told[-1] == "opened")
    assert subjects(spool.raws) == ["Bussen", "Maten"]
    assert len(set(spool.handed)) == len(spool.handed)
    assert endpoint.forms[-1]["refresh_token"] == "second"
    assert "first" not in "".join(spool.texts)


def settings(dovecot: Dovecot, endpoint: TokenEndpoint, file: Path) -> Settings:
    oauth = OAuth(provider="other", client_id="lyhord", refresh_token_file=file, token_url=endpoint.url)
    return Settings(
        host=dovecot.host,
        port=dovecot.imap,
        security="none",
        user="hej",
        address="hej@alexanderskolan.se",
        oauth=oauth,
        backoff_seconds=0.01,
    )


@contextlib.asynccontextmanager
async def watching(spool: Spool, known: Settings) -> AsyncIterator[None]:
    """A channel at work; what it raises in the end fails the test."""
    task = asyncio.create_task(Channel(known, spool.doorway()).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.result()
