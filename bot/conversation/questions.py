"""What the bot asks next, in words and buttons. Pure: the same conversation gives the same question."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from bot.conversation import missing, speaking
from bot.conversation.pressing import UNKNOWN, data
from classifiers import category_title
from procedures.model import Procedure
from register.outbox import CONVERSATION
from register.records import Address, AddressKind, Case, Decision, Letter, Submission, Understanding
from register.seals import new_id
from replies.chat import button, languages, say, wording

Buttons = tuple[tuple[tuple[str, str], ...], ...]

#: what the buttons below an anonymous case choose
KEEP_OPEN, CUT = "keep_open", "cut"
#: the role of what the bot says: it is no letter of a case, and does not count as an answer
CHAT = "chat"
#: below this score a detected language is not trusted
SURE_LANGUAGE = 0.5
#: how sure it must be that no child is in danger before a message may wait for answers
SURE_OF_NO_DANGER = 0.95
#: languages in which categories have titles and procedures their texts
_COMPLETE = ("sv", "bg", "nb", "nn", "en")
#: what the provider calls languages that we call otherwise
_OTHER_NAMES = {"no": "nb"}
#: fewer words than this that are no complaint are a greeting
_FEW_WORDS = 4
_MATTERS = ("complaint", "concern", "question", "praise")


@dataclass(frozen=True, kw_only=True)
class Understood:
    """What is known of an unfinished conversation."""

    procedure: Procedure
    whole: Submission
    understanding: Understanding
    decision: Decision
    answers: Mapping[str, str]
    language: str
    #: the number of the conversation, see `pressing`
    of: str

    def next(self) -> str:
        """The question that comes next: what the procedure asks and nobody has answered, then the summary."""
        open_ones = [one for one in self.decision.questions if one in _ASKED and one not in self.answers]
        if speaking.is_asked(self.procedure, self.understanding, self.whole, self.answers):
            open_ones.append(speaking.ASKED)
        return self.part() or min(open_ones, key=_ASKED.index, default="summary")

    def part(self) -> str:
        """The part of a written complaint that is asked for, once it was handed in with a name (C7)."""
        return missing.next_part(self.decision.missing_parts, self.answers)


_ASKED = ("unit", "wants_investigation", speaking.ASKED)


def question(asked: str, known: Understood, *, first: bool = False) -> tuple[str, Buttons]:
    """The words and buttons of a question; the first one says back what was understood (D5)."""
    language = known.language
    if asked == "unit":
        words, buttons = say("ask_unit", language), _units(known)
    elif asked == "wants_investigation":
        words, buttons = say("ask_investigation", language), _row(known, "wish", ("yes", "no"))
    elif asked == speaking.ASKED:
        words, buttons = say("ask_spoken", language), _row(known, "spoken", speaking.CHOICES)
    elif asked in missing.PARTS:
        # The story was said back in the summary.
        return say(f"ask_{asked}", language), _row(known, "parts", ("skip",))
    elif asked == "change":
        words, buttons = say("ask_change", language), _changes(known)
    else:
        return "\n\n".join((understood(known), *_unexamined(known), say("ask_summary", language))), _hand_in(known)
    return (f"{understood(known)}\n\n{words}" if first else words), buttons


def understood(known: Understood) -> str:
    """What the bot has understood, a line each."""
    language, understanding = known.language, known.understanding
    category, unit = understanding.category.label, known.procedure.unit(known.decision.unit)
    lines = [say("understood", language)]
    if isinstance(category, str) and language in _COMPLETE:
        lines.append(say("about", language, category=category_title(category, language)))
    if unit:
        lines.append(say("place", language, unit=known.procedure.in_language(unit.name, language)))
    if understanding.gist:
        lines.append(say("words", language, gist=understanding.gist))
    if known.whole.attachments:
        lines.append(say("files", language, files=", ".join(file.name for file in known.whole.attachments)))
    if (wish := known.answers.get("wants_investigation")) in ("yes", "no"):
        lines.append(say(f"wants_{wish}", language))
    if (spoken := known.answers.get(speaking.ASKED)) in speaking.CHOICES:
        lines.append(say(f"spoken_{spoken}", language))
    if parts := [known.whole.form[one] for one in missing.PARTS if known.whole.form.get(one)]:
        lines.append(say("given", language, parts=", ".join(parts)))
    if understanding.anonymous.label is True:
        lines.append(say("anonymous", language))
    return "\n".join(lines)


def _unexamined(known: Understood) -> tuple[str, ...]:
    """C3: where the school does not examine anonymous reports, whoever chooses is told before."""
    policy = known.procedure.anonymous
    if policy.examined:
        return ()
    return (" ".join(known.procedure.lines_in(policy.what_happens, known.language)),)


def _units(known: Understood) -> Buttons:
    names = (known.procedure.in_language(unit.name, known.language) for unit in known.procedure.units)
    rows = tuple(((name, data("unit", str(place), known.of)),) for place, name in enumerate(names))
    return (*rows, ((button("other_unit", known.language), data("unit", UNKNOWN, known.of)),))


def _row(known: Understood, kind: str, keys: tuple[str, ...]) -> Buttons:
    return (tuple((button(key, known.language), data(kind, key, known.of)) for key in keys),)


def _hand_in(known: Understood) -> Buttons:
    names = ("with_name", "without_name")
    ordered = tuple(reversed(names)) if known.understanding.anonymous.label is True else names
    return tuple(
        ((button(key, known.language), data("summary", key, known.of)),) for key in (*ordered, "change", "discard")
    )


def _changes(known: Understood) -> Buttons:
    possible = (("unit", len(known.procedure.units) > 1), ("wants_investigation", True))
    asked = {one.id for one in known.procedure.questions}
    keys = (key for key, sense in possible if sense and key in asked)
    return tuple(((button(key, known.language), data("change", key, known.of)),) for key in (*keys, "back", "discard"))


# --- after it ---


def case_buttons(case: Case, stages: tuple[str, ...], language: str) -> Buttons:
    """Below what is said of a case: how does it stand (D6), I am not satisfied (G8), I go on by mail (G9)."""
    stage = str(stages.index(case.stage)) if case.stage in stages else UNKNOWN
    return (
        ((button("status", language), data("matter", "status", case.id)),),
        ((button("dissatisfied", language), data("matter", "dissatisfied", case.id, stage)),),
        ((button("by_mail", language), data("matter", "mail", case.id)),),
    )


def link_button(choice: str, case_id: str, proof: str, language: str) -> Buttons:
    """Below what is said to somebody unknown: leave this chat open for the school's questions, or cut it off (G3)."""
    return (((button(choice, language), data("matter", choice, case_id, proof)),),)


def separate_button(case: Case, message_id: str, language: str) -> Buttons:
    """Below what was added to a case: it is another matter."""
    number = message_id.rpartition(":")[2]
    return (((button("new_matter", language), data("matter", "new", case.id, number)),),)


def language_buttons() -> Buttons:
    """Every language by its own name, three in a row."""
    titles = tuple((wording(one).name, data("language", one)) for one in languages())
    return tuple(titles[start : start + 3] for start in range(0, len(titles), 3))


def letter(chat: str, body: str, language: str, buttons: Buttons = (), *, organisation: str) -> Letter:
    """What the bot of a school says, for the outbox."""
    return Letter(
        id=new_id(),
        case_id=None,
        role=CHAT,
        to=Address(kind=AddressKind.TELEGRAM, value=chat),
        template=CONVERSATION,
        language=language,
        subject="",
        body=body,
        buttons=buttons,
        organisation=organisation,
    )


# --- small matters ---


def language_of(
    answers: Mapping[str, str], understanding: Understanding | None, code: str, procedure: Procedure
) -> str:
    """The language that the bot speaks: chosen, else written, else spoken before, else of the phone, else ours."""
    detected = understanding.language if understanding else None
    written = detected.label if detected and detected.score >= SURE_LANGUAGE else None
    phone = code.lower().partition("-")[0]
    wanted = (answers.get("language"), written, answers.get("spoken"), _OTHER_NAMES.get(phone, phone))
    return next((str(one) for one in wanted if one in languages()), procedure.default_language)


def is_readable(submission: Submission) -> bool:
    """False for a sticker, an emoji, or a kind of message that holds nothing."""
    return bool(submission.attachments) or any(character.isalnum() for character in submission.text)


def cannot_wait(understanding: Understanding) -> bool:
    """Danger to a child, or a doubt whether there is one: a message that nobody finishes would lie for three days."""
    urgent = understanding.urgent
    return urgent.label is True or 0 < urgent.score < SURE_OF_NO_DANGER


def is_greeting(submission: Submission, understanding: Understanding) -> bool:
    """A few words that tell of nothing; a place or a telephone number does."""
    plain = not submission.attachments and not any(character.isdigit() for character in submission.text)
    few = plain and len(submission.text.split()) < _FEW_WORDS
    return few and understanding.kind.label not in _MATTERS and understanding.urgent.label is not True


def typed(text: str, asked: str, language: str) -> str:
    """The answer of somebody who writes what stands on the button; empty where it is none."""
    words = text.strip().strip(".!").casefold()
    return next((key for key in _TYPED.get(asked, ()) if button(key, language).casefold() == words), "")


_TYPED = {
    "wants_investigation": ("yes", "no"),
    speaking.ASKED: speaking.CHOICES,
    "summary": ("with_name", "without_name"),
    "unit": ("other_unit",),
    **dict.fromkeys(missing.PARTS, ("skip",)),
}


def slug(name: str) -> str:
    """A unit's id as it stands in a deep link: plain letters and digits, the rest hyphens."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def unit_of_link(procedure: Procedure, argument: str) -> str:
    """The unit that a deep link names; empty where it names none."""
    wanted = slug(argument.replace("_", "-"))
    return next((unit.id for unit in procedure.units if wanted and slug(unit.id) == wanted), "")
