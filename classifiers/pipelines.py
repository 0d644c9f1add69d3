"""spaCy pipelines, one per language, made from the data files: tokeniser, cues, staff."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc

from classifiers import cues
from classifiers.catalogue import languages

for _name in ("cues", "staff"):
    if not Doc.has_extension(_name):
        Doc.set_extension(_name, default=())


@Language.factory("lyhord_cues", default_config={"code": "en"})
def make_cues(nlp: Language, name: str, code: str) -> Any:
    """A component that puts the cues of a language into `doc._.cues`."""

    def component(doc: Doc) -> Doc:
        doc._.cues = cues.find(doc.text, code)
        return doc

    return component


@Language.factory("lyhord_staff", default_config={"code": "en"})
def make_staff(nlp: Language, name: str, code: str) -> Any:
    """A component that puts the titles of staff that are mentioned into `doc._.staff`, with the names beside them."""
    expression = staff_expression(code)

    def component(doc: Doc) -> Doc:
        if expression is not None:
            doc._.staff = tuple(
                cues.Hit(group="staff", start=match.start("who"), end=match.end("who"), text=match.group("who"))
                for match in expression.finditer(doc.text)
            )
        return doc

    return component


@cache
def staff_expression(code: str) -> re.Pattern[str] | None:
    """One expression for the titles of staff in a language, each with the name that may follow."""
    known = languages().get(code)
    if known is None or not known.staff.titles:
        return None
    titles = cues.alternatives(known.staff.titles)
    honorifics = cues.alternatives(known.staff.honorifics) if known.staff.honorifics else r"(?!x)x"
    name = r"(?:\s+(?-i:[^\W\d_a-zа-я][\w’'-]+|[^\W\d_a-zа-я]\.)){1,3}"
    return re.compile(
        rf"(?<!\w)(?P<who>(?:{titles})(?:,?\s+(?:{honorifics}))?{name}|(?:{honorifics}){name}|(?:{titles}))(?!\w)",
        re.IGNORECASE,
    )


@cache
def pipeline(code: str) -> Language:
    """The pipeline of a language; of English where the language is unknown. Made once per process."""
    known = languages().get(code) or languages()["en"]
    nlp = spacy.blank(known.tokeniser)
    nlp.add_pipe("lyhord_cues", config={"code": known.code})
    nlp.add_pipe("lyhord_staff", config={"code": known.code})
    return nlp
