"""A letter in each of its languages: facts and a letter file become blocks, then plain text, HTML or a chat message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from jinja2 import TemplateError
from markupsafe import Markup

from register.records import LetterFacts
from replies import blocks
from replies.blocks import Page
from replies.environment import Wording
from replies.formats import direction
from replies.html import body
from replies.openers import Opener, below

#: a chat message holds 4,096 characters (Bot API, sendMessage); ours stays clear of it
LONGEST_CHAT = 4_000
#: what a letter file that is wrong may raise while it is rendered
FAULTS = (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
#: between two languages of one plain text
_BETWEEN = "\n\n* * *\n\n"


@dataclass(frozen=True, slots=True)
class Section:
    """A letter in one language, with what the HTML page needs to know of the language."""

    language: str
    #: ltr or rtl
    direction: str
    page: Page
    text: str
    #: the blocks as HTML, escaped; empty where the letter goes to a chat
    html: Markup
    #: says in this language that it follows further down; empty where we cannot say it
    below: str = ""


def section(
    wording: Wording, letter: str, facts: LetterFacts, *, now: datetime, chat: bool, first: bool = True
) -> Section:
    """A letter in the language of its facts, or in English where there are no letters in that language.

    Raises one of FAULTS where the letter file is wrong.
    """
    language = facts.language if facts.language in wording.languages else "en"
    late = any(promise.due_at < now for promise in facts.promises)
    rendered = wording.letter(language, letter).render(vars(facts) | {"now": now, "late": late, "chat": chat})
    read = blocks.read(rendered)
    html = Markup("") if chat else body(read, first=first)
    return Section(language, direction(language), read, blocks.plain(read), html, below(language))


def plain(above: Opener | None, sections: Sequence[Section]) -> str:
    """All sections as one plain text; above them the parent's own language, or where the other ones stand."""
    parts = [section.text for section in sections]
    if above:
        return _BETWEEN.join([above.text, *parts]) + "\n"
    signposts = " ".join(section.below for section in sections[1:] if section.below)
    return (f"{signposts}\n\n" if signposts else "") + _BETWEEN.join(parts) + "\n"


def short(above: Opener | None, sections: Sequence[Section]) -> str:
    """The chat message: every language where they fit, the first alone otherwise, cut at a paragraph at the worst."""
    for kept in (sections, sections[:1]):
        text = plain(above, kept).strip()
        if len(text) <= LONGEST_CHAT:
            return text
    end = text.rfind("\n\n", 0, LONGEST_CHAT - 2)
    return f"{text[: end if end > 0 else LONGEST_CHAT - 2]}\n…"


def page(wording: Wording, above: Opener | None, sections: Sequence[Section]) -> str:
    """All sections as one HTML page. Raises one of FAULTS where a school's own page is wrong."""
    return wording.page().render(subject=sections[0].page.subject, above=above, sections=sections)
