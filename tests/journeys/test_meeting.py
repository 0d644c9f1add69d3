"""Mail and chat of one person in one case, and a chat that somebody unknown leaves open, over real doors."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog

from bot import logs
from register import codes
from register.backup import back_up
from tests.journeys import traces
from tests.journeys.house import LMTP, House, Post
from tests.journeys.mails import complaint
from tests.journeys.servers.botapi import TOKEN, BotApi, botapi
from tests.journeys.servers.botapi_methods import person
from tests.journeys.test_conversation import Parent, telegram

__all__ = ["botapi"]
CHAT = 7_234_567_890_123
OPEN, CUT = "Håll chatten öppen för skolans frågor", "Klipp av länken till den här chatten"


@pytest.fixture
async def own(tmp_path: Path, botapi: BotApi) -> AsyncIterator[House]:
    """A house with a mail door and a bot, whose folder can be searched; it logs into a file there."""
    (tmp_path / "token").write_text(TOKEN)
    bot = telegram(botapi, "alexanderskolan") + 'username = "skolan_bot"\n'
    post = Post()
    await post.start()
    with (tmp_path / "lyhord.log").open("w", encoding="utf-8") as file, contextlib.redirect_stderr(file):
        logs.configure(format_="json", level="debug")
        async with House(tmp_path, post, channels=[LMTP, bot]) as running:
            yield running
    structlog.reset_defaults()
    await post.stop()


async def test_a_mail_goes_on_in_the_chat_and_back(own: House, botapi: BotApi) -> None:
    """G9: the link of the acknowledgement, a message in the chat, one number; the mail is told."""
    case, letter = await own.opened(complaint("alexanderskolan", "sv", sender="dana@foralder.example"))
    (code,) = codes.in_text(letter.text, 3)
    parent = Parent(botapi, "sv")
    await parent.does({"says": f"/start {codes.spoken(code)}"})
    await parent.hears([case.reference, "tillsammans med din e-post"])
    await parent.does({"says": "Det hände igen i dag, och ingen av de vuxna sade något."})
    await parent.hears(["det är tillagt i ärende", case.reference])
    told = await own.arrived(case, "joined")
    assert (told.to, "Var det inte du?" in told.words) == ("dana@foralder.example", True)
    assert [one.messages for one in await own.register.cases()] == [2]
    assert await own.register.verify() == ()


async def test_an_open_chat_is_asked_and_once_cut_is_in_no_byte_of_the_folder(own: House, botapi: BotApi) -> None:
    """G3, A4: database, log of writes, outbox, spool, journal, log and a copy of the register."""
    parent = Parent(botapi, "sv", CHAT)
    await parent.does({"says": "Jag vill klaga: taket på Gärdet läcker och det luktar mögel i hallen."})
    await parent.hears(["Ska jag lämna in det?"])
    await parent.does({"presses": "Lämna in anonymt"})
    await parent.hears(["Din kod", "Det här kan vi inte lova"])
    await parent.does({"presses": OPEN})
    await parent.hears(["/cut"])
    (case,) = await own.register.cases()
    parent.read = len(parent.heard())
    await own.register.unknown.ask(case.id, "Vilka dagar hände det?", datetime.now(UTC))
    await parent.hears(["Vilka dagar hände det?"])
    await parent.does({"says": "Det var i måndags och i torsdags."})
    await parent.hears(["det är tillagt i ärende"])
    await parent.does({"presses": CUT})
    await parent.hears(["avklippt och raderad"])
    await own.all_sent()
    assert await own.register.sweep()
    back_up(own.folder / "lyhord.db", own.folder / "copy.db", datetime.now(UTC))
    assert traces.found(own.folder, str(CHAT), person(CHAT)["first_name"]) == []
    assert [one["text"] for one in await own.register.messages(case.id)][1:] == ["Det var i måndags och i torsdags."]
    assert await own.register.verify() == ()
