"""How a letter to a role looks in a chat: short, so that a locked screen shows nothing of the child, with buttons."""

from __future__ import annotations

from dataclasses import replace

from bot.staff.pressing import data
from classifiers import category_title
from procedures.model import Procedure
from register.records import AddressKind, Case, Letter
from replies.staff import button, say

Buttons = tuple[tuple[tuple[str, str], ...], ...]
#: letters whose first line says what they are
_NAMED = ("notice", "urgent_notice", "added_notice", "reminder")


def for_chat(letter: Letter, case: Case, procedure: Procedure, *, whole: bool) -> Letter:
    """A letter to a role with buttons; `whole`: with the message at once, else only number, urgency, unit, category.

    Letters by mail, and those to a parent, stay as they are.
    """
    if letter.to.kind is not AddressKind.TELEGRAM or letter.role == "sender":
        return letter
    language = procedure.default_language
    body = letter.body if whole else preview(letter.template, case, procedure)
    return replace(letter, body=body, buttons=buttons(case, language, shown=whole))


def preview(template: str, case: Case, procedure: Procedure, *, again: bool = False) -> str:
    """Number, urgency, unit and category of a case, a line each; `again`: it is still nobody's."""
    language, unit = procedure.default_language, procedure.unit(case.unit)
    key = f"preview_{template}" if template in _NAMED else "preview"
    lines = [say(key, language)]
    if again:
        lines.append(say("still_untaken", language))
    lines.append(say("case", language, reference=case.reference))
    if case.urgent and template != "urgent_notice":
        lines.append(say("urgent", language))
    if unit:
        lines.append(say("unit", language, unit=procedure.in_language(unit.name, language)))
    if case.category:
        lines.append(say("category", language, category=category_title(case.category, language)))
    return "\n".join(lines)


def buttons(case: Case, language: str, *, shown: bool) -> Buttons:
    """What can be done with a case; `shown`: the whole of it stands above."""
    rows = (("take", *(() if shown else ("show",))), ("pass", "about"), ("write",), ("longer",))
    return tuple(tuple((button(verb, language), data(verb, case.id)) for verb in row) for row in rows)
