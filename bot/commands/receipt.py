"""`lyhord receipt …`: proof that a message was received, for whoever asks, and its check by anyone (G11)."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from bot import receipts
from bot.commands import sources
from bot.output import say
from bot.settings import load
from bot.wiring import open_register, signing_key
from bot.workers import now
from intake import channels
from register.errors import BadSettings, Permanent
from register.proofs import fingerprint
from register.seals import Seals


def issue(reference: str, config: Path | None) -> None:
    """Prints the signed receipt for every message of a case."""
    settings = load(config)
    signer = receipts.Signer(Seals(signing_key(settings)))

    async def make() -> str:
        async with open_register(settings) as register:
            case = await register.case(reference)
            if case is None:
                raise Permanent(f"the register has no case {reference}; `lyhord register list` shows the numbers")
            return signer.issue(case, await register.messages(case.id))

    sys.stdout.write(asyncio.run(make()))


def verify(file: str, *, key: str | None, message: Path | None, config: Path | None) -> None:
    """Says whether a receipt is sound, what it says, and whether it is about a message that somebody still has."""
    text = sys.stdin.read() if file == "-" else _text(Path(file))
    receipt = receipts.verify(text, key or _own_key(config))
    say(f"The receipt is sound. Number: {receipt.number}, school: {receipt.organisation}")
    for received_at, print_ in receipt.messages:
        say(f"received {received_at.isoformat()} sha256:{print_}")
    if message is not None:
        _, content = next(iter(sources.messages([message])))
        shown = fingerprint(channels.read(sources.raw(content, to=None, now=now())))
        if shown not in {print_ for _, print_ in receipt.messages}:
            raise Permanent(f"{message}: is none of the messages of this receipt")
        say(f"{message}: is a message of this receipt")


def key(config: Path | None) -> None:
    """Prints the public key."""
    sys.stdout.write(f"{_own_key(config)}\n")


def _own_key(config: Path | None) -> str:
    settings = load(config)
    if not settings.security.key_env and not settings.security.key_file.exists():
        raise BadSettings(f"security.key_file: there is no {settings.security.key_file}; or give the public key: --key")
    return receipts.Signer(Seals(signing_key(settings))).public_key


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Permanent(f"{file}: cannot be read ({type(error).__name__})") from None
