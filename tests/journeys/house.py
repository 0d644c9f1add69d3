"""The whole of Lyhord at work in a folder: real doors on free ports, a real register, letters to a real receiver."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from bot.alarms import Alarms
from bot.desk import Desk
from bot.service import Service
from bot.settings import load
from procedures.model import Procedure
from register.records import Case, Entered, RawMessage
from register.store import Register
from replies.dispatch import Outcome
from tests.journeys.mails import Letter, Mail
from tests.journeys.servers.receiver import Received, Receiver, Stage

T = TypeVar("T")
#: how long anything may take before a test gives up, in seconds
PATIENCE = 120.0
LMTP = '[[channels]]\nkind = "lmtp"\nport = 0\n'
SMTP = '[[channels]]\nkind = "smtp"\nport = 0\n'


class Post(Receiver):
    """The receiver, which can also be asked for a letter, and can be away for a while."""

    def __init__(self) -> None:
        super().__init__()
        self._letters: list[Letter] = []
        #: True: every new connection is turned away
        self.away = False
        self._turned_away = asyncio.Semaphore(0)

    def next(self, stage: Stage) -> str:
        """The next scripted reply; to a new connection a refusal, while we are away."""
        if stage == "connect" and self.away:
            self._turned_away.release()
            return "421 4.3.2 away"
        return super().next(stage)

    async def turned_away(self, number: int) -> None:
        """Waits until so many more connections were turned away."""
        async with asyncio.timeout(PATIENCE):
            for _ in range(number):
                await self._turned_away.acquire()

    @property
    def letters(self) -> list[Letter]:
        """Everything that came, parsed when it is looked at."""
        self._letters += [Letter(one) for one in self.mails[len(self._letters) :]]
        return self._letters

    async def until(self, find: Callable[[], T], *, seconds: float = PATIENCE) -> T:
        """What `find` finds, once it finds something."""
        async with asyncio.timeout(seconds), self._arrived:
            await self._arrived.wait_for(lambda: bool(find()))
        return find()

    async def letter(self, to: str, about: str = "", *, subject: str = "", number: int = 1) -> Letter:
        """The n-th letter to an address that is about a case number and has these words in its subject."""

        def found() -> list[Letter]:
            mine = (one for one in self.letters if to in one.received.recipients)
            return [one for one in mine if one.is_about(about) and subject in one.subject]

        return (await self.until(lambda: found() if len(found()) >= number else []))[number - 1]


def settings(
    folder: Path,
    relay: int,
    channels: Sequence[str] = (LMTP, SMTP),
    more: str = "",
    *,
    database: str = "sqlite+aiosqlite:///lyhord.db",
    name: str = "lyhord.toml",
) -> Path:
    """Writes a settings file: letters go to a port of this machine without TLS."""
    file = folder / name
    file.write_text(
        "\n".join(
            (
                f'[database]\nurl = "{database}"\n',
                f'[outgoing]\nhost = "127.0.0.1"\nport = {relay}\nsecurity = "none"\n',
                more or '[operation]\nlog_level = "error"\nclock_seconds = 0.5\n',
                *channels,
            )
        ),
        encoding="utf-8",
    )
    return file


class House:
    """The service in a folder; `async with` starts and stops it. Every method that waits gives up after two minutes."""

    def __init__(self, folder: Path, post: Post, *, channels: Sequence[str] = (LMTP, SMTP), more: str = "") -> None:
        self.folder, self.post = folder, post
        self.config = settings(folder, post.port, channels, more)
        self.service = Service(load(self.config))
        #: what became of every message, in the order of entering
        self.entered: list[tuple[RawMessage, Entered]] = []
        #: what became of every letter that was tried, by its id: sent, deferred, failed
        self.tried: dict[str, Outcome] = {}
        self._changed = asyncio.Event()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self.service.running())
        self.service.workers.entered = self._note_message
        self.service.workers.tried = self._note_letter
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)

    def _note_message(self, raw: RawMessage, entered: Entered) -> None:
        self.entered.append((raw, entered))
        self._changed.set()

    def _note_letter(self, outcome: Outcome) -> None:
        self.tried[outcome.letter.id] = outcome
        self._changed.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Waits until a claim about this house holds; it is looked at after every message and letter."""
        async with asyncio.timeout(PATIENCE):
            while not holds():
                self._changed.clear()
                await self._changed.wait()

    @property
    def desk(self) -> Desk:
        """What the path works with."""
        return self.service.workers.desk

    @property
    def register(self) -> Register:
        """The book."""
        return self.desk.register

    @property
    def alarms(self) -> Alarms:
        """What rings."""
        return Alarms(self.desk, (), timedelta(minutes=10))

    def school(self, case: Case) -> Procedure:
        """The procedure that a case goes by."""
        found = self.desk.procedures.get(case.organisation)
        assert found is not None
        return found

    def port(self, kind: str) -> int:
        """The port that a door listens on."""
        door: Any = next(door for name, door in self.service.doors.items() if name.startswith(f"{kind}:"))
        return int(door.port)

    async def send(self, one: Mail, by: str = "lmtp") -> None:
        """Hands a mail over and returns once the door has said 250; raises what smtplib raises where it does not."""
        await asyncio.to_thread(self._send, one, by)

    def _send(self, one: Mail, by: str) -> None:
        with (smtplib.LMTP if by == "lmtp" else smtplib.SMTP)("127.0.0.1", self.port(by), timeout=PATIENCE) as door:
            door.sendmail(one.sender, [one.to], one.content)

    async def take(self, one: Mail, by: str = "lmtp") -> Entered:
        """Sends a mail and waits until it is entered; no other may be on its way."""
        number = len(self.entered) + 1
        await self.send(one, by)
        await self.until(lambda: len(self.entered) >= number)
        return self.entered[-1][1]

    async def registered(self, one: Mail, by: str = "lmtp") -> Case:
        """Sends a mail that opens a case."""
        case = (await self.take(one, by)).case
        assert case is not None, "it was set aside"
        return case

    async def opened(self, one: Mail) -> tuple[Case, Letter]:
        """A new case with its acknowledgement at the sender's mailbox."""
        case = await self.registered(one)
        return case, await self.arrived(case, "acknowledgement")

    async def ordered(self, case: Case, template: str = "") -> list[dict[str, Any]]:
        """The letters of a case as the register has them; all are there as soon as the message is entered."""
        return [dict(one) for one in await self.register.letters(case.id) if template in ("", one["template"])]

    async def roles(self, case: Case, template: str) -> list[str]:
        """The roles that letters of a template go to, in the order in which they were ordered."""
        return [one["role"] for one in await self.ordered(case, template)]

    async def arrived(self, case: Case, template: str, role: str = "sender") -> Letter:
        """The newest letter of a template to a role. On a day off it may have to wait (C2): then as the book has it."""
        one = [one for one in await self.ordered(case, template) if one["role"] == role][-1]
        if one["send_at"] is None:
            await self.until(lambda: one["id"] in self.tried)
            return next(letter for letter in self.post.letters if letter.message_id == one["message_id"])
        kept = await self.register.letter(one["id"])
        assert kept is not None
        return Letter(Received(envelope_from="", recipients=(kept["to_value"],), content=kept["content"]))

    async def all_sent(self) -> None:
        """Waits until every letter that may leave now has been tried."""
        now = datetime.now(UTC)
        due = [one["id"] for one in await self.register.letters() if one["send_at"] is None or one["send_at"] <= now]
        await self.until(lambda: all(one in self.tried for one in due))
