"""A running house and a Bot API that misbehaves: blocked bots, lost answers, patience asked for, groups that move."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.house import House
from tests.journeys.servers.botapi import BotApi, Fault, botapi
from tests.journeys.servers.botapi_methods import RefusalError
from tests.journeys.test_conversation import CHAT, Parent, post, prepare, telegram

__all__ = ["botapi"]
COMPLAINT = "Min dotter har fått fel mat två gånger den här veckan trots sin allergi. Jag vill klaga på det."
HAND_IN = "Lämna in med mitt namn"


async def test_who_blocks_the_bot_in_the_middle_is_registered_all_the_same(botapi: BotApi, tmp_path: Path) -> None:
    """G4: the acknowledgement cannot be delivered, a role is told, and the case is there."""
    parent = Parent(botapi, "sv")
    prepare(tmp_path)
    async with post() as relay, House(tmp_path, relay, channels=[telegram(botapi, "alexanderskolan")]) as house:
        await parent.does({"says": COMPLAINT})
        await parent.hears(["Vilken enhet gäller det?"])
        await parent.does({"presses": "Förskolan Gärdet"})
        await parent.hears(["Ska jag lämna in det?"])
        botapi.blocked.add(CHAT)
        await parent.does({"presses": HAND_IN})
        await house.until(lambda: any(one.result == "failed" for one in house.tried.values()))
        (case,) = await house.register.cases()
        (failed,) = [one for one in house.tried.values() if one.result == "failed"]
        assert failed.letter.template == "acknowledgement"
        assert case.unit == "Gärdet"
        assert any(one["template"] == "undeliverable" for one in await house.register.letters())
        assert await house.register.verify() == ()


async def test_a_question_to_who_has_blocked_the_bot_rings_no_alarm(botapi: BotApi, tmp_path: Path) -> None:
    """Nobody at the school can do anything about it; what was written is registered when time is up."""
    parent = Parent(botapi, "sv")
    prepare(tmp_path)
    async with post() as relay, House(tmp_path, relay, channels=[telegram(botapi, "alexanderskolan")]) as house:
        botapi.blocked.add(CHAT)
        await parent.does({"says": COMPLAINT})
        await house.until(lambda: any(one.result == "failed" for one in house.tried.values()))
        assert not any(one["template"] == "undeliverable" for one in await house.register.letters())
        assert (await house.register.books()).waiting == 1
        assert (await house.register.dialogue("alexanderskolan", str(CHAT))) is not None


async def test_a_question_waits_when_patience_is_asked_for(botapi: BotApi, tmp_path: Path) -> None:
    """429: nothing is lost, and the conversation goes on while Telegram asks for patience."""
    parent = Parent(botapi, "sv")
    botapi.faults.append(Fault(method="sendMessage", refusal=RefusalError(429, "Too Many Requests", retry_after=600)))
    prepare(tmp_path)
    async with post() as relay, House(tmp_path, relay, channels=[telegram(botapi, "alexanderskolan")]) as house:
        await parent.does({"says": COMPLAINT})
        await house.until(lambda: any(one.result == "deferred" for one in house.tried.values()))
        (question,) = await house.register.letters()
        assert question["state"] == "waiting"
        await parent.does({"says": "Det var på Gärdet."})
        await house.until(lambda: len(house.tried) == 2)
        assert [one["state"] for one in await house.register.letters()] == ["waiting", "waiting"]
        assert "Ska jag lämna in det?" in (await house.register.letters())[-1]["body"]


async def test_a_press_whose_spinner_cannot_be_ended_counts(botapi: BotApi, tmp_path: Path) -> None:
    """An old press can no longer be answered with `answerCallbackQuery`; it is on disk all the same."""
    parent = Parent(botapi, "sv")
    fault = Fault(method="answerCallbackQuery", refusal=RefusalError(400, "Bad Request: query is too old"))
    botapi.faults.append(fault)
    prepare(tmp_path)
    async with post() as relay, House(tmp_path, relay, channels=[telegram(botapi, "alexanderskolan")]):
        await parent.does({"says": COMPLAINT})
        await parent.hears(["Vilken enhet gäller det?"])
        await parent.does({"presses": "Förskolan Gärdet"})
        await parent.hears(["Ska jag lämna in det?"])


async def test_updates_whose_answer_is_lost_are_taken_in_once(botapi: BotApi, tmp_path: Path) -> None:
    """G4: the same press comes twice from Telegram and counts once."""
    parent = Parent(botapi, "sv")
    prepare(tmp_path)
    async with post() as relay, House(tmp_path, relay, channels=[telegram(botapi, "alexanderskolan")]) as house:
        await parent.does({"says": COMPLAINT})
        await parent.hears(["Vilken enhet gäller det?"])
        botapi.faults.append(Fault(method="getUpdates", done=True))
        await parent.does({"presses": "Förskolan Gärdet"})
        await parent.hears(["Ska jag lämna in det?"])
        await parent.does({"presses": HAND_IN})
        await parent.hears(["Tack, vi har tagit emot ditt klagomål"])
        assert len(await house.register.cases()) == 1
    assert len([one for one in parent.heard() if "Ska jag lämna in det?" in one["text"]]) == 1


async def test_an_answer_to_the_acknowledgement_joins_its_case(botapi: BotApi, tmp_path: Path) -> None:
    """D6: with Telegram's own Reply, also when another case was spoken of since."""
    parent = Parent(botapi, "sv")
    prepare(tmp_path)
    async with post() as relay, House(tmp_path, relay, channels=[telegram(botapi, "alexanderskolan")]) as house:
        acknowledgements = []
        for text in (
            COMPLAINT,
            "Klätterställningen på gården är trasig och staketet har gått sönder. Jag klagar på det.",
        ):
            await parent.does({"says": "/new"})
            await parent.hears(["Vad har hänt?"])
            await parent.does({"says": text})
            await parent.hears(["Vilken enhet gäller det?"])
            await parent.does({"presses": "Förskolan Gärdet"})
            await parent.hears(["Ska jag lämna in det?"])
            await parent.does({"presses": HAND_IN})
            await parent.hears(["vi har tagit emot"])
            acknowledgements.append(parent.heard()[-1])
        await house.all_sent()
        number = len(house.entered) + 1
        await botapi.writes(CHAT, "Hon fick utslag också.", reply_to_message=acknowledgements[0])
        await house.until(lambda: len(house.entered) >= number)
        entered = house.entered[-1][1]
        assert entered.case is not None
        assert entered.case.reference == "ALX 2026-0001"
        assert [one.reference for one in await house.register.cases()] == ["ALX 2026-0001", "ALX 2026-0002"]


async def test_pictures_and_voice_belong_to_the_complaint(botapi: BotApi, tmp_path: Path) -> None:
    """F3: what is said, not written, is passed on as it is."""
    parent = Parent(botapi, "sv")
    prepare(tmp_path)
    async with post() as relay, House(tmp_path, relay, channels=[telegram(botapi, "alexanderskolan")]) as house:
        await parent.does({"says": COMPLAINT})
        await parent.hears(["Vilken enhet gäller det?"])
        await botapi.sends(CHAT, "voice", "voice.ogg", b"OggS made up", **parent.phone)
        await parent.hears(["Bifogat:"])
        await parent.does({"presses": "Förskolan Gärdet"})
        await parent.hears(["Ska jag lämna in det?"])
        await parent.does({"presses": HAND_IN})
        await parent.hears(["vi har tagit emot"])
        await house.until(lambda: house.entered[-1][1].case is not None and house.entered[-1][1].case.messages == 2)
        (case,) = await house.register.cases()
        assert [len(one["attachments"]) for one in await house.register.messages(case.id)] == [0, 1]
