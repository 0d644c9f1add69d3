"""A mailbox on a server that does what servers should not, or what IMAPClient does not expect."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from intake.channels.imap import Channel, Settings
from tests.journeys.servers.doorway import Spool
from tests.journeys.servers.scripted_imap import ScriptedImap

MATEN = b"Subject: Maten\r\n\r\nHej!\r\n"
BUSSEN = b"Subject: Bussen\r\n\r\nHej!\r\n"


@pytest.fixture
async def server() -> AsyncIterator[ScriptedImap]:
    one = await ScriptedImap().start()
    yield one
    await one.stop()


@pytest.fixture
def spool() -> Spool:
    return Spool()


@contextlib.asynccontextmanager
async def watching(spool: Spool, server: ScriptedImap, folder: Path, **settings: Any) -> AsyncIterator[None]:
    (folder / "password").write_text("sommar")
    known = {
        "host": "127.0.0.1", "port": server.port, "security": "none", "user": "hej@alexanderskolan.se",
        "password_file": folder / "password", "backoff_seconds": 0.001, "poll_seconds": 1000,
    }  # fmt: skip
    task = asyncio.create_task(Channel(Settings(**{**known, **settings}), spool.doorway()).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.result()


async def test_new_mail_told_in_the_breath_of_the_idle_is_not_missed(
    server: ScriptedImap, spool: Spool, tmp_path: Path
) -> None:
    def idle(_tag: str, _arguments: str) -> bytes:
        if server.mails:
            return b"+ idling\r\n"
        server.mails.append(MATEN)
        return b"+ idling\r\n" + server.exists()

    server.answers["IDLE"] = idle
    async with watching(spool, server, tmp_path):
        await spool.received(1)


async def test_new_mail_told_in_the_answer_to_a_search_is_not_missed(
    server: ScriptedImap, spool: Spool, tmp_path: Path
) -> None:
    def search(tag: str, _arguments: str) -> bytes:
        del server.answers["UID SEARCH"]
        server.mails.append(MATEN)
        return b"* SEARCH\r\n" + server.exists() + tag.encode() + b" OK done\r\n"

    server.answers["UID SEARCH"] = search
    async with watching(spool, server, tmp_path):
        await spool.received(1)


async def test_a_server_that_closes_in_the_midst_of_idle_is_noticed_at_once(
    server: ScriptedImap, spool: Spool, tmp_path: Path
) -> None:
    async with watching(spool, server, tmp_path):
        await spool.until(lambda: spool.told == ["opened"])
        for number in range(1, 6):
            while server.heard[-1] != "IDLE":
                await asyncio.sleep(0.001)
            server.heard.append("closed")
            server.mails.append(MATEN)
            server.hang_up()
            await spool.received(number)
    assert spool.told == ["opened"]


async def test_a_server_that_talks_idly_is_listened_to(server: ScriptedImap, spool: Spool, tmp_path: Path) -> None:
    def idle(_tag: str, _arguments: str) -> bytes:
        return b"+ idling\r\n* OK Still here\r\n"

    server.answers["IDLE"] = idle
    async with watching(spool, server, tmp_path):
        await spool.until(lambda: spool.told == ["opened"])
        server.mails.append(MATEN)
        server.tell()
        await spool.received(1)


@pytest.mark.parametrize("answer", [None, b"NO [UNAVAILABLE] later", b"NO [AUTHENTICATIONFAILED] no", b"BAD what?"])
async def test_only_a_refused_login_is_called_one(
    server: ScriptedImap, spool: Spool, tmp_path: Path, answer: bytes | None
) -> None:
    server.answers["LOGIN"] = lambda tag, _arguments: tag.encode() + b" " + answer + b"\r\n" if answer else None
    async with watching(spool, server, tmp_path):
        await spool.until(lambda: len(spool.told) == 1)
        server.answers.clear()
        await spool.until(lambda: len(spool.told) == 2)
    lost = answer is None or b"UNAVAILABLE" in answer
    assert spool.told == ["unreachable" if lost else "login_refused", "opened"]


@pytest.mark.parametrize("whole", [True, False])
async def test_a_mail_at_which_the_server_always_hangs_up_is_taken_in_without_its_body(
    server: ScriptedImap, spool: Spool, tmp_path: Path, whole: bool
) -> None:
    """G4: it is registered as far as it may be had, and the others are not held up."""
    server.mails += [MATEN, BUSSEN, MATEN]

    def fetch(tag: str, arguments: str) -> bytes | None:
        of_the_second = "2" in arguments.split(" ")[0].split(",") and "BODY" in arguments
        if of_the_second and (whole or "HEADER" not in arguments):
            return None
        return server._usual(tag, "UID FETCH", arguments)

    server.answers["UID FETCH"] = fetch
    async with watching(spool, server, tmp_path):
        await spool.until(lambda: spool.stored_cursor == "7:3")
    mark = b"X-Lyhord-Truncated: %d\r\n" % len(BUSSEN)
    assert [raw.content for raw in spool.raws] == [
        MATEN,
        mark if whole else mark + b"Subject: Bussen\r\n\r\n",
        MATEN,
    ]


@pytest.mark.parametrize("left_out", ["BODY", "RFC822.SIZE"])
async def test_a_mail_that_the_server_leaves_out_is_not_taken_for_deleted(
    server: ScriptedImap, spool: Spool, tmp_path: Path, left_out: str
) -> None:
    """G4: nothing that is in the mailbox is passed over."""
    server.mails += [MATEN, BUSSEN]

    def fetch(tag: str, arguments: str) -> bytes:
        uids = arguments.split(" ")[0].split(",")
        if left_out in arguments:
            uids = [uid for uid in uids if uid != "1"]
        answers = [server._fetch(int(uid), arguments) for uid in uids]
        return b"".join(answers) + tag.encode() + b" OK done\r\n"

    server.answers["UID FETCH"] = fetch
    async with watching(spool, server, tmp_path):
        await spool.until(lambda: spool.stored_cursor == "7:2")
    expected = b"X-Lyhord-Truncated: %d\r\n" % len(MATEN) if left_out == "BODY" else MATEN
    assert [raw.content for raw in spool.raws] == [expected, BUSSEN]


async def test_a_mail_that_was_deleted_meanwhile_is_passed_over(
    server: ScriptedImap, spool: Spool, tmp_path: Path
) -> None:
    server.mails += [MATEN, BUSSEN]

    def search(tag: str, arguments: str) -> bytes:
        found = b"* SEARCH 1 2\r\n" if ":*" in arguments else b"* SEARCH\r\n"
        return found + tag.encode() + b" OK done\r\n"

    def fetch(tag: str, arguments: str) -> bytes:
        return (server._fetch(2, arguments) if "2" in arguments else b"") + tag.encode() + b" OK done\r\n"

    server.answers.update({"UID SEARCH": search, "UID FETCH": fetch})
    async with watching(spool, server, tmp_path):
        await spool.until(lambda: spool.stored_cursor == "7:2")
    assert [raw.content for raw in spool.raws] == [BUSSEN]


async def test_a_server_that_does_not_say_how_it_numbers_is_not_used(
    server: ScriptedImap, spool: Spool, tmp_path: Path
) -> None:
    server.mails.append(MATEN)
    server.answers["SELECT"] = lambda tag, _arguments: b"* 1 EXISTS\r\n* 0 RECENT\r\n" + tag.encode() + b" OK done\r\n"
    async with watching(spool, server, tmp_path):
        await spool.until(lambda: spool.told == ["unsuited"])
    assert spool.handed == []


@pytest.mark.parametrize(
    "answer", [b"* BYE gone\r\n", b"* 1 FETCH (UID x)\r\n", b"garbage\r\n", b"* SEARCH 1 2 x\r\n", b"\xff\xfe\r\n"]
)
@pytest.mark.parametrize("command", ["UID SEARCH", "SELECT"])
async def test_nonsense_is_survived(
    server: ScriptedImap, spool: Spool, tmp_path: Path, command: str, answer: bytes
) -> None:
    told = 0

    def nonsense(tag: str, arguments: str) -> bytes | None:
        nonlocal told
        told += 1
        if told > 3:
            return server._usual(tag, command, arguments)
        return answer + tag.encode() + b" NO what?\r\n"

    server.mails.append(MATEN)
    server.answers[command] = nonsense
    async with watching(spool, server, tmp_path):
        await spool.received(1)
