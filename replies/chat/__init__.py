"""What the bot itself says in a chat, one file a language beside this one: see `replies.phrases`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date

from replies.formats import locale
from replies.phrases import Phrases

__all__ = ["button", "day", "languages", "say", "wording"]

_phrases = Phrases(Path(__file__).parent)
languages, wording, say, button = _phrases.languages, _phrases.wording, _phrases.say, _phrases.button


def day(moment: datetime, language: str, zone: str) -> str:
    """A day as the language writes it, in a time zone (an IANA name)."""
    return format_date(moment.astimezone(ZoneInfo(zone)).date(), "long", locale=locale(language, ""))
