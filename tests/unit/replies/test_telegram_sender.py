"""Letters leave for Telegram chats whole, once, at a decent pace, and every fault is named for what it is."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.channels.telegram import Settings
from register.errors import Permanent, Temporary
from register.records import Address, AddressKind, Letter
from replies.senders import Sender
from replies.senders._telegram_pace import BETWEEN_SAME, Pace
from replies.senders._telegram_text import pieces
from replies.senders.telegram import TelegramSender, TryLater
from tests.journeys.servers.botapi import TOKEN, BotApi, Fault, botapi
from tests.journeys.servers.botapi_methods import RefusalError

__all__ = ["botapi"]
CHAT = 5001


def letter(
    body: str = "Tack för ditt meddelande.", *, id_: str = "L1", to: str = str(CHAT), urgent: bool = False
) -> Letter:
    return Letter(
        id=id_,
        case_id=None,
        role="sender",
        to=Address(kind=AddressKind.TELEGRAM, value=to),
        template="acknowledgement",
        language="sv",
        subject="",
        body=body,
        urgent=urgent,
    )


class Watch:
    """A clock that only moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@asynccontextmanager
async def sending(
    api: BotApi, monkeypatch: pytest.MonkeyPatch, watch: Watch | None = None
) -> AsyncIterator[TelegramSender]:
    """A sender to this server, with a clock that costs no time."""
    monkeypatch.setenv("SCHOOL_BOT", TOKEN)
    watch = watch or Watch()
    sender = TelegramSender(Settings(token_env="SCHOOL_BOT", base_url=api.base_url), Pace(watch, watch.sleep))
    try:
        yield sender
    finally:
        await sender.close()


async def test_a_letter_arrives_as_plain_text_without_previews(botapi: BotApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with sending(botapi, monkeypatch) as sender:
        keeps_the_contract: Sender = sender
        assert await keeps_the_contract.send(letter("*Hej* <b>du</b>\n\nhttps://skola.example")) == "messages 1"
    (call,) = botapi.made("sendMessage")
    assert call.parameters["text"] == "*Hej* <b>du</b>\n\nhttps://skola.example"
    assert call.parameters["link_preview_options"] == {"is_disabled": True}
    assert "parse_mode" not in call.parameters


async def test_the_detail_for_the_journal_holds_no_personal_data(
    botapi: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sending(botapi, monkeypatch) as sender:
        assert str(CHAT) not in await sender.send(letter())


async def test_a_long_letter_goes_in_pieces_and_none_is_lost(botapi: BotApi, monkeypatch: pytest.MonkeyPatch) -> None:
    paragraphs = [f"{number} " + "ord " * 300 for number in range(8)]
    async with sending(botapi, monkeypatch) as sender:
        assert await sender.send(letter("\n\n".join(paragraphs))) == "messages 1 2 3"
    assert "\n\n".join(botapi.texts()).split() == " ".join(paragraphs).split()
    assert all(text.split()[0].isdigit() for text in botapi.texts())


# --- faults


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        (RefusalError(403, "Forbidden: bot was blocked by the user"), "Forbidden"),
        (RefusalError(403, "Forbidden: user is deactivated"), "Forbidden"),
        (RefusalError(400, "Bad Request: chat not found"), "chat not found"),
        (RefusalError(400, "Bad Request: PEER_ID_INVALID"), "peer_id_invalid"),
        (RefusalError(400, "Bad Request: something about Amina"), "refused"),
    ],
)
async def test_a_chat_that_cannot_be_written_to_is_permanent(
    botapi: BotApi, monkeypatch: pytest.MonkeyPatch, refusal: RefusalError, reason: str
) -> None:
    botapi.faults.append(Fault(method="sendMessage", refusal=refusal))
    async with sending(botapi, monkeypatch) as sender:
        with pytest.raises(Permanent) as caught:
            await sender.send(letter())
    assert reason in caught.value.private
    assert "Amina" not in caught.value.private + caught.value.public


@pytest.mark.parametrize(
    ("fault", "retry_after"),
    [
        (Fault(method="sendMessage", refusal=RefusalError(429, "Too Many Requests: retry after 7", retry_after=7)), 7),
        (Fault(method="sendMessage"), 120),
        (Fault(method="sendMessage", done=True), 120),
        (Fault(method="sendMessage", refusal=RefusalError(500, "Internal Server Error")), 120),
        (Fault(method="sendMessage", refusal=RefusalError(401, "Unauthorized")), 300),
    ],
)
async def test_what_may_pass_is_temporary_and_says_when(
    botapi: BotApi, monkeypatch: pytest.MonkeyPatch, fault: Fault, retry_after: float
) -> None:
    botapi.faults.append(fault)
    watch = Watch()
    async with sending(botapi, monkeypatch, watch) as sender:
        with pytest.raises(Temporary) as caught:
            await sender.send(letter())
        assert isinstance(caught.value, TryLater)
        assert caught.value.retry_after == retry_after
        assert f"retry after {retry_after} s" in caught.value.private
        watch.now += retry_after
        await sender.send(letter())


async def test_a_letter_that_is_tried_too_early_bothers_nobody(botapi: BotApi, monkeypatch: pytest.MonkeyPatch) -> None:
    botapi.faults.append(Fault(method="sendMessage", done=True))
    watch = Watch()
    async with sending(botapi, monkeypatch, watch) as sender:
        with pytest.raises(TryLater):
            await sender.send(letter())
        watch.now += 30
        with pytest.raises(TryLater) as early:
            await sender.send(letter())
        assert early.value.retry_after == pytest.approx(90)
        await sender.send(letter(id_="L2"))
    assert len(botapi.made("sendMessage")) == 2


async def test_a_chat_that_telegram_asks_to_spare_is_spared_by_all_letters(
    botapi: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    botapi.faults.append(Fault(method="sendMessage", refusal=RefusalError(429, "Too Many Requests", retry_after=40)))
    async with sending(botapi, monkeypatch) as sender:
        for id_ in ("L1", "L2"):
            with pytest.raises(TryLater):
                await sender.send(letter(id_=id_))
        await sender.send(letter(id_="L3", to="5002"))
    assert len(botapi.made("sendMessage")) == 2


async def test_an_urgent_letter_is_rather_read_twice_than_late(botapi: BotApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """G7: danger to a child waits for nobody."""
    botapi.faults.append(Fault(method="sendMessage", done=True))
    watch = Watch()
    async with sending(botapi, monkeypatch, watch) as sender:
        with pytest.raises(TryLater) as caught:
            await sender.send(letter(urgent=True))
        watch.now += caught.value.retry_after
        await sender.send(letter(urgent=True))
    assert watch.now < 107


async def test_a_server_that_is_away_is_tried_again_soon(botapi: BotApi, monkeypatch: pytest.MonkeyPatch) -> None:
    await botapi.stop()
    watch = Watch()
    async with sending(botapi, monkeypatch, watch) as sender:
        with pytest.raises(TryLater) as caught:
            await sender.send(letter())
        assert caught.value.retry_after == 10
        await botapi.start()
        watch.now += 10
        assert await sender.send(letter()) == "messages 1"


async def test_a_fault_between_two_pieces_repeats_none(botapi: BotApi, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\n\n".join(f"{number} " + "ord " * 900 for number in range(3))

    class Breaking(Watch):
        """Puts a fault before the second piece, while the sender waits for its turn."""

        async def sleep(self, seconds: float) -> None:
            await super().sleep(seconds)
            if not botapi.made("sendMessage")[1:]:
                botapi.faults.append(
                    Fault(method="sendMessage", refusal=RefusalError(429, "Too Many Requests", retry_after=1))
                )

    watch = Breaking()
    async with sending(botapi, monkeypatch, watch) as sender:
        with pytest.raises(TryLater):
            await sender.send(letter(text))
        watch.now += 1
        await sender.send(letter(text))
    assert [said.split()[0] for said in botapi.texts()] == ["0", "1", "2"]
    assert len(botapi.made("sendMessage")) == 4


async def test_a_letter_that_has_left_is_not_sent_again(botapi: BotApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with sending(botapi, monkeypatch) as sender:
        assert await sender.send(letter()) == await sender.send(letter())
        await sender.send(letter(id_="L2"))
    assert len(botapi.texts()) == 2


async def test_an_answer_that_the_library_cannot_read_counts_as_sent(
    botapi: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terse(BotApi):
        async def _send_message(self, parameters: dict[str, object]) -> dict[str, object]:
            return {"message_id": 9}

    terse = Terse()
    await terse.start()
    try:
        async with sending(terse, monkeypatch) as sender:
            assert await sender.send(letter()) == await sender.send(letter())
        assert len(terse.made("sendMessage")) == 1
    finally:
        await terse.stop()


async def test_a_group_that_has_moved_is_followed(botapi: BotApi, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = RefusalError(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1009)
    botapi.faults.append(Fault(method="sendMessage", refusal=moved))
    async with sending(botapi, monkeypatch) as sender:
        await sender.send(letter(to="-9"))
    assert [chat for chat, _ in botapi.messages] == [-1009]


@pytest.mark.parametrize(("to", "body"), [("anna@skola.example", "hej"), (str(CHAT), "  \n ")])
async def test_what_is_no_chat_or_no_text_is_permanent(
    botapi: BotApi, monkeypatch: pytest.MonkeyPatch, to: str, body: str
) -> None:
    async with sending(botapi, monkeypatch) as sender:
        with pytest.raises(Permanent):
            await sender.send(letter(body, to=to))
    assert botapi.calls == []


async def test_the_token_and_the_text_are_in_no_log_and_no_fault(
    botapi: BotApi, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    faults: list[str] = []
    async with sending(botapi, monkeypatch) as sender:
        await sender.send(letter("en hemlighet", id_="L0"))
        for fault in (Fault(method="sendMessage"), Fault(method="sendMessage", refusal=RefusalError(401, "no"))):
            botapi.faults.append(fault)
            with pytest.raises(TryLater) as caught:
                await sender.send(letter("en hemlighet", id_=f"L{len(faults) + 1}"))
            faults.append(f"{caught.value!r} {caught.value.private} {caught.value.__cause__!r}")
    written = caplog.text + "".join(faults)
    assert TOKEN.partition(":")[2] not in written
    assert "hemlighet" not in written


# --- pieces


@given(st.text(st.sampled_from("ab .\n😢å"), max_size=300), st.integers(2, 40))
def test_pieces_hold_every_word_and_fit(text: str, longest: int) -> None:
    found = pieces(text, longest)
    assert "".join("".join(found).split()) == "".join(text.split())
    assert all(piece.strip() and len(piece.encode("utf-16-le")) <= 2 * longest for piece in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ett två\n\ntre fyra\nfem", ("ett två", "tre fyra\nfem")),
        ("ett två tre\nfyra fem sex", ("ett två tre", "fyra fem sex")),
        ("Första meningen. Andra", ("Första meningen.", "Andra")),
        ("alldeles-utan-någon-paus", ("alldeles-utan-någo", "n-paus")),
    ],
)
def test_a_text_is_cut_where_a_reader_would_pause(text: str, expected: tuple[str, ...]) -> None:
    assert pieces(text, 18) == expected


# --- pace


async def test_one_chat_gets_a_message_a_second_and_the_others_do_not_wait_for_it() -> None:
    watch = Watch()
    pace = Pace(watch, watch.sleep)
    await pace.turn("a")
    for chat in range(30):
        await pace.turn(f"other-{chat}")
    assert watch.now == pytest.approx(101.0)
    await pace.turn("a")
    await pace.turn("a")
    assert watch.now == pytest.approx(101.0 + 1 / 30 + BETWEEN_SAME, abs=0.1)


async def test_a_thousand_chats_are_forgotten_again() -> None:
    watch = Watch()
    pace = Pace(watch, watch.sleep)
    for chat in range(3000):
        await pace.turn(str(chat))
    assert len(pace._same) <= 1002
