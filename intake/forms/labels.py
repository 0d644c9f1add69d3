"""What the fields of a complaint are called, in every language."""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from functools import cache, lru_cache
from pathlib import Path
from unicodedata import combining, normalize

#: labels that may be misread, in letters, and how alike they must be
SHORTEST, LONGEST = 6, 60
ALIKE = 0.85


def key_of(label: str) -> str:
    """The key of a label, in whatever case and with whatever stands around it; empty where it is none."""
    return labels().get(folded(label), "")


@lru_cache(maxsize=2_000)
def nearly(label: str) -> str:
    """The key of a label that was read from a scan with a wrong letter or two; empty where it is none."""
    plain = _plain(folded(label))
    if not SHORTEST <= len(plain) <= LONGEST:
        return ""
    near = get_close_matches(plain, _plain_labels(), n=1, cutoff=ALIKE)
    return _plain_labels()[near[0]] if near else ""


@cache
def _plain_labels() -> dict[str, str]:
    return {_plain(label): key for label, key in labels().items() if len(label) >= SHORTEST}


def _plain(text: str) -> str:
    """Without accents, which are what is misread most."""
    return "".join(letter for letter in normalize("NFD", text) if not combining(letter))


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
