"""`lyhord check`: what is wrong in settings, procedures and letters, a line each; with --connect also in the world."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from pydantic import ValidationError

import classifiers
import procedures.check
import replies.check
from bot.doors import channel_name
from bot.output import complain, say
from bot.settings import Settings, first_problem, load
from bot.wiring import load_procedures, open_register, open_senders, trusted_roots
from bot.workers import now
from intake import channels
from procedures.load import problems as load_problems
from register.errors import Fault

#: seconds that one connection may take
PATIENCE = 20.0
#: what the first procedure file of `lyhord init` has in the place of an address
UNFILLED = re.compile(r"fill-in-[\w-]+@school\.example")


def check(config: Path | None, *, connect: bool) -> None:
    """Prints a line for each problem on stderr and exits with 1, or says that all is well."""
    settings = load(config)
    problems = [*_files(settings), *_channels(settings)]
    if connect and not problems:
        problems += asyncio.run(_connections(settings))
    for problem in problems:
        complain(problem)
    if not problems:
        for warning in (*_to_fill_in(settings), *_less_sure(settings)):
            complain(warning)
    if problems:
        raise typer.Exit(1)
    say("all is well: settings, procedures, classifiers and letters" + (", and every connection" if connect else ""))


def _files(settings: Settings) -> Iterator[str]:
    yield from classifiers.problems()
    yield from _roots(settings)
    yield from replies.check.problems(settings.templates.folders)
    unreadable = load_problems(settings.procedures.folders, settings.procedures.schools)
    yield from unreadable
    if not unreadable:
        for procedure in load_procedures(settings).all:
            yield from procedures.check.problems(procedure, now().astimezone(procedure.zone).date())


def _roots(settings: Settings) -> Iterator[str]:
    try:
        trusted_roots(settings)
    except Fault as error:
        yield error.public


def _to_fill_in(settings: Settings) -> Iterator[str]:
    """Addresses that `lyhord init` has put in the place of real ones: no fault of the file, but letters come back."""
    for procedure in load_procedures(settings).all:
        for role in procedure.roles:
            if role.mail and UNFILLED.fullmatch(role.mail):
                where = f"{procedure.id}: role {role.id}: {role.mail}"
                yield f"warning: {where} has to be filled in still; letters to it come back"


def _less_sure(settings: Settings) -> Iterator[str]:
    """What is wanted of the classifiers and cannot be had on this machine: all else works without."""
    if settings.operation.meaning and (why := classifiers.by_words_alone()):
        yield f"warning: {why}; install it, or set operation.meaning = false"


def _channels(settings: Settings) -> Iterator[str]:
    names: set[str] = set()
    for number, table in enumerate(settings.channels, 1):
        name = channel_name(table, number)
        if name in names:
            yield f"channels.{number}: {name} is there twice; remove one of the two"
        names.add(name)
        try:
            channels.load(str(table.get("kind", ""))).Settings.model_validate(dict(table))
        except ValidationError as error:
            yield f"channels.{number} ({table.get('kind')}): {first_problem(error)}"
        except Fault as error:
            yield f"channels.{number}: {error.public}"


async def _connections(settings: Settings) -> list[str]:
    found = [await _database(settings), *(await _senders(settings))]
    for number, table in enumerate(settings.channels, 1):
        found.append(await _channel(number, table))
    return [problem for problem in found if problem]


async def _database(settings: Settings) -> str:
    try:
        async with open_register(settings):
            return ""
    except Fault as error:
        return f"database: {error.public}"


async def _senders(settings: Settings) -> list[str]:
    problems = []
    async with open_senders(settings) as senders:
        for kind, sender in senders.items():
            try:
                await asyncio.wait_for(sender.probe(), PATIENCE)
            except (Fault, TimeoutError) as error:
                problems.append(f"outgoing ({kind}): {_public(error)}")
    return problems


async def _channel(number: int, table: dict[str, Any]) -> str:
    """What is wrong with a channel; of one that has something to say of itself it is printed."""
    module = channels.load(str(table["kind"]))
    probe = getattr(module, "probe", None)
    if probe is None:
        return ""
    try:
        told = await asyncio.wait_for(probe(module.Settings.model_validate(dict(table))), PATIENCE)
    except (Fault, TimeoutError) as error:
        return f"channels.{number} ({table['kind']}): {_public(error)}"
    if told:
        say(f"channels.{number} ({table['kind']}): {told}")
    return ""


def _public(error: Exception) -> str:
    return error.public if isinstance(error, Fault) else f"no answer within {PATIENCE:.0f} s"
