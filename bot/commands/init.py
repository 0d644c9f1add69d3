"""`lyhord init`: asks what it must know of a school and writes its settings and its first procedure file."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import typer

from bot.commands.first.files import Answers, procedure_text, settings_text
from bot.commands.first.names import one_line
from bot.commands.first.placing import place, refuse_existing
from bot.output import console, say
from procedures.calendar import public_holidays
from procedures.values import LANGUAGES
from register.errors import BadSettings

SETTINGS = "lyhord.toml"
SCHOOLS = "schools"

_LONGEST = 200
_MAIL = re.compile(r"[^\s@<>()\[\],;:\\\"]+@\w[\w.-]*\w")
_COUNTRIES = {"sv": "SE", "bg": "BG", "nb": "NO", "nn": "NO"}
_LANGUAGES_BY_DOMAIN = {"se": "sv", "bg": "bg", "no": "nb"}

#: what was answered so far, by question
Given = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Question:
    """One thing that has to be known, as a flag or by asking."""

    key: str
    prompt: str
    #: the answer as it is used; raises ValueError with what to write instead
    read: Callable[[str, Given], str]
    #: what is meant by an empty answer; empty where nothing can be
    default: Callable[[Given], str] = lambda given: ""

    @property
    def flag(self) -> str:
        """The flag that answers it."""
        return f"--{self.key.replace('_', '-')}"


def init(
    folder: Path,
    *,
    name: str | None,
    mailbox: str | None,
    head: str | None,
    head_mail: str | None,
    language: str | None,
    country: str | None,
) -> None:
    """Writes `lyhord.toml` and `schools/<id>.toml` into a folder, or nothing at all. Raises BadSettings."""
    settings = folder / SETTINGS
    refuse_existing([settings])
    flags = {
        "name": name,
        "mailbox": mailbox,
        "head": head,
        "head_mail": head_mail,
        "language": language,
        "country": country,
    }
    answers = Answers(**_asked({key: value for key, value in flags.items() if value is not None}))
    procedure = folder / SCHOOLS / f"{answers.id}.toml"
    # The settings come last: where they are, everything is.
    today = datetime.now().astimezone().date()
    place({procedure: procedure_text(answers), settings: settings_text(answers, today)})
    _tell(settings, procedure, answers)


def _asked(flags: Given) -> dict[str, str]:
    """Every answer: from the flags, and by asking for the rest where somebody sits at a terminal."""
    missing = [question.flag for question in QUESTIONS if question.key not in flags]
    asking = sys.stdin is not None and sys.stdin.isatty()
    if missing and not asking:
        raise BadSettings(f"init: give {', '.join(missing)} too, or run it in a terminal, where it asks")
    answers: dict[str, str] = {}
    for question in QUESTIONS:
        given = flags.get(question.key)
        answers[question.key] = _ask(question, answers) if given is None else _flag(question, given, answers)
    return answers


def _flag(question: Question, given: str, answers: Given) -> str:
    try:
        return question.read(given, answers)
    except ValueError as error:
        raise BadSettings(f"{question.flag}: {error}") from None


def _ask(question: Question, answers: Given) -> str:
    def read(typed: str) -> str:
        try:
            return question.read(typed, answers)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None

    answer: str = typer.prompt(question.prompt, default=question.default(answers) or None, value_proc=read)
    return answer


def _name(typed: str, given: Given) -> str:
    name = one_line(typed)
    if not name or len(name) > _LONGEST:
        raise ValueError(f"write a name of at most {_LONGEST} letters")
    return name


def _mail(typed: str, given: Given) -> str:
    address = one_line(typed)
    if not _MAIL.fullmatch(address) or len(address) > _LONGEST:
        raise ValueError("is no mail address; it looks like hej@school.example")
    if address.lower() == given.get("mailbox", "").lower():
        raise ValueError("is the mailbox itself, so that notices would come back to it; write the head's own address")
    return address


def _language(typed: str, given: Given) -> str:
    language = one_line(typed).lower()
    if language not in LANGUAGES:
        raise ValueError(f"write one of {', '.join(LANGUAGES)}")
    return language


def _country(typed: str, given: Given) -> str:
    country = one_line(typed).upper()
    if not re.fullmatch(r"[A-Z]{2}", country):
        raise ValueError("write the two letters of the country, such as SE")
    try:
        public_holidays(country, None, ("public",), 2027)
    except NotImplementedError:
        raise ValueError(f"there is no calendar of holidays for {country}; write another country") from None
    return country


QUESTIONS = (
    Question(key="name", prompt="Name of the school", read=_name),
    Question(key="mailbox", prompt="Mailbox that parents write to", read=_mail),
    Question(key="head", prompt="Name of the head, who owns complaints", read=_name),
    Question(key="head_mail", prompt="The head's own mail address", read=_mail),
    Question(
        key="language",
        prompt=f"The school's language ({', '.join(LANGUAGES)})",
        read=_language,
        default=lambda given: _LANGUAGES_BY_DOMAIN.get(given["mailbox"].rpartition(".")[2].lower(), "en"),
    ),
    Question(
        key="country",
        prompt="Its country (SE, BG, NO, …)",
        read=_country,
        default=lambda given: _COUNTRIES.get(given["language"], ""),
    ),
)


def _tell(settings: Path, procedure: Path, answers: Answers) -> None:
    config = shlex.quote(str(settings))
    say(f"Written: {settings} and {procedure}. What to do next:")
    for line in (
        f"1. Fill in the deputy, the office and the board in {procedure}; then: lyhord check --config {config}",
        f"2. Try it out on a mail: lyhord explain MAIL.eml --to {shlex.quote(answers.mailbox)} --config {config}",
        f"3. Switch it on: lyhord run --config {config} (docs/run-your-school.md says how mail gets there)",
    ):
        console.print(line, markup=False, soft_wrap=True)
