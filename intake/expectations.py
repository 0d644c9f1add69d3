"""What a collection of mails expects of its reader: an `index.jsonl`, or TOML files as in tests/mail."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: path, kind, kind_by, format (eml, body_text, body_html), expected, and text where the row holds it itself
Row = dict[str, Any]

_KINDS = {"bounce": "bounce", "auto_reply": "auto_reply", "": "normal"}


def rows(folder: Path) -> list[Row]:
    """The rows of a collection; raises FileNotFoundError where the folder holds none."""
    index = folder / "index.jsonl"
    if index.is_file():
        return [json.loads(line) for line in index.read_text("utf-8").splitlines()]
    found = [*_odd(folder), *_automatic(folder), *_replies(folder)]
    if not found:
        raise FileNotFoundError(f"{folder} holds no index.jsonl and no expectations in TOML")
    return found


def _table(folder: Path, name: str) -> dict[str, dict[str, Any]]:
    path = folder / f"{name}.toml"
    return tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}


def _row(path: str, expected: dict[str, Any], kind: str = "normal", shape: str = "eml", text: str = "") -> Row:
    return {"path": path, "kind": kind, "kind_by": "own", "format": shape, "expected": expected, "text": text}


def _odd(folder: Path) -> Iterator[Row]:
    names = {"subject": "subject", "sender": "from", "text": "body", "attachments": "attachments"}
    for name, values in _table(folder, "oddities").items():
        expected = {names[key]: value for key, value in values.items() if key in names}
        if "contains" in values:
            expected["body_contains"] = [values["contains"]]
        yield _row(f"{name}.eml", expected)


def _automatic(folder: Path) -> Iterator[Row]:
    for name, values in _table(folder, "automatic").items():
        yield _row(f"{name}.eml", {}, _KINDS.get(values["automatic"], "other"))


def _replies(folder: Path) -> Iterator[Row]:
    for name, values in _table(folder, "replies").items():
        expected = {"trimmed_reply": values.get("reply", values["text"])}
        yield _row(name, expected, "reply", "body_text", values["text"])
