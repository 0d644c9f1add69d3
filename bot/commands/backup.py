"""`lyhord backup` and `lyhord restore`: the register in one file while it is at work, and back from there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from bot.output import say
from bot.settings import Settings, load
from bot.workers import now
from register import backup as files
from register.backup import Contents
from register.copying import copy
from register.errors import BadSettings, Permanent
from register.records import Books, Happening
from register.sole import only_service
from register.store import Register

#: what the copy of the key beside a backup is called
KEY = ".key"
#: letters that are counted as sent at once
_BATCH = 500


def backup(file: Path, config: Path | None, *, key: bool) -> None:
    """Writes the register as it is at this moment into a new file; with `key` also a copy of the key beside it."""
    settings = load(config)
    url = settings.database.url
    source = files.sqlite_file(url)
    contents = files.back_up(source, file, now()) if source else asyncio.run(files.copy_out(url, file, now()))
    say(f"{file}: the register as it was at {contents.taken_at:%Y-%m-%d %H:%M:%S} UTC")
    for line in _unfinished(contents):
        say(line)
    if key:
        _keep_key(settings, file)


def restore(file: Path, config: Path | None, *, letters_have_left: bool) -> None:
    """Puts a backup in the place of a register that is not there; looked through before and after."""
    settings = load(config)
    url, contents = settings.database.url, files.contents(file)
    target = files.sqlite_file(url)
    with only_service(url):
        with files.put_back(file, target) if target else files.put_aside(file) as part:
            files.let_go(part)
            books = asyncio.run(_looked_through(part, contents, letters_have_left=letters_have_left))
            if target is None:
                asyncio.run(copy(files.address(part), url))
        said = _key_put_back(settings, file)
    say(f"{target or 'the database'}: restored and sound: {books.arrived} messages arrived, {books.registered} cases")
    for line in _afterwards(contents, letters_have_left=letters_have_left):
        say(line)
    say(said)


def _unfinished(contents: Contents) -> Iterator[str]:
    yield f"{contents.letters_waiting} letters and {contents.messages_waiting} messages were waiting."
    if contents.to_unknown or contents.messages_waiting:
        yield (
            f"Mind: the addresses of {contents.to_unknown} letters to senders who stay unknown are in this file, and "
            "what waits to be read may hold more. Take another backup when nothing waits, and delete this one."
        )


async def _looked_through(part: Path, contents: Contents, *, letters_have_left: bool) -> Books:
    async with await Register.open(files.address(part), create=False) as register:
        await _refuse_unsound(register)
        counted = await _count_as_sent(register) if letters_have_left else 0
        facts = {
            "taken_at": contents.taken_at,
            "messages_waiting": contents.messages_waiting,
            "letters_waiting": contents.letters_waiting,
            "letters_in_hand": contents.in_hand,
            "letters_counted_as_sent": counted,
        }
        await register.note(Happening(what="restored", facts=facts), now())
        await _refuse_unsound(register)
        return await register.books()


async def _refuse_unsound(register: Register) -> None:
    if problems := await register.verify():
        raise Permanent(f"the backup is not sound, and nothing was restored: {problems[0]}")


async def _count_as_sent(register: Register) -> int:
    """Every letter that could have left before now, in both lanes."""
    counted = 0
    for urgent in (True, False):
        while letters := await register.claim_letters("restore", _BATCH, now(), timedelta(minutes=10), urgent=urgent):
            for letter in letters:
                await register.letter_sent(letter, now(), "said at the restore to have left before")
            counted += len(letters)
    return counted


def _afterwards(contents: Contents, *, letters_have_left: bool) -> Iterator[str]:
    if contents.letters_waiting and not letters_have_left:
        yield (
            f"{contents.letters_waiting} letters were waiting ({contents.in_hand} of them on their way); `lyhord run` "
            "sends them. If the old service worked on after the backup, they come a second time, each with the same "
            "Message-ID."
        )
    if contents.messages_waiting:
        yield (
            f"{contents.messages_waiting} messages were waiting; `lyhord run` takes them in. If the old service worked "
            "on after the backup, it has answered them already."
        )
    yield (
        "What arrived after the backup is not here, and numbers that were given after it are given again. Mail that is "
        "still in a mailbox is fetched again."
    )


def _keep_key(settings: Settings, file: Path) -> None:
    if settings.security.key_env:
        raise BadSettings("backup: the key is in the environment (security.key_env), not in a file; keep it elsewhere")
    beside = file.with_name(file.name + KEY)
    files.keep_key(settings.security.key_file, beside)
    say(
        f"{beside}: the key. Whoever has it can forge reply addresses and receipts: keep it apart from the backup "
        "and as safe as a password."
    )


def _key_put_back(settings: Settings, file: Path) -> str:
    key, beside = settings.security.key_file, file.with_name(file.name + KEY)
    if settings.security.key_env:
        return "The key comes from the environment: it must be the same one."
    if not key.exists() and beside.exists():
        files.keep_key(beside, key)
        return f"{key}: the key, from beside the backup."
    if key.exists():
        return f"{key} stays: it must be the key that the backup was taken with."
    return (
        f"Mind: there is no {key} and none beside the backup. With a new key, replies to letters that have left no "
        "longer find their case, and old receipts cannot be verified."
    )
