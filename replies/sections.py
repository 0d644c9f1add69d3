"""A letter in each of its languages: facts and a letter file become blocks, then plain text, HTML or a chat message."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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


@dataclass(frozen=True, slots=True)
class Draft:
    """All that a letter says, in each form."""

    subject: str
    #: plain text, or the chat message
    text: str
    #: empty where the letter goes to a chat
    html: str
    #: text and HTML as quoted-printable, where that costs less than to encode them anew
    quoted: tuple[Callable[[], str], Callable[[], str]] | None = None

    def says_the_same_as(self, other: Draft) -> bool:
        """True where no reader could tell the two apart."""
        return (self.subject, self.text, self.html) == (other.subject, other.text, other.html)


def known(facts: LetterFacts, *, now: datetime, chat: bool) -> dict[str, Any]:
    """What a letter file may name: the facts, and what composing adds."""
    late = any(promise.due_at < now for promise in facts.promises)
    return vars(facts) | {"now": now, "late": late, "chat": chat}


def draft(wording: Wording, letter: str, values: Sequence[Mapping[str, Any]], above: Opener | None) -> Draft:
    """A letter in one or more languages, of what is `known` in each. Raises one of FAULTS where a file is wrong."""
    sections = tuple(section(wording, letter, one, first=one is values[0]) for one in values)
    subject = sections[0].page.subject
    if values[0]["chat"]:
        return Draft(subject, short(above, sections), "")
    return Draft(subject, plain(above, sections), page(wording, above, sections))


def section(wording: Wording, letter: str, values: Mapping[str, Any], *, first: bool = True) -> Section:
    """A letter in the language of what is `known`, or in English where there are no letters in that language.

    Raises one of FAULTS where the letter file is wrong.
    """
    language = wording.language(values["language"])
    read = blocks.read(wording.letter(language, letter).render(values))
    html = Markup("") if values["chat"] else body(read, first=first)
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
