"""Staff in their chats, with the real bot, mail and register: linked, told, acting, reminded until one has taken it."""

from __future__ import annotations

import re
import signal
from pathlib import Path

from bot.staff.codes import CODE_LIFE, digest, new_code
from bot.workers import now
from register.records import Case
from register.seals import Seals
from register.store import Register
from tests.journeys.house import LMTP, House, settings
from tests.journeys.mails import complaint
from tests.journeys.running import Running, lyhord
from tests.journeys.servers.botapi import BotApi, botapi
from tests.journeys.servers.botapi_methods import Json, person
from tests.journeys.test_conversation import post, prepare, telegram

__all__ = ["botapi"]
SCHOOL, HEAD = "alexanderskolan", "head_gardet"
#: so short that the test sees a second and a third notice
OFTEN = '[operation]\nlog_level = "error"\nclock_seconds = 0.2\nrepeat_urgent_minutes = 0.02\n'
DANGER = "Min son vill ta livet av sig, han är på förskolan Gärdet nu."


class Phone:
    """A chat with the bot: one person's or a group's."""

    def __init__(self, api: BotApi, chat: int) -> None:
        self.api, self.chat, self.read = api, chat, 0
        kind = "group" if chat < 0 else "private"
        self.envelope = {"chat": {"id": chat, "type": kind}, "from": person(abs(chat))}

    def heard(self) -> list[Json]:
        """What the bot has said here."""
        return [one for (chat, _), one in self.api.messages.items() if chat == self.chat]

    async def says(self, text: str) -> None:
        self.read = len(self.heard())
        await self.api.update(message=self.api.message(self.chat, text=text) | self.envelope)

    async def presses(self, title: str) -> None:
        """The newest button with a title."""
        message, data = self.button(title)
        await self.sends_back(message, data)

    async def sends_back(self, message: Json, data: str) -> None:
        self.read = len(self.heard())
        query = {"id": "1", "from": person(abs(self.chat)), "chat_instance": "1", "data": data}
        await self.api.update(callback_query=query | {"message": message | {"chat": self.envelope["chat"]}})

    def button(self, title: str) -> tuple[Json, str]:
        for message in reversed(self.heard()):
            for row in (message.get("reply_markup") or {}).get("inline_keyboard", ()):
                for one in row:
                    if title in one["text"]:
                        return message, one["callback_data"]
        raise AssertionError(f"no button {title!r} below {[one['text'] for one in self.heard()]}")

    async def hears(self, words: str) -> Json:
        def said() -> list[Json]:
            return [one for one in self.heard()[self.read :] if words in one["text"]]

        try:
            await self.api.until(lambda: bool(said()), 30)
        except TimeoutError:
            raise AssertionError(f"{words!r} not in {[one['text'] for one in self.heard()[self.read :]]}") from None
        return said()[0]

    async def does(self, title: str, words: str) -> None:
        """Presses, and hears what comes of it."""
        await self.presses(title)
        await self.hears(words)


async def printed(config: Path, role: str) -> str:
    """The code that the command prints for a role."""
    said = await lyhord("staff", "link", role, "--organisation", SCHOOL, "--config", config)
    assert said.is_clean, said.err
    found = re.search(r"STAFF-\S+", said.out)
    assert found
    return found[0]


async def offered(register: Register, folder: Path, role: str) -> str:
    """A code as the command makes it."""
    made, key = new_code(), (folder / "lyhord.key").read_text("ascii").strip()
    await register.staff.offer(digest(made, Seals(bytes.fromhex(key))), SCHOOL, role, now(), CODE_LIFE)
    return made


async def linked(api: BotApi, code: str, chat: int, way: str = "{code}") -> Phone:
    phone = Phone(api, chat)
    await phone.says(way.format(code=code))
    await phone.hears("kopplad till")
    return phone


async def lines(register: Register, case: Case) -> list[str]:
    return [one.what for one in await register.journal(case.id)]


async def test_staff_act_in_chat_on_what_came_by_mail(botapi: BotApi, tmp_path: Path) -> None:
    """Issue 3.3, G12: linked three ways; take, write, takes longer, pass on, about me; a stranger can do nothing."""
    prepare(tmp_path)
    async with post() as relay, House(tmp_path, relay, channels=[LMTP, telegram(botapi, SCHOOL)]) as house:
        head = await linked(botapi, await printed(house.config, HEAD), 71, "/start {code}")
        book = house.register
        group = await linked(botapi, await offered(book, tmp_path, HEAD), -72, "/staff@skol_bot {code}")
        manager = await linked(botapi, await offered(book, tmp_path, "operations_manager"), 73)
        first = complaint(SCHOOL, "sv")
        case = await house.registered(first)
        for phone in (head, group):
            phone.read = 0
            notice = await phone.hears(case.reference)
            assert "mjölk" not in notice["text"]
        await head.does("Visa", "mjölk")
        stranger = Phone(botapi, 99)
        await stranger.sends_back(*head.button("Jag tar det"))
        await stranger.hears("inte kopplad")
        await head.does("Jag tar det", "Du har tagit")
        await group.does("Jag tar det", "redan tagit")
        await group.does("Skriv till föräldern", "Skriv nu")
        await group.says("Vi ses på fredag kl. 9.")
        await group.hears("Vi ses på fredag")
        await group.does("Skicka", "på väg")
        letter = await relay.letter(first.sender, case.reference, subject="meddelande")
        assert "Vi ses på fredag kl. 9." in letter.text
        await head.does("Det tar längre tid", "skälet")
        await head.says("Kökschefen är sjuk.")
        await head.hears("inget nytt datum")
        await head.does("Skicka", "på väg")
        assert "Kökschefen" in (await relay.letter(first.sender, case.reference, subject="längre tid")).text
        await head.does("Inte mitt", "Vem ska ha")
        await head.does("verksamhetschef", "lämnats över")
        manager.read = 0
        await manager.hears(case.reference)
        await relay.letter(first.sender, case.reference, subject="ditt ärende")
        await manager.does("Det gäller mig", "Gäller")
        await manager.does("Ja, det gäller mig", "Tack")
        await manager.does("Jag tar det", "inte längre")
        after = await house.register.case(case.id)
        assert after is not None
        assert "operations_manager" in after.excluded
        # Who decides by the procedure: the owner of the stage, whoever had it in between.
        assert after.owner == HEAD
        done_once = ("taken", "wrote_to_sender", "takes_longer", "passed_on", "excluded")
        journal = await lines(house.register, case)
        assert [journal.count(one) for one in done_once] == [1] * len(done_once)
        assert {one.who for one in await house.register.journal(case.id) if one.what in done_once} <= {
            HEAD,
            "operations_manager",
        }
        assert len(await house.register.cases()) == 1
        assert await house.register.verify() == ()


async def test_an_urgent_notice_comes_again_by_mail_and_chat_until_it_is_taken(botapi: BotApi, tmp_path: Path) -> None:
    """C6, G7: to everyone who was told, and then to nobody; what staff write reaches the parent in their chat."""
    prepare(tmp_path)
    channels = [telegram(botapi, SCHOOL)]
    async with post() as relay, House(tmp_path, relay, channels=channels, more=OFTEN) as house:
        head = await linked(botapi, await offered(house.register, tmp_path, HEAD), 71)
        parent = Phone(botapi, 81)
        await parent.says(DANGER)
        await parent.hears("112")
        (case,) = await house.register.cases()
        head.read = 0
        await head.hears("BRÅDSKANDE")
        await head.hears("Ingen har tagit ärendet")
        mails = {one["to_value"] for one in await house.ordered(case, "urgent_notice") if one["to_kind"] == "mail"}
        assert len(mails) > 1
        for address in mails:
            await relay.letter(address, case.reference, number=2)
        await head.does("Jag tar det", "Du har tagit")
        repeated = len(await house.ordered(case, "urgent_notice"))
        await head.does("Skriv till föräldern", "Skriv nu")
        await head.says("Vi är hos honom nu.")
        await head.hears("Vi är hos honom")
        await head.does("Skicka", "på väg")
        await parent.hears("Vi är hos honom nu.")
        assert len(await house.ordered(case, "urgent_notice")) == repeated
        assert await house.register.verify() == ()


async def test_a_press_survives_kill_9_and_counts_once(botapi: BotApi, tmp_path: Path) -> None:
    """G4: killed as soon as the press is on disk, before or after its effect; the same press comes twice besides."""
    prepare(tmp_path)
    async with post() as relay:
        config = settings(tmp_path, relay.port, [telegram(botapi, SCHOOL)])
        url = f"sqlite+aiosqlite:///{tmp_path / 'lyhord.db'}"
        async with Running(config):
            async with await Register.open(url) as register:
                code = await offered(register, tmp_path, HEAD)
            head = await linked(botapi, code, 71)
            parent = Phone(botapi, 81)
            await parent.says(DANGER)
            await parent.hears("112")
            head.read = 0
            await head.hears("BRÅDSKANDE")
            message, data = head.button("Jag tar det")
        for kill in (True, False):
            async with Running(config) as process:
                await head.sends_back(message, data)
                await botapi.until(lambda: not botapi.held, 30)
                if kill:
                    await process.end(signal.SIGKILL)
                else:
                    await head.hears("redan tagit")
        async with await Register.open(url) as register:
            (case,) = await register.cases()
            assert (await lines(register, case)).count("taken") == 1
            assert await register.verify() == ()
