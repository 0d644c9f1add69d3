"""What cannot be promised is told to whoever stays unknown, in mail and chat, in every language (G3)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from replies.chat import languages, say
from replies.check import sample
from replies.environment import TEMPLATES, Wording, sources
from replies.sections import known, section

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
#: the heading; the way of writing; who knows all the same: the provider of mail, the chat
TOLD = {
    "sv": ("Det här kan vi inte lova", "sätt att skriva", "e-postleverantör", "Chattjänsten"),
    "bg": ("Какво не можем да обещаем", "Начинът", "имейл", "чат"),
    "nb": ("Dette kan vi ikke love", "Måten", "e-postleverandøren", "Chattetjenesten"),
    "nn": ("Dette kan vi ikkje love", "Måten", "e-postleverandøren", "Chattetenesta"),
    "en": ("What we cannot promise", "way of writing", "e-mail provider", "chat service"),
}


@pytest.mark.parametrize("language", TOLD)
@pytest.mark.parametrize("letter", ["acknowledgement", "not_examined"])
@pytest.mark.parametrize("chat", [False, True])
def test_what_cannot_be_promised_is_told(language: str, letter: str, chat: bool) -> None:
    """G3: the way of writing, names in the text, what the provider knows."""
    text = section(Wording(sources(TEMPLATES)), letter, known(sample(language), now=NOW, chat=chat)).text
    heading, writing, mail, service = (word.casefold() for word in TOLD[language])
    said = text.casefold().partition(heading)[2]
    assert writing in said
    assert (service if chat else mail) in said


@pytest.mark.parametrize("language", languages())
def test_the_chat_says_it_before_it_is_handed_in(language: str) -> None:
    """G3: in all fifteen languages, in two sentences or more: what is not seen, and what may show it all the same."""
    assert len([one for one in say("anonymous", language).split(".") if one.strip()]) >= 3
