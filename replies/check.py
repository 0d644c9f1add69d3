"""What is wrong with letter files, one line each: `lyhord check` before a parent finds out.

Every letter has to exist in every language that is complete, to use only facts that there are, and to come out whole
with everything known and with nothing known, for mail and for chat.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from jinja2 import TemplateSyntaxError, meta, nodes

from register.errors import BadSettings
from register.records import Contact, LetterFacts, Promise
from replies.environment import LANGUAGES, LETTERS, PAGE, TEMPLATES, Wording, letter_environment, organisations, sources
from replies.openers import below
from replies.sections import FAULTS, known, page, section

#: what a letter file may name: the facts, and what composing adds
NAMES = frozenset(field.name for field in fields(LetterFacts)) | {"now", "late", "chat"}
#: what a part may be handed by the letter that includes it
HANDED = frozenset({"contact", "label", "answer"})
KINDS = ("complaint", "concern", "question", "praise", "follow_up", "other", "all_clear", "")

_NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
_CONTACT = Contact(title="rektor", name="Åsa Öberg", mail="asa.oberg@school.example", phone="08-465 004 99")


def problems(folders: Sequence[Path] = ()) -> tuple[str, ...]:
    """A line for each thing that is wrong in our letter files and in the schools' own; nothing where all is well."""
    ours = sources(TEMPLATES)
    return (*_missing(ours), *_of(ours, ours, ""), *own_problems(folders))


def own_problems(folders: Sequence[Path]) -> tuple[str, ...]:
    """A line for each thing that is wrong in the schools' own wording."""
    ours, found = sources(TEMPLATES), list[str]()
    for folder in folders:
        try:
            for organisation in organisations(folder):
                own = sources(folder / organisation)
                found += _of(own, {**ours, **own}, f"{folder.name}/{organisation}/")
        except BadSettings as error:
            found.append(error.public)
    return tuple(found)


def sample(language: str, country: str = "SE") -> LetterFacts:
    """Facts with everything known, invented."""
    return _told_to_staff(_told_to_a_parent(_of_a_case(bare(language, country))))


def _of_a_case(facts: LetterFacts) -> LetterFacts:
    return replace(
        facts,
        reference="ÅKR 2026/0007",
        unit="Förskolan Eken",
        subject="Maten",
        gist="Min son får mat som han inte tål.",
        kind="complaint",
        category="Mat",
        anonymous=True,
        urgent=True,
        examined=False,
        wants_investigation=True,
        owner=_CONTACT,
        others=((_CONTACT, "…"),),
        stage="Steg 2",
        clause="Steg 2",
        promises=(Promise(kind="answer", text="…", due_at=_NOW + timedelta(days=14), clause="Steg 2"),),
        emergency=("112",),
        note="…",
        received_at=_NOW,
        missing_parts=("…",),
        what_happened="…",
    )


def _told_to_a_parent(facts: LetterFacts) -> LetterFacts:
    return replace(
        facts,
        what_happens=("…",),
        advice="…",
        next_level=_CONTACT,
        next_level_text="…",
        outside_body=("anmalan@kommun.example", "Telefon: 08-465 004 98"),
        encrypted=True,
        questions=("wants_investigation", "unit"),
        units=("Eken", "Linden"),
        writer=_CONTACT,
        invitation="7KQ4-9MPX-3H8T",
        invitation_link="https://t.me/skolan_bot?start=7KQ4-9MPX-3H8T",
        invited_until=_NOW + timedelta(days=7),
        joined_from="telegram",
        receipt="…",
    )


def _told_to_staff(facts: LetterFacts) -> LetterFacts:
    return replace(
        facts,
        sender="Dana Åkesson <dana@example.org>",
        message="Hej!\n\nMin son får mat som han inte tål.",
        attachments=("intyg.pdf",),
        warnings=("…",),
        passed_on_by="Rektor <rektor@school.example>",
        local_facts=("…",),
        because=("…",),
        similar=("…",),
        may_belong_to=("ÅKR 2026/0003",),
        steps=("…",),
        not_acknowledged="…",
    )


def bare(language: str, country: str = "SE") -> LetterFacts:
    """Facts with nothing known."""
    return LetterFacts(language=language, organisation="Åkerskolan", time_zone="Europe/Stockholm", country=country)


def _missing(ours: dict[str, str]) -> Iterator[str]:
    for language in LANGUAGES:
        for letter in LETTERS:
            if f"{language}/{letter}.txt" not in ours:
                yield f"{language}/{letter}.txt: is missing; every letter exists in {', '.join(LANGUAGES)}"
        if not below(language):
            yield f"languages.toml: [{language}] has no `below`"


def _of(files: dict[str, str], all_files: dict[str, str], place: str) -> Iterator[str]:
    """What is wrong with some files, which may include any of all."""
    environment, wording, readable = letter_environment(all_files), Wording(all_files), True
    for name, text in files.items():
        if name == PAGE:
            continue
        letter = name.removesuffix(".txt").partition("/")[2]
        if not letter.startswith("_") and letter not in LETTERS:
            yield f"{place}{name}: there is no letter of this name; the letters are {', '.join(LETTERS)}"
            continue
        try:
            tree = environment.parse(text)
        except TemplateSyntaxError as error:
            readable = False
            yield f"{place}{name}, line {error.lineno}: {error.message}"
            continue
        yield from (f"{place}{name}: {line}" for line in _unknown(tree, letter.startswith("_")))
    if readable:
        yield from _unwritable(files, wording, place)


def _unknown(tree: nodes.Template, is_part: bool) -> Iterator[str]:
    known = NAMES | HANDED if is_part else NAMES
    for name in sorted(meta.find_undeclared_variables(tree) - known):
        yield f"no fact is called {name!r}; the facts stand in `LetterFacts` in register/records/saying.py"


def _unwritable(files: dict[str, str], wording: Wording, place: str) -> Iterator[str]:
    """Letters that do not come out; a part of a school's own is tried in every letter of its language."""
    languages = sorted({name.partition("/")[0] for name in files if name != PAGE} or {"en"})
    for language in languages:
        for letter in LETTERS:
            fault = _fault(wording, language, letter)
            if fault:
                yield f"{place}{language}/{letter}.txt: {fault}"


def _fault(wording: Wording, language: str, letter: str) -> str:
    """What goes wrong with a letter, whatever is known and wherever it goes; empty where nothing does."""
    full = sample(language)
    trials = [bare(language), full, replace(full, anonymous=False, urgent=False, wants_investigation=False)]
    trials += [replace(full, kind=kind) for kind in KINDS]
    late = _NOW + timedelta(days=30)
    try:
        for facts in trials:
            for now, chat in ((_NOW, False), (_NOW, True), (late, False)):
                written = section(wording, letter, known(facts, now=now, chat=chat))
                if not written.page.subject or not written.page.title:
                    return "has no subject on its first line, or no title behind `# `"
                page(wording, None, (written,))
    except FAULTS as error:
        return f"cannot be written: {error or type(error).__name__}"
    return ""
