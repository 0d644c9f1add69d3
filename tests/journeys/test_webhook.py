"""The Telegram door as a webhook: Telegram is told 200 only for what is on disk, and nobody else is let in."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from intake.channels import _http
from intake.channels._telegram_webhook import MARK
from intake.channels.telegram import Channel, Settings, probe
from register.errors import BadSettings
from tests.journeys.house import House
from tests.journeys.ports import free_port
from tests.journeys.servers.botapi import TOKEN, BotApi, Fault, botapi
from tests.journeys.servers.botapi_methods import RefusalError
from tests.journeys.test_conversation import post, telegram
from tests.journeys.test_telegram import CHAT, Spool, receiving

__all__ = ["botapi"]
SECRET = "a-secret_of_the_test"
HEADER = "X-Telegram-Bot-Api-Secret-Token"


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHOOL_BOT", TOKEN)
    monkeypatch.setenv("HOOK", SECRET)


def settings(api: BotApi, **more: Any) -> Settings:
    port = free_port()
    given = {
        "token_env": "SCHOOL_BOT",
        "base_url": api.base_url,
        "organisation": "alexanderskolan",
        "backoff_seconds": 0.02,
        "webhook_url": f"http://127.0.0.1:{port}/lyhord/hook",
        "webhook_port": port,
        "webhook_secret_env": "HOOK",
    }
    return Settings.model_validate(given | more)


@asynccontextmanager
async def hooked(api: BotApi, spool: Spool, **more: Any) -> AsyncIterator[str]:
    """The webhook at work, once it is set; gives its address."""
    table = settings(api, **more)
    task = asyncio.create_task(Channel(table, spool.doorway()).run())
    try:
        await spool.until(lambda: bool(spool.heard))
        yield table.webhook_url or ""
    finally:
        task.cancel()
        async with asyncio.timeout(2):
            await asyncio.gather(task, return_exceptions=True)


async def test_a_message_that_is_sent_to_us_is_on_disk_before_telegram_hears_so(botapi: BotApi) -> None:
    """F1: with its file; Telegram forgets it only then."""
    spool = Spool(refusals=2)
    async with hooked(botapi, spool) as url:
        assert botapi.webhook is not None
        assert (botapi.webhook["url"], botapi.webhook["secret_token"]) == (url, SECRET)
        await botapi.writes(CHAT, "Maten är kall")
        await botapi.sends(CHAT, "document", "a.pdf", b"%PDF", caption="Se bilagan")
        await botapi.until(lambda: not botapi.held)
    assert sorted(spool.texts()) == ["Maten är kall", "Se bilagan"]
    assert spool.refusals == 0
    assert spool.heard == ["opened"]


async def test_what_telegram_delivers_twice_is_kept_once(botapi: BotApi) -> None:
    """G4: a lost 200 brings the same update again."""
    spool = Spool()
    async with hooked(botapi, spool) as url, httpx.AsyncClient() as anyone:
        update = await botapi.writes(CHAT, "en gång")
        await botapi.until(lambda: not botapi.held)
        again = await anyone.post(url, json=update, headers={HEADER: SECRET})
    assert (again.status_code, spool.texts()) == (200, ["en gång"])


async def test_nobody_else_is_let_in_and_nothing_hostile_does_harm(botapi: BotApi) -> None:
    """What has no secret, no update or no measure is refused; a message after it arrives."""
    spool = Spool()
    secret = {HEADER: SECRET}
    async with hooked(botapi, spool) as url, httpx.AsyncClient() as anyone:
        refused = [
            (await anyone.post(url, content=body, headers=headers)).status_code
            for body, headers in (
                (b"{}", {}),
                (b"{}", {HEADER: SECRET[:-1]}),
                (b"{}", secret),
                (b"[1]", secret),
                (b"\xff\xfe", secret),
                (b'{"update_id": "7"}', secret),
                (b"[" * 100_000, secret),
            )
        ]
        assert refused == [403, 403, 400, 400, 400, 400, 400]
        assert (await anyone.get(url, headers=secret)).status_code == 405
        assert (await anyone.post(f"{url}/else", headers=secret)).status_code == 404
        assert (await raw(url, b"NOTHING AT ALL\r\n\r\n")).startswith(b"HTTP/1.1 400")
        assert (await raw(url, b"POST / HTTP/1.1\r\nX: " + b"x" * 50_000)).startswith(b"HTTP/1.1 431")
        assert not (await raw(url, b"POST")).startswith(b"HTTP/1.1 200")
        await botapi.writes(CHAT, "ändå")
        await botapi.until(lambda: not botapi.held)
    assert spool.texts() == ["ändå"]


async def test_a_body_in_pieces_is_read_and_one_that_is_too_long_is_refused(botapi: BotApi) -> None:
    """Chunked, as some reverse proxies pass it on."""
    spool = Spool()

    async def pieces(text: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(text), 50_000):
            yield text[start : start + 50_000]

    update = b'{"update_id": 5, "message": {"chat": {"id": 5, "type": "private"}, "text": "x"}}' + b" " * 60_000
    async with hooked(botapi, spool) as url, httpx.AsyncClient(headers={HEADER: SECRET}) as proxy:
        answers = [await proxy.post(url, content=pieces(body)) for body in (update, b" " * 1_000_001)]
        head = f"POST /lyhord/hook HTTP/1.1\r\nHost: x\r\n{HEADER}: {SECRET}\r\nContent-Length: 1000001\r\n\r\n"
        assert (await raw(url, head.encode())).startswith(b"HTTP/1.1 413")
    assert [answer.status_code for answer in answers] == [200, 413]
    assert spool.texts() == ["x"]


async def test_a_webhook_of_our_own_is_taken_away_when_messages_are_asked_for_again(botapi: BotApi) -> None:
    """G4: what waited comes by the other way; somebody else's webhook is not touched (see `test_telegram`)."""
    spool = Spool()
    async with hooked(botapi, spool) as url:
        assert spool.cursors == [f"{MARK}{url}"]
    botapi.webhook = {"url": url}
    update = {"update_id": 77, "message": botapi.message(CHAT, text="väntade")}
    botapi.held.append(update)
    async with receiving(botapi, spool):
        await botapi.until(lambda: not botapi.held)
    assert botapi.webhook is None
    assert spool.texts() == ["väntade"]
    assert spool.heard == ["opened", "opened"]


async def test_what_telegram_says_against_the_webhook_is_told(botapi: BotApi) -> None:
    """A refused address, a refused token, an outage: once each, and it goes on by itself."""
    for refusal, code in (
        (RefusalError(400, "Bad Request: bad webhook: HTTPS url must be provided"), "webhook_refused"),
        (RefusalError(401, "Unauthorized"), "login_refused"),
        (None, "unreachable"),
    ):
        spool = Spool()
        botapi.faults.append(Fault(method="setWebhook", refusal=refusal))
        async with hooked(botapi, spool):
            await spool.until(lambda spool=spool: spool.heard[-1] == "opened")  # type: ignore[misc]  # bound early
        assert spool.heard == [code, "opened"]


async def test_check_says_what_is_set(botapi: BotApi) -> None:
    """`lyhord check --connect`; the path of a webhook may be a secret."""
    table = settings(botapi)
    assert await probe(table) == "no webhook is set, the next `run` changes that; 0 messages wait"
    botapi.webhook = {"url": table.webhook_url}
    botapi.held.append({"update_id": 1})
    said = await probe(table)
    assert said == f"a webhook is set to 127.0.0.1:{table.webhook_port}, as the settings have it; 1 messages wait"


async def test_a_port_that_is_taken_and_a_secret_that_is_none_are_told_at_the_start(
    botapi: BotApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line that says what to do."""
    monkeypatch.setenv("HOOK", "with a space")
    with pytest.raises(BadSettings, match="webhook_secret is"):
        Channel(settings(botapi), Spool().doorway())
    monkeypatch.delenv("HOOK")
    with pytest.raises(BadSettings, match="no variable HOOK"):
        Channel(settings(botapi), Spool().doorway())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        table = settings(botapi, webhook_secret_env=None, webhook_port=port)
        with pytest.raises(BadSettings, match="cannot listen on"):
            await Channel(table, Spool().doorway()).run()


async def test_who_sends_no_whole_request_in_time_is_cut_off(botapi: BotApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that only hangs holds nothing up for long."""
    monkeypatch.setattr(_http, "ARRIVES_WITHIN", 0.05)
    spool = Spool()
    async with hooked(botapi, spool) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(url).port)
        writer.write(b"POST /lyhord/hook HTTP/1.1\r\n")
        answer = await reader.read()
        writer.close()
    assert answer.startswith(b"HTTP/1.1 408")


async def test_a_parent_is_answered_through_the_webhook(botapi: BotApi, tmp_path: Path) -> None:
    """F1: the whole way, with the settings as they stand in the file."""
    port = free_port()
    lines = f'webhook_url = "http://127.0.0.1:{port}/hook"\nwebhook_port = {port}\nwebhook_secret_env = "HOOK"\n'
    (tmp_path / "token").write_text(TOKEN)
    table = telegram(botapi, "alexanderskolan") + lines
    async with post() as relay, House(tmp_path, relay, channels=[table]) as house:
        await botapi.writes(CHAT, "Min son vill ta livet av sig, han är på förskolan Gärdet nu.")
        await botapi.until(lambda: any("112" in one for one in botapi.texts()), 60)
        (case,) = await house.register.cases()
    assert case.urgent
    assert botapi.made("getUpdates") == []


async def raw(url: str, request: bytes) -> bytes:
    """What the listener answers to these bytes before it closes the connection."""
    port = httpx.URL(url).port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer
