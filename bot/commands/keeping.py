"""`lyhord register close`: a role says that a case is dealt with, and why."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.desk import Desk
from bot.output import say
from bot.settings import Settings, load
from bot.staff.letters import written
from bot.wiring import load_procedures, open_desk, open_register
from bot.workers import now
from bot.writing import SENDER
from procedures.load import Procedures
from register.errors import Permanent
from register.records import Case, Letter, LetterOrder
from register.store import Register

#: the longest reason that the journal takes
LONGEST = 1000


def close(reference: str, *, because: str, by: str | None, tell: bool, config: Path | None) -> None:
    """Closes a case and ends its dates; `tell` also sends the parent a letter."""
    reason = because.strip()
    if not reason or len(reason) > LONGEST:
        raise Permanent(f"say in 1 to {LONGEST} characters how the case ended: --because")
    settings = load(config)
    asyncio.run(_close_and_tell(reference, reason, by, settings) if tell else _close(reference, reason, by, settings))


async def _close(reference: str, because: str, by: str | None, settings: Settings) -> None:
    async with open_register(settings) as register:
        case, role = await case_and_role(register, load_procedures(settings), reference, by)
        await _written_down(register, case, role, because, ())


async def _close_and_tell(reference: str, because: str, by: str | None, settings: Settings) -> None:
    async with open_desk(settings) as desk:
        case, role = await case_and_role(desk.register, desk.procedures, reference, by)
        letters = await _letters(desk, case)
        await _written_down(desk.register, case, role, because, letters)
        say("The parent gets a letter." if letters else "No letter can reach the sender: nobody was told.")


async def _letters(desk: Desk, case: Case) -> tuple[Letter, ...]:
    procedure = desk.procedures.get(case.organisation)
    if procedure is None:
        return ()
    order = LetterOrder(template="closed", to=SENDER)
    return await written(desk, case, await desk.reach(procedure), [order], now())


async def _written_down(register: Register, case: Case, role: str, because: str, letters: tuple[Letter, ...]) -> None:
    if not await register.close_case(case.id, role, because, letters, now()):
        raise Permanent(f"{case.reference}: is closed already; `lyhord register show` says by whom and why")
    say(f"{case.reference}: closed by {role}")


async def case_and_role(register: Register, procedures: Procedures, reference: str, by: str | None) -> tuple[Case, str]:
    """A case and the role that does something with it, by default its owner; raises Permanent where it may not."""
    case = await register.case(reference)
    if case is None:
        raise Permanent(f"the register has no case {reference}; `lyhord register list` shows the numbers")
    role, procedure = by or case.owner, procedures.get(case.organisation)
    if procedure is None or procedure.role(role) is None or role in case.excluded:
        raise Permanent(f"{case.reference}: {role} is no role that may see it; say who does this with --by ROLE")
    return case, role
