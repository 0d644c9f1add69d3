"""The service as whoever keeps it running sees it: an outage from alarm to all-clear, and a move by a backup."""

from __future__ import annotations

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from bot.commands.backup import backup, restore
from register.store import Register
from tests.journeys.house import House, Post, settings
from tests.journeys.mails import complaint
from tests.journeys.ports import free_port
from tests.journeys.running import Running, hand_over
from tests.journeys.servers.dovecot import Dovecot

MANAGER = "hedvig.lagerstam@alexanderskolan.se"


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    """Where the letters go."""
    one = Post()
    await one.start()
    yield one
    await one.stop()


async def page(house: House, name: str) -> httpx.Response:
    """What the service shows to those who watch it."""
    assert house.service.monitor is not None
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(f"http://127.0.0.1:{house.service.monitor.port}/{name}")


async def test_an_outage_of_a_mailbox_from_the_alarm_to_the_all_clear(
    tmp_path: Path, post: Post, dovecot: Dovecot
) -> None:
    """G4: one letter when it has lasted, one when it is over; what came meanwhile is taken in."""
    dovecot.stop()
    (tmp_path / "password").write_text("sommar")
    mailbox = (
        f'[[channels]]\nkind = "imap"\nhost = "127.0.0.1"\nport = {dovecot.imap}\nsecurity = "none"\nuser = "hej"\n'
        'address = "hej@alexanderskolan.se"\npassword_file = "password"\nbackoff_seconds = 0.05\n'
    )
    more = (
        '[operation]\nlog_level = "error"\nclock_seconds = 0.2\nmailbox_within_minutes = 0.01\nmetrics_port = 0\n'
        'alarm_to = ["drift@it.example"]\n'
    )
    async with House(tmp_path, post, channels=[mailbox], more=more) as house:
        alarm = await post.letter(MANAGER, subject="Larm")
        await post.letter("drift@it.example", subject="Larm")
        assert "den går inte att nå" in alarm.words
        health = await page(house, "healthz")
        assert (health.status_code, health.json()["alarms"]) == (200, {"channel": 1})
        assert 'lyhord_alarms_ringing{code="channel"} 1\n' in (await page(house, "metrics")).text
        dovecot.start()
        one = complaint("alexanderskolan", "sv")
        await asyncio.to_thread(dovecot.deliver, "hej", one.content)
        await post.letter(MANAGER, subject="Det fungerar igen")
        await post.letter(one.sender)
        assert 'channel="imap:hej"' in (await page(house, "metrics")).text
        assert (await page(house, "healthz")).json()["alarms"] == {}
    subjects = [one.subject.partition(",")[0] for one in post.letters if one.to == MANAGER]
    assert [one for one in subjects if one.startswith(("Larm", "Det fungerar"))] == [
        "Larm: något behöver åtgärdas",
        "Det fungerar igen",
    ]


async def test_a_service_moves_by_a_backup_with_letters_on_their_way(tmp_path: Path, post: Post) -> None:
    """G4: taken while it works, put back elsewhere after a kill; each letter comes once, the book is sound."""
    port, old, new = free_port(), tmp_path / "old", tmp_path / "new"
    door = f'[[channels]]\nkind = "lmtp"\nport = {port}\n'
    for folder in (old, new):
        folder.mkdir()
    config, there = (settings(folder, post.port, [door]) for folder in (old, new))
    post.away = True
    mails = [complaint("alexanderskolan", "sv"), complaint("nordberg", "nb")]
    async with Running(config) as running:
        for one in mails:
            assert await asyncio.to_thread(hand_over, one, port)
        await post.turned_away(2)
        await asyncio.to_thread(backup, tmp_path / "backup", config, key=True)
        await running.end(signal.SIGKILL)
    await asyncio.to_thread(restore, tmp_path / "backup", there, letters_have_left=False)
    shutil.rmtree(old)
    assert post.letters == []
    post.away = False
    async with Running(there) as running:
        for one in mails:
            await post.letter(one.sender)
        assert (await running.end()).status == 0
    ids = [one.message_id for one in post.letters]
    assert len(ids) == len(set(ids))
    async with await Register.open(f"sqlite+aiosqlite:///{new / 'lyhord.db'}", create=False) as register:
        books = await register.books()
        assert (books.arrived, books.registered, books.waiting) == (2, 2, 0)
        assert await register.verify() == ()
