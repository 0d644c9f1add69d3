"""Does the sender say outright that they complain? Certain words, for where the meaning leaves doubt."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from classifiers.expressions import AnyOf

_FILE = Path(__file__).with_suffix(".toml")


@cache
def _patterns() -> tuple[AnyOf, AnyOf]:
    data = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return AnyOf(data["said"]), AnyOf(data["denied"])


def said(text: str) -> str:
    """The words that say it, or an empty string where it is not said or is denied."""
    says, denies = _patterns()
    found = says.search(text)
    return found if found and not denies.search(text) else ""
