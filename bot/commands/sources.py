"""Messages from files: .eml, folders of them, Maildir and mbox, each as the bytes that stand there."""

from __future__ import annotations

import hashlib
import mailbox
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from register.errors import BadSettings
from register.records import RawMessage

#: files in a folder that are no messages: hidden ones, and Dovecot's own notes in a Maildir
_NOT_MAIL = ("dovecot", "maildirfolder", "subscriptions", "courier")


def messages(paths: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    """Every message below `paths` with the name it is shown by; raises BadSettings for a path that is not there."""
    for path in paths:
        if not path.exists():
            raise BadSettings(f"{path}: there is no such file or folder")
        yield from _folder(path) if path.is_dir() else _file(path)


def raw(content: bytes, *, to: str | None, now: datetime) -> RawMessage:
    """A raw message of a file's bytes; the same bytes to the same mailbox have the same external id."""
    digest = hashlib.sha256(content).hexdigest()
    return RawMessage(
        channel="file",
        external_id=f"{digest}:{(to or '').lower()}",
        content=content,
        received_at=now,
        recipients=(to,) if to else (),
    )


def _folder(path: Path) -> Iterator[tuple[str, bytes]]:
    if (path / "cur").is_dir() and (path / "new").is_dir():
        files = sorted(file for name in ("new", "cur") for file in (path / name).iterdir())
    else:
        files = sorted(file for file in path.rglob("*") if not _hidden(file.relative_to(path)))
    for file in files:
        if file.is_file() and not file.name.startswith(_NOT_MAIL):
            yield from _file(file)


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _file(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadSettings(f"{path}: cannot be read: {error.strerror}") from None
    if content.startswith(b"From ") and path.suffix != ".eml":
        yield from _mbox(path)
    else:
        yield str(path), content


def _mbox(path: Path) -> Iterator[tuple[str, bytes]]:
    box = mailbox.mbox(path, create=False)
    try:
        for number, key in enumerate(box.iterkeys(), 1):
            yield f"{path}#{number}", box.get_bytes(key)
    finally:
        box.close()
