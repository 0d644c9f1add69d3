"""The parcel that is spooled for a chat update: the update itself and the files that came with it."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from telegram.error import BadRequest, Forbidden, NetworkError, TelegramError

from intake.channels._telegram_client import Client
from intake.channels._telegram_json import Node, parse
from register.records import Attachment

#: the Bot API hands out files up to this size, in bytes
LARGEST_FILE = 20_000_000
#: a file that does not come within this time, in seconds, is noted as missing
_LONGEST_DOWNLOAD = 60.0
#: pauses before the attempts of a download, in seconds
_ATTEMPTS = (0.0, 0.5, 2.0)
TOO_LARGE = "too_large"
NOT_AVAILABLE = "not_available"
_PROBLEMS = {TOO_LARGE: "a file was too large to be fetched", NOT_AVAILABLE: "a file could not be fetched"}
#: members of a message that are files, with the name and type of those that bring none
_FILES = {
    "document": ("document", "application/octet-stream"),
    "photo": ("photo.jpg", "image/jpeg"),
    "voice": ("voice.ogg", "audio/ogg"),
    "audio": ("audio.mp3", "audio/mpeg"),
    "video": ("video.mp4", "video/mp4"),
    "video_note": ("video.mp4", "video/mp4"),
    "animation": ("animation.mp4", "video/mp4"),
}


@dataclass(frozen=True, kw_only=True)
class ChatFile:
    """A file that a message mentions."""

    file_id: str
    name: str
    type: str
    #: bytes, None where Telegram does not say
    size: int | None


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """What was spooled, opened again."""

    update: Node
    attachments: tuple[Attachment, ...] = ()
    file_ids: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()


def files_of(update: Node) -> tuple[ChatFile, ...]:
    """The files of the message in an update, each once."""
    message = update.at("message") or update.at("edited_message")
    found = {file.file_id: file for file in reversed(tuple(_files(message)))}
    return tuple(reversed(found.values()))


def _files(message: Node) -> Iterator[ChatFile]:
    for kind, (name, type_) in _FILES.items():
        for file in [message.at(kind)] if kind != "photo" else _largest(message.at(kind)):
            if file.at("file_id").line:
                yield ChatFile(
                    file_id=file.at("file_id").line,
                    name=safe_name(file.at("file_name").line) or name,
                    type=file.at("mime_type").line.lower() or type_,
                    size=file.at("file_size").number,
                )


def _largest(sizes: Node) -> list[Node]:
    """A photo comes in several sizes."""
    return sorted(sizes, key=lambda size: size.at("width").number or 0)[-1:]


def safe_name(name: str) -> str:
    """A file name without folders and without what a file system or a terminal could trip over."""
    last = PurePosixPath(name.replace("\\", "/").replace(":", "_")).name
    return last[-100:].strip(". ")


async def packed(client: Client, update: dict[str, Any], gate: asyncio.Semaphore) -> bytes:
    """The content to spool: the update and its files as JSON. A file that cannot be had is noted and holds up nothing.

    `gate` limits how many files are held in memory at once.
    """
    files = files_of(Node(update))
    if not files:
        return _json({"update": update, "files": []})
    async with gate:
        return _json({"update": update, "files": [await _fetched(client, file) for file in files]})


def _json(value: object) -> bytes:
    # Escaped to ASCII: a lone surrogate from a hostile sender has no UTF-8.
    return json.dumps(value, separators=(",", ":")).encode("ascii")


async def _fetched(client: Client, file: ChatFile) -> dict[str, str]:
    entry = {"file_id": file.file_id, "name": file.name, "type": file.type}
    if file.size is not None and file.size > LARGEST_FILE:
        return entry | {"problem": TOO_LARGE}
    try:
        async with asyncio.timeout(_LONGEST_DOWNLOAD):
            data = await _downloaded(client, file.file_id)
    except (TelegramError, TimeoutError) as error:
        return entry | {"problem": TOO_LARGE if "too big" in str(error).lower() else NOT_AVAILABLE}
    return entry | {"data": base64.b64encode(data).decode("ascii")}


async def _downloaded(client: Client, file_id: str) -> bytes:
    """The bytes; a network fault is tried again, a refusal is not."""
    failure = TelegramError("not tried")
    for pause in _ATTEMPTS:
        await asyncio.sleep(pause)
        try:
            return await client.download(file_id)
        except (BadRequest, Forbidden):
            raise
        except NetworkError as error:
            failure = error
    raise failure


def opened(content: bytes) -> Parcel:
    """The parcel in spooled bytes: the wrapped form, or a bare update; never raises."""
    document = parse(content)
    if document is None or not document.keys:
        return Parcel(update=Node(), defects=("the update is no JSON object",))
    if not document.at("update"):
        return Parcel(update=document, file_ids=tuple(file.file_id for file in files_of(document)))
    attachments, defects = _unpacked(document.at("files"))
    file_ids = tuple(filter(None, (file.at("file_id").line for file in document.at("files"))))
    return Parcel(update=document.at("update"), attachments=attachments, file_ids=file_ids, defects=defects)


def _unpacked(files: Node) -> tuple[tuple[Attachment, ...], tuple[str, ...]]:
    attachments: list[Attachment] = []
    defects: list[str] = []
    for file in files:
        data = _decoded(file.at("data"))
        if data is None:
            defects.append(_PROBLEMS.get(file.at("problem").line, _PROBLEMS[NOT_AVAILABLE]))
            continue
        name = unique(safe_name(file.at("name").line) or "file", [known.name for known in attachments])
        type_ = file.at("type").line.lower() or "application/octet-stream"
        attachments.append(Attachment(name=name, type=type_, content=data))
    return tuple(attachments), tuple(defects)


def _decoded(data: Node) -> bytes | None:
    try:
        return base64.b64decode(data.text, validate=True) if isinstance(data.value, str) else None
    except (binascii.Error, ValueError):
        return None


def unique(name: str, taken: list[str]) -> str:
    """The name itself, or with a number before it where it is taken already."""
    candidates = (f"{number}-{name}" if number else name for number in range(len(taken) + 1))
    return next(candidate for candidate in candidates if candidate not in taken)
