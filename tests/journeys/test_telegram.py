"""The Telegram door on real HTTP: nothing is lost and nothing comes twice, whatever breaks in between."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from intake.channels import Doorway
from intake.channels.telegram import Channel, Settings, read
from register.errors import Temporary
from register.records import RawMessage
from register.store import Register
from tests.journeys.servers.botapi import TOKEN, BotApi, Fault, botapi
from tests.journeys.servers.botapi_methods import RefusalError

__all__ = ["botapi"]
CHAT = 5001


@dataclass
class Spool:
    """A spool in memory with the doorway's contract: one message for each external id, and faults on order."""

    kept: dict[str, RawMessage] = field(default_factory=dict)
    #: every call, also the repeated and the refused ones
    received: int = 0
    refusals: int = 0
    cursors: list[str] = field(default_factory=list)
    #: `opened` and the codes of troubles, in order
    heard: list[str] = field(default_factory=list)
    #: let through before a `receive` never returns, as in a crash
    room: int | None = None
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def receive(self, raw: RawMessage) -> bool:
        async with self.changed:
            self.received += 1
            self.changed.notify_all()
            if self.refusals:
                self.refusals -= 1
                raise Temporary("The disk is full.")
            if self.room is not None and len(self.kept) >= self.room:
                await self.changed.wait_for(lambda: self.room is None)
            new = raw.external_id not in self.kept
            self.kept.setdefault(raw.external_id, raw)
            return new

    async def set_cursor(self, value: str) -> None:
        async with self.changed:
            self.cursors.append(value)
            self.changed.notify_all()

    async def cursor(self) -> str | None:
        return self.cursors[-1] if self.cursors else None

    async def opened(self) -> None:
        await self._hear("opened")

    async def trouble(self, code: str, text: str) -> None:
        assert TOKEN not in text
        await self._hear(code)

    async def _hear(self, what: str) -> None:
        async with self.changed:
            self.heard.append(what)
            self.changed.notify_all()

    async def until(self, holds: Callable[[], bool], seconds: float = 10) -> None:
        async with asyncio.timeout(seconds), self.changed:
            await self.changed.wait_for(holds)

    def doorway(self) -> Doorway:
        return Doorway(
            name="telegram:test",
            receive=self.receive,
            claimed_by=lambda recipient: None,
            cursor=self.cursor,
            set_cursor=self.set_cursor,
            opened=self.opened,
            trouble=self.trouble,
        )

    def texts(self) -> list[str]:
        return [read(raw).text for raw in self.kept.values()]


@asynccontextmanager
async def receiving(
    api: BotApi, spool: Spool, *, poll_timeout: int = 30, doorway: Doorway | None = None
) -> AsyncIterator[asyncio.Task[None]]:
    """The channel at work until the block ends; it has to stop at once."""
    settings = Settings(
        token_env="SCHOOL_BOT",
        base_url=api.base_url,
        organisation="alexanderskolan",
        poll_timeout=poll_timeout,
        backoff_seconds=0.02,
    )
    task = asyncio.create_task(Channel(settings, doorway or spool.doorway()).run())
    try:
        yield task
    finally:
        task.cancel()
        async with asyncio.timeout(2):
            await asyncio.gather(task, return_exceptions=True)


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHOOL_BOT", TOKEN)


async def test_a_message_is_spooled_and_then_acknowledged(botapi: BotApi) -> None:
    """F1: a chat channel is polled; F2: what comes in is written before it is acknowledged."""
    spool = Spool()
    async with receiving(botapi, spool):
        await botapi.writes(CHAT, "Maten är kall varje dag")
        await botapi.until(lambda: not botapi.held)
    (raw,) = spool.kept.values()
    assert (raw.channel, raw.external_id, raw.organisation) == ("telegram", "123456:1001", "alexanderskolan")
    assert spool.texts() == ["Maten är kall varje dag"]
    assert spool.heard == ["opened"]
    assert spool.cursors == ["1002"]


async def test_twenty_messages_and_a_crash_lose_none_and_keep_none_twice(botapi: BotApi) -> None:
    """G4: the channel dies after some are on disk and before the offset has moved."""
    texts = [f"meddelande {number}" for number in range(20)]
    for text in texts:
        await botapi.writes(CHAT, text)
    spool = Spool(room=7)
    async with receiving(botapi, spool):
        await spool.until(lambda: spool.received >= 8)
    assert (len(spool.kept), len(botapi.held), spool.cursors) == (7, 20, [])
    spool.room = None
    async with receiving(botapi, spool):
        await botapi.until(lambda: not botapi.held)
    assert spool.texts() == texts
    assert spool.received > 20


async def test_the_register_keeps_each_message_once_through_a_crash(botapi: BotApi, tmp_path: Path) -> None:
    """G4: the same on the real spool: a SQLite file, opened anew after the crash."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'register.db'}"
    texts = [f"meddelande {number}" for number in range(20)]
    for number, text in enumerate(texts):
        await botapi.writes(CHAT + number % 3, text)
    spool = Spool()
    async with await Register.open(url) as register:

        async def stop_after_seven(raw: RawMessage) -> bool:
            new = await register.spool(raw)
            await spool.receive(raw)
            if spool.received > 7:
                await asyncio.Event().wait()
            return new

        async with receiving(botapi, spool, doorway=replace(spool.doorway(), receive=stop_after_seven)):
            await spool.until(lambda: spool.received > 7)
    async with await Register.open(url) as register:
        assert 0 < (await register.books()).arrived < 20
        async with receiving(botapi, spool, doorway=replace(spool.doorway(), receive=register.spool)):
            await botapi.until(lambda: not botapi.held)
        assert (await register.books()).arrived == 20
        claimed = await register.claim_messages("test", 50, datetime.now(UTC), timedelta(minutes=1))
    assert sorted(read(raw).text for raw in claimed) == sorted(texts)


async def test_a_crash_after_the_spool_and_before_the_acknowledgement_repeats_harmlessly(botapi: BotApi) -> None:
    """The offset is known only to the process that dies: the next one gets the same updates again."""
    spool = Spool()
    await botapi.writes(CHAT, "en gång")
    async with receiving(botapi, spool):
        await spool.until(lambda: bool(spool.cursors))
    async with receiving(botapi, spool):
        await botapi.until(lambda: not botapi.held)
    assert spool.texts() == ["en gång"]


async def test_a_full_disk_leaves_the_messages_with_telegram(botapi: BotApi) -> None:
    spool = Spool(refusals=3)
    await botapi.writes(CHAT, "ett")
    await botapi.writes(CHAT, "två")
    async with receiving(botapi, spool):
        await botapi.until(lambda: not botapi.held)
    assert sorted(spool.texts()) == ["ett", "två"]
    assert all("offset" not in call.parameters for call in botapi.made("getUpdates")[:2])
    assert spool.heard == ["opened"]


async def test_after_a_silent_week_a_fresh_numbering_loses_nothing(botapi: BotApi) -> None:
    """Bot API, Update: after a week without updates the next number is random, so it may be lower than the offset."""
    spool = Spool()
    await botapi.writes(CHAT, "före")
    async with receiving(botapi, spool, poll_timeout=0):
        await botapi.until(lambda: not botapi.held)
        count = len(botapi.made("getUpdates"))
        await botapi.until(lambda: len(botapi.made("getUpdates")) > count + 1)
        late = {"update_id": 17, "message": botapi.message(CHAT, text="efter")}
        botapi.held.append(late)
        await spool.until(lambda: len(spool.kept) == 2)
        await botapi.until(lambda: not botapi.held)
    assert spool.texts() == ["före", "efter"]


async def test_files_are_on_disk_before_the_message_is_acknowledged(botapi: BotApi) -> None:
    spool = Spool()
    async with receiving(botapi, spool):
        await botapi.sends(CHAT, "document", "bild å.pdf", b"%PDF-1.7" * 1000, caption="Se bilagan")
        await botapi.sends(CHAT, "photo", "p", b"\xff\xd8")
        await botapi.sends(CHAT, "voice", "v.ogg", b"OggS")
        await botapi.until(lambda: not botapi.held)
    first, *others = (read(raw) for raw in spool.kept.values())
    assert (first.text, first.attachments[0].name) == ("Se bilagan", "bild å.pdf")
    assert first.attachments[0].content == b"%PDF-1.7" * 1000
    assert [other.attachments[0].content for other in others] == [b"\xff\xd8", b"OggS"]


async def test_a_file_that_cannot_be_fetched_holds_up_nothing(botapi: BotApi) -> None:
    spool = Spool()
    botapi.faults.append(Fault(method="getFile", refusal=RefusalError(400, "Bad Request: wrong file_id")))
    async with receiving(botapi, spool):
        await botapi.sends(CHAT, "document", "a.pdf", b"x", caption="texten finns kvar")
        await botapi.until(lambda: not botapi.held)
    (submission,) = (read(raw) for raw in spool.kept.values())
    assert submission.text == "texten finns kvar"
    assert submission.defects == ("a file could not be fetched",)


async def test_a_file_over_the_limit_is_not_even_asked_for(botapi: BotApi) -> None:
    spool = Spool()
    async with receiving(botapi, spool):
        film = {
            "file_id": "film",
            "file_unique_id": "u",
            "file_size": 20_000_001,
            "width": 1,
            "height": 1,
            "duration": 1,
        }
        await botapi.update(message=botapi.message(CHAT, video=film, caption="Se filmen"))
        await botapi.until(lambda: not botapi.held)
    (submission,) = (read(raw) for raw in spool.kept.values())
    assert (submission.text, submission.defects) == ("Se filmen", ("a file was too large to be fetched",))
    assert botapi.made("getFile") == []


async def test_a_download_that_breaks_is_tried_again(botapi: BotApi) -> None:
    spool = Spool()
    botapi.faults.append(Fault(method="file"))
    async with receiving(botapi, spool):
        await botapi.sends(CHAT, "document", "a.pdf", b"hela filen")
        await botapi.until(lambda: not botapi.held)
    (submission,) = (read(raw) for raw in spool.kept.values())
    assert submission.attachments[0].content == b"hela filen"


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (RefusalError(401, "Unauthorized"), "login_refused"),
        (RefusalError(409, "Conflict: terminated by other getUpdates request"), "conflict"),
        (RefusalError(500, "Internal Server Error"), "unreachable"),
        (None, "unreachable"),
    ],
)
async def test_an_outage_is_told_once_and_its_end_too(botapi: BotApi, refusal: RefusalError | None, code: str) -> None:
    spool = Spool()
    async with receiving(botapi, spool, poll_timeout=1):
        await spool.until(lambda: spool.heard == ["opened"])
        botapi.faults += [Fault(method="getUpdates", refusal=refusal)] * 3
        await spool.until(lambda: spool.heard == ["opened", code])
        await botapi.until(lambda: not botapi.faults)
        await botapi.writes(CHAT, "äntligen")
        await botapi.until(lambda: not botapi.held)
    assert spool.heard == ["opened", code, "opened"]
    assert spool.texts() == ["äntligen"]


async def test_a_server_that_is_killed_and_comes_back_is_found_again(botapi: BotApi) -> None:
    spool = Spool()
    async with receiving(botapi, spool):
        await spool.until(lambda: spool.heard == ["opened"])
        await botapi.stop()
        await spool.until(lambda: spool.heard == ["opened", "unreachable"])
        await botapi.start()
        await botapi.writes(CHAT, "tillbaka")
        await botapi.until(lambda: not botapi.held)
    assert spool.heard == ["opened", "unreachable", "opened"]
    assert spool.texts() == ["tillbaka"]


async def test_a_webhook_that_is_in_the_way_is_told(botapi: BotApi) -> None:
    spool = Spool()
    botapi.webhook = {"url": "http://127.0.0.1:9/none"}
    async with receiving(botapi, spool):
        await spool.until(lambda: spool.heard == ["conflict"])
        botapi.webhook = None
        await botapi.writes(CHAT, "nu går det")
        await botapi.until(lambda: not botapi.held)
    assert spool.texts() == ["nu går det"]


async def test_two_programs_on_one_bot_lose_nothing(botapi: BotApi) -> None:
    spool = Spool()
    async with receiving(botapi, spool, poll_timeout=1), receiving(botapi, spool, poll_timeout=1):
        await spool.until(lambda: "conflict" in spool.heard)
        for number in range(5):
            await botapi.writes(CHAT, str(number))
        await spool.until(lambda: len(spool.kept) == 5)
    assert sorted(spool.texts()) == list("01234")


async def test_a_request_to_wait_is_no_trouble(botapi: BotApi) -> None:
    spool = Spool()
    botapi.faults.append(Fault(method="getUpdates", refusal=RefusalError(429, "Too Many Requests", retry_after=1)))
    async with receiving(botapi, spool):
        await botapi.writes(CHAT, "hej")
        await botapi.until(lambda: not botapi.held)
    assert spool.heard == ["opened"]


async def test_buttons_edits_and_blocking_come_through(botapi: BotApi) -> None:
    spool = Spool()
    async with receiving(botapi, spool):
        update = await botapi.writes(CHAT, "fel")
        await botapi.edits(update["message"], "rätt")
        await botapi.presses(CHAT, botapi.message(CHAT, text="Vad gäller det?"), "k:food")
        await botapi.blocks(CHAT)
        await botapi.until(lambda: not botapi.held)
    read_ = [read(raw) for raw in spool.kept.values()]
    assert [submission.text for submission in read_] == ["fel", "rätt", "", ""]
    assert [submission.header("telegram-update") for submission in read_] == [
        "",
        "",
        "callback_query",
        "my_chat_member",
    ]


async def test_a_lone_surrogate_does_not_stop_the_door(botapi: BotApi) -> None:
    """Escaped in JSON it is allowed; in UTF-8 it does not exist."""
    spool = Spool()
    async with receiving(botapi, spool):
        await botapi.writes(CHAT, "trasig \ud83d text")
        await botapi.until(lambda: not botapi.held)
    assert spool.texts() == ["trasig \ufffd text"]
    assert json.loads(next(iter(spool.kept.values())).content)["update"]["message"]["text"] == "trasig \ud83d text"


async def test_the_token_and_the_texts_are_in_no_log(botapi: BotApi, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    spool = Spool()
    botapi.faults += [Fault(method="getUpdates"), Fault(method="getUpdates", refusal=RefusalError(401, "Unauthorized"))]
    async with receiving(botapi, spool):
        await botapi.sends(CHAT, "document", "a.pdf", b"x", caption="en hemlighet")
        await botapi.until(lambda: not botapi.held)
        await botapi.stop()
        await spool.until(lambda: spool.heard[-1] == "unreachable")
        await botapi.start()
    assert spool.heard == ["unreachable", "login_refused", "opened", "unreachable"]
    assert TOKEN.partition(":")[2] not in caplog.text
    assert "hemlighet" not in caplog.text
