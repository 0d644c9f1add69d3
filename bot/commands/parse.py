"""`lyhord parse`: how a message is read, without registering it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import classifiers
from bot import shapes
from bot.commands import sources
from bot.output import console, emit, show
from bot.settings import load
from bot.trust import Authenticator
from bot.wiring import load_procedures, trusted_roots
from bot.workers import now
from intake import channels, guards
from intake.forwards import of_the_writer
from procedures.load import Procedures


def parse(files: Sequence[Path], *, json: bool, config: Path | None) -> None:
    """Prints one object a message; a message that is damaged gives what could be read and its defects."""
    settings = load(config)
    procedures, authenticated = load_procedures(settings), Authenticator(settings.channels)
    roots = trusted_roots(settings)
    loaded = classifiers.load()
    for name, content in sources.messages(files):
        shape = parsed(name, content, procedures, authenticated, loaded, roots)
        if json:
            emit(shape)
        else:
            _show(shape)


def parsed(
    name: str,
    content: bytes,
    procedures: Procedures,
    authenticated: Authenticator,
    loaded: classifiers.Classifiers,
    roots: tuple[bytes, ...] = (),
) -> dict[str, Any]:
    """The object of one message; its language is null where nothing is written."""
    raw = sources.raw(content, to=None, now=now())
    submission = authenticated(raw, channels.read(raw, roots=roots))
    submission = of_the_writer(submission, raw, staff=procedures.staff_addresses, authenticated=authenticated)
    ruling = guards.judge(submission, own_addresses=procedures.own_addresses, is_own_message_id=lambda _: False)
    verdict = loaded.language(subject=submission.subject, body=submission.reply or submission.text)
    language = verdict.label if isinstance(verdict.label, str) and verdict.score else None
    return shapes.submission(name, submission, ruling, language)


def _show(shape: dict[str, Any]) -> None:
    rows = (
        (key, value) for key, value in shape.items() if key not in ("text", "reply") and value not in (None, [], {})
    )
    show("", ("", ""), rows)
    console.print(shape["reply"], markup=False)
