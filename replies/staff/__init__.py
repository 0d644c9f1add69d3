"""What the bot says to staff in their chats, one file a language beside this one: see `replies.phrases`."""

from __future__ import annotations

from pathlib import Path

from replies.phrases import Phrases

__all__ = ["button", "languages", "say", "wording"]

_phrases = Phrases(Path(__file__).parent)
languages, wording, say, button = _phrases.languages, _phrases.wording, _phrases.say, _phrases.button
