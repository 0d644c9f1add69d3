"""spaCy pipelines, one per language, made from the data files: cues, staff."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import registry

from classifiers import cues, staff
from classifiers.catalogue import languages

for _name, _nothing in (("written", ""), ("cues", ()), ("staff", tuple)):
    if not Doc.has_extension(_name):
        Doc.set_extension(_name, default=_nothing)


def make_whole() -> Callable[[Language], Callable[[str], Doc]]:
    """Leaves a text whole, in `doc._.written`: nothing in the room asks for single tokens.

    They would cost more than cues and staff together, and the vocabulary would keep every name that it ever met.
    """

    def made(nlp: Language) -> Callable[[str], Doc]:
        def whole(text: str) -> Doc:
            doc = Doc(nlp.vocab)
            doc._.written = text
            return doc

        return whole

    return made


registry.tokenizers.register("lyhord_whole", func=make_whole)


@Language.factory("lyhord_cues", default_config={"code": "en"})
def make_cues(nlp: Language, name: str, code: str) -> Any:
    """A component that puts the cues of a language into `doc._.cues`."""

    def component(doc: Doc) -> Doc:
        doc._.cues = cues.find(doc._.written, code)
        return doc

    return component


@Language.factory("lyhord_staff", default_config={"code": "en"})
def make_staff(nlp: Language, name: str, code: str) -> Any:
    """A component that makes `doc._.staff` give everybody who may be staff; few messages need to know."""

    def component(doc: Doc) -> Doc:
        doc._.staff = partial(staff.candidates, doc._.written, code)
        return doc

    return component


@cache
def pipeline(code: str) -> Language:
    """The pipeline of a language; of English where the language is unknown. Made once per process."""
    known = languages().get(code) or languages()["en"]
    nlp = spacy.blank(known.tokeniser, config={"nlp": {"tokenizer": {"@tokenizers": "lyhord_whole"}}})
    nlp.add_pipe("lyhord_cues", config={"code": known.code})
    nlp.add_pipe("lyhord_staff", config={"code": known.code})
    return nlp
