"""`lyhord form`: a school's complaint form, empty, to print or to fill in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from bot.commands.first.placing import place
from bot.output import say
from bot.settings import load
from bot.wiring import load_procedures
from procedures.blank import blank_form
from procedures.values import LANGUAGES
from register.errors import BadSettings
from register.records import BlankForm
from replies.blanks.docx import docx
from replies.blanks.pdf import pdf

WRITERS: Mapping[str, Callable[[BlankForm], bytes]] = {".docx": docx, ".pdf": pdf}


def form(school: str, *, out: Path, language: str | None, config: Path | None) -> None:
    """Writes the form; raises BadSettings where there is no such school or language, or the file is there already."""
    procedures = load_procedures(load(config))
    procedure = procedures.get(school)
    if procedure is None:
        known = ", ".join(one.id for one in procedures.all)
        raise BadSettings(f"form: there is no school {school!r}; the schools are {known}")
    language = language or procedure.default_language
    if language not in LANGUAGES:
        raise BadSettings(f"--language: there is no form in {language!r}; write one of {', '.join(LANGUAGES)}")
    write = WRITERS.get(out.suffix.lower())
    if write is None:
        raise BadSettings(f"--out: {out} is neither .docx nor .pdf; its ending says what is written")
    place({out: write(blank_form(procedure, language))})
    say(f"Written: {out}")
