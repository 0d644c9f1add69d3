"""What each stage of our own costs a mail: the house itself, one stage after the other."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

from benchmarks.mails import Mail
from benchmarks.serving import settings_text, sink
from bot.desk import Desk
from bot.lasting import settle
from bot.pipeline import consider
from bot.settings import load as load_settings
from bot.wiring import open_desk, open_lanes
from bot.workers import BATCH
from classifiers import Classifiers
from intake.channels import Doorway
from intake.channels._delivery import Transaction, deliver
from register.records import Entered, Entry, RawMessage
from replies.dispatch import dispatch_once

T = TypeVar("T")
_LEASE = timedelta(minutes=10)
#: mails that load what is loaded once
_WARM = 2 * BATCH
#: mails that arrive together
_TOGETHER = 8
SPOOL, READ, UNDERSTAND = "spool", "read", "understand"
MEASURE, COMPOSE, ENTER, SEND = "measure", "compose", "enter", "send"
#: in the order of the path; what comes before them, the listener, is in `accepting`
STAGES = (SPOOL, READ, UNDERSTAND, MEASURE, COMPOSE, ENTER, SEND)


@dataclass(kw_only=True)
class Costs:
    """Seconds of CPU by stage, over so many mails."""

    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))
    mails: int = 0

    def milliseconds(self) -> dict[str, float]:
        """By stage, a mail."""
        return {stage: seconds / max(1, self.mails) * 1e3 for stage, seconds in self.seconds.items()}

    @contextmanager
    def of(self, stage: str, *, but: Sequence[str] = ()) -> Iterator[None]:
        """Counts what this process does meanwhile, without what other stages count within it."""
        begun, within = time.process_time(), sum(self.seconds[one] for one in but)
        yield
        inner = sum(self.seconds[one] for one in but) - within
        self.seconds[stage] += time.process_time() - begun - inner

    def within(self, stage: str, work: Callable[..., T]) -> Callable[..., T]:
        """The same work, what its thread does for it counted."""

        def counted(*args: Any, **kwargs: Any) -> T:
            begun = time.thread_time()
            try:
                return work(*args, **kwargs)
            finally:
                self.seconds[stage] += time.thread_time() - begun

        return counted


@dataclass(frozen=True)
class _Counted:
    """Classifiers whose work is counted."""

    classify: Callable[..., Any]


def stages(mails: Sequence[Mail], *, meaning: bool) -> dict[str, float]:
    """Milliseconds of CPU a mail, by stage."""
    with (
        tempfile.TemporaryDirectory(prefix="lyhord-benchmark-") as folder,
        sink(Path(folder) / "sink.log") as (_, port),
    ):
        return asyncio.run(_stages(Path(folder), port, mails, meaning=meaning)).milliseconds()


async def _stages(folder: Path, port: int, mails: Sequence[Mail], *, meaning: bool) -> Costs:
    config = folder / "lyhord.toml"
    (folder / "sink.log").touch()
    config.write_text(settings_text(url=f"sqlite+aiosqlite:///{folder / 'lyhord.db'}", sink=port, meaning=meaning))
    settings = load_settings(config)
    async with open_desk(settings) as desk, open_lanes(settings) as (senders, _):
        await _through(desk, senders, mails[:_WARM], Costs())
        # As `lyhord run` does once it is warm: what is loaded is not looked through for rubbish again.
        settle()
        costs = Costs()
        await _through(desk, senders, mails[_WARM:], costs)
    return costs


async def _through(desk: Desk, senders: Any, mails: Sequence[Mail], costs: Costs) -> None:
    costs.mails += len(mails)
    counted = cast("Classifiers", _Counted(costs.within(UNDERSTAND, desk.classifiers.classify)))
    desk = replace(desk, classifiers=counted)
    with costs.of(SPOOL):
        for start in range(0, len(mails), _TOGETHER):
            await asyncio.gather(*(_arrive(desk, mail) for mail in mails[start : start + _TOGETHER]))
    while raws := await desk.register.claim_messages("stages", BATCH, _now(), _LEASE):
        await _take_in(desk, raws, costs)
    with costs.of(SEND):
        while await dispatch_once(desk.register, senders, worker="stages", now=_now(), urgent=False, limit=BATCH):
            pass


async def _arrive(desk: Desk, mail: Mail) -> None:
    transaction = Transaction()
    transaction.mail_from, transaction.rcpt_tos = mail.sender, [mail.to]
    transaction.organisations[mail.to] = desk.procedures.claimed_by(mail.to) or ""
    door = cast("Doorway", _Door(desk.register.spool))
    await deliver(door, "lmtp", transaction, mail.content)


@dataclass(frozen=True)
class _Door:
    receive: Callable[[RawMessage], Awaitable[bool]]


async def _take_in(desk: Desk, raws: Sequence[RawMessage], costs: Costs) -> None:
    with costs.of(READ):
        read = await asyncio.gather(*(desk.read(raw) for raw in raws))
    with costs.of(MEASURE, but=(UNDERSTAND,)):
        weighed = await asyncio.gather(*(_consider(desk, raw, one) for raw, one in zip(raws, read, strict=True)))
    with costs.of(ENTER, but=(COMPOSE,)):
        await asyncio.gather(*(_enter(desk, entry, costs) for entry in weighed))


async def _consider(desk: Desk, raw: RawMessage, submission: Any) -> Entry:
    procedure = desk.procedure_for(raw, submission)
    assert procedure is not None
    return await consider(raw, submission, procedure, desk, _now())


async def _enter(desk: Desk, entry: Entry, costs: Costs) -> Entered:
    return await desk.register.enter(replace(entry, compose=costs.within(COMPOSE, entry.compose)), _now())


def _now() -> datetime:
    return datetime.now(UTC)
