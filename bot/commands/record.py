"""`lyhord record`: what came by phone or post, entered by staff, takes the same path as a mail (A1, C4)."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from bot import logs
from bot.alarms import Alarms
from bot.commands import sources
from bot.output import emit, say
from bot.settings import Settings, load
from bot.wiring import open_desk
from bot.workers import Workers, now
from register.errors import BadSettings
from register.records import RawMessage


@dataclass(frozen=True, kw_only=True)
class Report:
    """What reception writes down: the fullest possible account, from whom, when, and from which number."""

    to: str
    by: str
    name: str
    phone: str
    mail: str
    at: datetime
    account: str


def record(report: Report, *, json: bool, config: Path | None) -> None:
    """Enters the report and prints its number."""
    if not report.account.strip():
        raise BadSettings("record: the account is empty; write what was said with --text or on standard input")
    settings = load(config)
    logs.configure(format_=settings.operation.log_format, level="warning")
    asyncio.run(_record(report, settings, json=json))


def moment(written: str | None) -> datetime:
    """When it was received, as typed (local time unless it says otherwise); now where it was not."""
    if written is None:
        return now()
    try:
        return datetime.fromisoformat(written).astimezone()
    except ValueError:
        raise BadSettings(f"record: --at {written!r} is no moment; write it like 2026-11-24T10:05") from None


def account(text: str | None) -> str:
    """The account as typed, or all of standard input."""
    return text if text is not None else sys.stdin.read()


def as_message(report: Report) -> RawMessage:
    """The report as a message: labelled lines that are read like those of a form, then the account."""
    message = EmailMessage()
    message["To"] = report.to
    if report.mail:
        message["From"] = report.mail
    message["Date"] = format_datetime(report.at)
    lines = [("Name", report.name), ("Phone", report.phone), ("Time", report.at.isoformat(" ", "minutes"))]
    head = "\n".join(f"{label}: {' '.join(value.split())}" for label, value in lines if value)
    message.set_content(f"{report.account.strip()}\n\n{head}\n")
    raw = sources.raw(message.as_bytes(), to=report.to, now=report.at)
    return replace(raw, channel=report.by)


async def _record(report: Report, settings: Settings, *, json: bool) -> None:
    async with open_desk(settings) as desk:
        if desk.procedures.claimed_by(report.to) is None:
            raise BadSettings(f"record: {report.to} is the mailbox of no school; `lyhord check` names the files")
        workers = Workers(desk, {}, Alarms(desk, settings.operation.alarm_to, settings.operation.acknowledge_within))
        raw = as_message(report)
        await workers.receive(raw)
        while await workers.intake_once():
            pass
        place = await desk.register.whereabouts(raw.channel, raw.external_id)
    reference = place.reference if place else None
    if json:
        emit({"outcome": place.outcome if place else "waiting", "reference": reference})
    else:
        say(f"registered as {reference}" if reference else "kept; it is taken in by the running service")
