"""`lyhord staff …`: one-time codes that link a chat to a role, the linked chats, and how a link ends."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.output import emit, say, show
from bot.settings import Settings, load
from bot.staff.codes import CODE_LIFE, digest, new_code
from bot.wiring import load_procedures, open_register, signing_key
from bot.workers import now
from procedures.load import Procedures
from procedures.model import Procedure
from register.errors import Permanent
from register.seals import Seals


def link(role: str, organisation: str | None, config: Path | None) -> None:
    """Makes a code for a role and prints it; it is stored only as a keyed hash."""
    settings = load(config)
    procedure = school(load_procedures(settings), organisation)
    if procedure.role(role) is None:
        roles = ", ".join(one.id for one in procedure.roles)
        raise Permanent(f"{procedure.id} has no role {role}; it has {roles}")
    if not _has_bot(settings, procedure):
        raise Permanent(f"{procedure.id} has no bot: lyhord.toml has no [[channels]] of kind telegram for it")
    asyncio.run(_link(settings, procedure, role))


async def _link(settings: Settings, procedure: Procedure, role: str) -> None:
    code = new_code()
    async with open_register(settings) as register:
        key = digest(code, Seals(signing_key(settings)))
        await register.staff.offer(key, procedure.id, role, now(), CODE_LIFE)
    say(f"{procedure.id}, {role}: the chat that sends this code to the school's bot within 24 hours gets its notices")
    say(code, style="bold")
    say(f"In a private chat or a group: /staff {code}")
    say(f"As a link, with the bot's user name: https://t.me/<bot>?start={code.lower()}")


def listed(organisation: str | None, config: Path | None, *, json: bool) -> None:
    """The linked chats."""
    settings = load(config)

    async def look() -> None:
        async with open_register(settings) as register:
            rows = await register.staff.chats(organisation)
        if json:
            for one in rows:
                emit(vars(one))
            return
        cells = ((one.organisation, one.role, one.chat, one.kind, f"{one.linked_at:%Y-%m-%d %H:%M}") for one in rows)
        show("Linked chats", ("school", "role", "chat", "kind", "since (UTC)"), cells)

    asyncio.run(look())


def unlink(chat: str, role: str | None, organisation: str | None, config: Path | None) -> None:
    """A chat gets no more notices of a role, or of any."""
    settings = load(config)
    procedure = school(load_procedures(settings), organisation)

    async def cut() -> None:
        async with open_register(settings) as register:
            roles = await register.staff.unlink(procedure.id, chat, role, now())
        if not roles:
            raise Permanent(f"{procedure.id} has no such link; `lyhord staff list` shows those that there are")
        say(f"{procedure.id}: the chat is no longer linked to {', '.join(roles)}")

    asyncio.run(cut())


def take(reference: str, role: str, config: Path | None) -> None:
    """Says that a role has taken an urgent case, for whoever was told by phone."""
    settings = load(config)

    async def note() -> None:
        async with open_register(settings) as register:
            case = await register.case(reference)
            if case is None:
                raise Permanent(f"the register has no case {reference}; `lyhord register list` shows the numbers")
            procedure = load_procedures(settings).get(case.organisation)
            if procedure is None or procedure.role(role) is None or role in case.excluded:
                raise Permanent(f"{case.reference}: {role} is no role that may see it")
            if not await register.staff.take(case.id, role, now()):
                raise Permanent(f"{case.reference}: somebody has taken it already")
            say(f"{case.reference}: taken by {role}; its notices are not repeated any more")

    asyncio.run(note())


def school(procedures: Procedures, organisation: str | None) -> Procedure:
    """The school of an id; the only one where none is given. Raises Permanent where that is not clear."""
    known = ", ".join(one.id for one in procedures.all)
    if organisation is None:
        if len(procedures.all) == 1:
            return procedures.all[0]
        raise Permanent(f"say which school with --organisation: {known}")
    found = procedures.get(organisation)
    if found is None:
        raise Permanent(f"there is no school {organisation}; there are {known}")
    return found


def _has_bot(settings: Settings, procedure: Procedure) -> bool:
    bots = [one for one in settings.channels if one.get("kind") == "telegram"]
    return any(one.get("organisation") in (None, procedure.id) for one in bots)
