"""`lyhord anonymous …`: the school asks somebody whom it does not know; reception takes up a code on the phone (G3)."""

from __future__ import annotations

import asyncio
import sys
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from bot import logs
from bot.alarms import Alarms
from bot.desk import Desk
from bot.output import say
from bot.secrecy import MOST_OF_ALL, WINDOW, opened_by
from bot.settings import Settings, load
from bot.wiring import open_desk, open_register
from bot.workers import Workers, now
from register import codes
from register.errors import Permanent
from register.records import Case, RawMessage
from register.seals import new_id


def ask(reference: str, text: str, config: Path | None) -> None:
    """Keeps a question until the sender of an anonymous case writes again."""
    settings = load(config)

    async def keep() -> None:
        async with open_register(settings) as register:
            case = await register.case(reference)
            if case is None:
                raise Permanent(f"the register has no case {reference}; `lyhord register list` shows the numbers")
            if not case.anonymous:
                raise Permanent(f"{case.reference}: its sender is known; write to them")
            await register.unknown.ask(case.id, text.strip(), now())
            soon = await register.links.is_open(case.id)
            when = "at once, in the chat that they left open" if soon else "the next time they write"
            say(f"{case.reference}: the sender gets the question {when}")

    if not text.strip():
        raise Permanent("the question is empty")
    asyncio.run(keep())


def add(code: str, text: str | None, config: Path | None) -> None:
    """Adds what somebody says on the phone to the case that their code opens, and prints the school's questions."""
    settings = load(config)
    logs.configure(format_=settings.operation.log_format, level="warning")
    read = codes.read(code)
    if read is None:
        raise Permanent("this is no code: it has 16 characters and the last one is a check; have it read out once more")
    words = sys.stdin.read() if text == "-" else text or ""
    asyncio.run(_add(read, words.strip(), settings))


async def _add(code: str, text: str, settings: Settings) -> None:
    async with open_desk(settings) as desk:
        case = await _opened(desk, code)
        if text:
            await _taken_in(desk, code, text, case, settings)
            say(f"{case.reference}: added")
        waiting = await desk.register.unknown.questions(case.id, waiting=True)
        for one in waiting:
            say(f"The school asks: {one.text}")
        if waiting:
            await desk.register.unknown.told(case.id, [one.id for one in waiting], now())
        else:
            say("The school has no question just now.")


async def _opened(desk: Desk, code: str) -> Case:
    """The case; wrong codes count for everybody, and after many of them none is tried."""
    if await desk.register.unknown.wrong_since(now() - WINDOW) >= MOST_OF_ALL:
        raise Permanent("too many codes were wrong lately; try again in an hour")
    for procedure in desk.procedures.all:
        if case := await opened_by(desk, code, procedure.id):
            return case
    await desk.register.unknown.note_wrong(now())
    raise Permanent("this code opens no case; have it read out once more")


async def _taken_in(desk: Desk, code: str, text: str, case: Case, settings: Settings) -> None:
    """By the same path as every message, so that it is classified, passed on and cleansed like one."""
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = codes.spoken(code)
    mail.set_content(text)
    raw = RawMessage(
        channel="file",
        external_id=f"phone:{new_id()}",
        content=mail.as_bytes(),
        received_at=now(),
        organisation=case.organisation,
    )
    workers = Workers(desk, {}, Alarms(desk, settings.operation.alarm_to, settings.operation.acknowledge_within))
    await workers.receive(raw)
    while await workers.intake_once():
        pass
