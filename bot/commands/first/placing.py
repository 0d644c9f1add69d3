"""Puts new files in place: each whole, all or none of them, and never over something that is there already."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from register.errors import BadSettings


def refuse_existing(files: Iterable[Path]) -> None:
    """Raises BadSettings for the first file that is there already, also as a link that leads nowhere."""
    for file in files:
        if os.path.lexists(file):
            raise BadSettings(f"{file}: is there already and was left as it is; nothing was written")


def place(texts: Mapping[Path, str | bytes]) -> None:
    """Writes new files. Raises BadSettings, with none of them in place, where one is there or cannot be written."""
    refuse_existing(texts)
    drafts: dict[Path, Path] = {}
    placed: list[Path] = []
    try:
        for file, text in texts.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            drafts[file] = file.with_name(f".{file.name}.{os.getpid()}.new")
            _write(drafts[file], text)
        for file, draft in drafts.items():
            _publish(draft, file)
            placed.append(file)
    except OSError as error:
        _remove(placed)
        raise BadSettings(f"{file}: cannot be written: {error.strerror}; nothing was written") from None
    finally:
        _remove(drafts.values())


def _write(file: Path, text: str | bytes) -> None:
    with file.open("xb") as out:
        out.write(text.encode() if isinstance(text, str) else text)
        out.flush()
        os.fsync(out.fileno())


def _publish(draft: Path, file: Path) -> None:
    """Gives a draft its name; unlike a renaming, a link is refused where somebody put a file there meanwhile."""
    try:
        os.link(draft, file)
    except FileExistsError:
        raise
    except OSError:
        # Not every file system has links; then what was looked at a moment ago has to do.
        draft.rename(file)


def _remove(files: Iterable[Path]) -> None:
    for file in files:
        with suppress(OSError):
            file.unlink()
