"""The form that a school asks complaints to be written on, in a language (A7, C7)."""

from __future__ import annotations

from procedures.model import Procedure
from procedures.phrases import phrases
from procedures.policies import FormSection
from procedures.values import LANGUAGES
from register.records import BlankField, BlankForm

#: fields of a form where the procedure file has no `[form]`
USUAL = FormSection(
    clause="", fields=("name", "phone", "mail", "unit", "description", "place_date", "signature"), send_to={}
)
_LONG = ("description",)


def blank_form(procedure: Procedure, language: str) -> BlankForm:
    """The empty form of a school; in English where no procedure has the language."""
    language = language if language in LANGUAGES else "en"
    asked, words = procedure.form or USUAL, phrases(language)
    units = tuple(procedure.in_language(unit.name, language) for unit in procedure.units)
    fields = (
        BlankField(key=key, label=words.form_fields[key], long=key in _LONG, choices=units if key == "unit" else ())
        for key in asked.fields
    )
    return BlankForm(
        language=language,
        organisation=procedure.in_language(procedure.organisation.name, language),
        title=procedure.in_language(asked.title, language) if asked.title else words.form_title,
        office=procedure.lines_in(asked.office, language) if asked.office else (),
        office_title=words.form_office,
        fields=tuple(fields),
        send_to=procedure.lines_in(asked.send_to, language) if asked.send_to else (procedure.mailboxes[0].address,),
        hint=words.form_hint,
    )
