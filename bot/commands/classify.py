"""`lyhord classify`: messages as JSON lines in, verdicts out, in the order given."""

from __future__ import annotations

import json as json_
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import classifiers
from bot import shapes
from bot.output import emit, show
from bot.settings import load
from bot.wiring import load_procedures
from register.errors import Permanent
from register.records import OrganisationFacts


def classify(*, json: bool, config: Path | None) -> None:
    """Reads stdin to its end; a line that is no JSON object ends the command with its number."""
    organisations = {one.id: one.facts() for one in load_procedures(load(config)).all}
    loaded = classifiers.load()
    for given in _lines():
        shape = classified(loaded, given, organisations)
        if json:
            emit(shape)
        else:
            show(str(shape["id"]), ("question", "answer"), shape.items())


def classified(
    loaded: classifiers.Classifiers, given: dict[str, Any], organisations: dict[str, OrganisationFacts]
) -> dict[str, Any]:
    """The object of one message."""
    understood = loaded.classify(
        subject=str(given.get("subject") or ""),
        body=str(given.get("body") or ""),
        channel=str(given.get("channel") or "email"),
        organisation=organisations.get(str(given.get("organisation") or "")),
    )
    return shapes.understanding(given, understood)


def _lines() -> Iterator[dict[str, Any]]:
    for number, line in enumerate(sys.stdin.buffer, 1):
        if not line.strip():
            continue
        try:
            given = json_.loads(line)
        except ValueError as error:
            raise Permanent(f"standard input, line {number}: is no JSON: {error}") from None
        if not isinstance(given, dict):
            raise Permanent(f"standard input, line {number}: is no JSON object")
        yield given
