"""spaCy pipelines, one per language, made from the data files: tokeniser, cues, staff."""

from __future__ import annotations

from functools import cache
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc

from classifiers import cues, staff
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
    """A component that puts everybody who may be staff into `doc._.staff`."""

    def component(doc: Doc) -> Doc:
        doc._.staff = staff.candidates(doc.text, code)
        return doc

    return component


@cache
def pipeline(code: str) -> Language:
    """The pipeline of a language; of English where the language is unknown. Made once per process."""
    known = languages().get(code) or languages()["en"]
    nlp = spacy.blank(known.tokeniser)
    nlp.add_pipe("lyhord_cues", config={"code": known.code})
    nlp.add_pipe("lyhord_staff", config={"code": known.code})
    return nlp
