"""What the fields of a complaint are called, in every language."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path


def key_of(label: str) -> str:
    """The key of a label, in whatever case and with whatever stands around it; empty where it is none."""
    return labels().get(folded(label), "")


@cache
def labels() -> dict[str, str]:
    """The key of every label in any language; where two keys share one, the more exact key has it."""
    languages = tomllib.loads(Path(__file__).with_name("labels.toml").read_text("utf-8"))
    found: dict[str, str] = {}
    for keys in languages.values():
        for key, texts in keys.items():
            for text in texts:
                found.setdefault(folded(text), key)
    return found


def folded(label: str) -> str:
    """A label as it is compared."""
    return " ".join(label.lower().split()).strip(" .:*_-•?!()")
