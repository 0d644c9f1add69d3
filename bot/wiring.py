"""Settings to objects: the one place where everything is plugged together and the only one that picks a database."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import classifiers
from access.secrets import secret
from bot.desk import Desk
from bot.readers import Afar, Readers
from bot.settings import Settings
from bot.trust import Authenticator
from procedures.load import Procedures
from register.errors import BadSettings
from register.records import AddressKind
from register.seals import Seals
from register.store import Register
from replies.compose import Composer
from replies.senders import Sender
from replies.senders.schools import BySchool
from replies.senders.smtp import SmtpSender

KEY_BYTES = 32
Senders = Mapping[AddressKind, Sender]


@asynccontextmanager
async def open_register(settings: Settings) -> AsyncIterator[Register]:
    """The register alone, for commands that only look."""
    register = await Register.open(settings.database.url)
    try:
        yield register
    finally:
        await register.close()


@asynccontextmanager
async def open_desk(settings: Settings) -> AsyncIterator[Desk]:
    """Everything that the path needs, closed at the end."""
    procedures = load_procedures(settings)
    composer = Composer(settings.templates.folders)
    authenticated = Authenticator(settings.channels)
    seals = Seals(signing_key(settings))
    bench = ThreadPoolExecutor(settings.operation.workers, thread_name_prefix="bench")
    meaning, processes = settings.operation.meaning, settings.operation.processes
    schools = tuple(one.facts() for one in procedures.all)
    readers = Readers(processes, meaning=meaning, organisations=schools) if processes else None
    try:
        async with open_register(settings) as register:
            yield Desk(
                register=register,
                procedures=procedures,
                classifiers=Afar() if readers else classifiers.load(meaning=meaning),
                composer=composer,
                seals=seals,
                bench=bench,
                readers=readers,
                roots=trusted_roots(settings),
                authenticated=authenticated,
                chat_previews=settings.operation.chat_previews,
                repeat_urgent=settings.operation.repeat_urgent,
                bots=bots(settings, procedures),
            )
    finally:
        bench.shutdown(cancel_futures=True)
        if readers:
            readers.close()


def bots(settings: Settings, procedures: Procedures) -> dict[str, str]:
    """The schools that have a chat, each with the user name of its bot; a bot of no school is the only one's."""
    alone = procedures.all[0].id if len(procedures.all) == 1 else ""
    chats = [channel for channel in settings.channels if channel.get("kind") == "telegram"]
    named = {str(one.get("organisation") or alone): str(one.get("username") or "").removeprefix("@") for one in chats}
    return {school: name for school, name in named.items() if school}


@asynccontextmanager
async def open_senders(settings: Settings) -> AsyncIterator[Senders]:
    """A sender for every kind of address that the settings provide for."""
    senders: dict[AddressKind, Sender] = {AddressKind.MAIL: _mail_sender(settings)}
    bots = [channel for channel in settings.channels if channel.get("kind") == "telegram"]
    if bots:
        by_school = {str(channel.get("organisation") or ""): _telegram_sender(channel) for channel in bots}
        senders[AddressKind.TELEGRAM] = BySchool(by_school)
    try:
        yield senders
    finally:
        for sender in senders.values():
            await sender.close()


@asynccontextmanager
async def open_lanes(settings: Settings) -> AsyncIterator[tuple[Senders, Senders]]:
    """The senders of ordinary and of urgent letters, which never wait for a connection that others hold (G7)."""
    async with open_senders(settings) as ordinary:
        apart = _mail_sender(settings)
        try:
            yield ordinary, {**ordinary, AddressKind.MAIL: apart}
        finally:
            await apart.close()


def _mail_sender(settings: Settings) -> Sender:
    return SmtpSender(settings.outgoing)


def load_procedures(settings: Settings) -> Procedures:
    """The procedures that the settings name."""
    return Procedures.load(settings.procedures.folders, settings.procedures.schools)


def trusted_roots(settings: Settings) -> tuple[bytes, ...]:
    """The certificates (DER) of those whom we trust to vouch for others; raises BadSettings."""
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import load_pem_x509_certificates

    file = settings.security.trusted_roots
    if file is None:
        return ()
    try:
        return tuple(one.public_bytes(Encoding.DER) for one in load_pem_x509_certificates(file.read_bytes()))
    except (OSError, ValueError):
        raise BadSettings(f"security.trusted_roots: {file} cannot be read as certificates in PEM form") from None


def signing_key(settings: Settings) -> bytes:
    """The key of the seals; its file is made, readable by its owner only, where it does not exist yet."""
    if settings.security.key_env:
        return (secret("security.key", settings.security.key_env, None) or "").encode()
    file = settings.security.key_file
    if not file.exists():
        _make_key(file)
    try:
        return bytes.fromhex(file.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        raise BadSettings(f"security.key_file: {file} cannot be read as a key; restore it from a backup") from None


def _make_key(file: Path) -> None:
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    except OSError as error:
        raise BadSettings(f"security.key_file: {file} cannot be written: {error.strerror}") from None
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(secrets.token_hex(KEY_BYTES) + "\n")
        out.flush()
        os.fsync(out.fileno())


def _telegram_sender(channel: Mapping[str, object]) -> Sender:
    from intake.channels.telegram import Settings as TelegramSettings
    from replies.senders.telegram import TelegramSender

    return TelegramSender(TelegramSettings.model_validate(channel))
