"""Walks over every language of the classifiers."""

from __future__ import annotations

import pytest
import spacy

import classifiers
from classifiers.catalogue import Language
from classifiers.cues import groups_of
from classifiers.pipelines import pipeline

NEEDED = (
    "anonymous",
    "investigate",
    "no_investigation",
    "weapon",
    "violence",
    "self_harm",
    "missing",
    "sexual",
    "medical",
    "danger",
)


def test_every_language_of_the_corpus_has_its_file() -> None:
    assert " ".join(sorted(classifiers.languages())) == "ar bg de en es fa fi nb nn pl ru so sv tr uk"


@pytest.mark.parametrize("language", classifiers.languages().values(), ids=lambda one: one.code)
def test_a_language_is_complete(language: Language) -> None:
    """G7: danger is known in every language."""
    assert language.name
    assert language.staff.titles
    known = groups_of(language.code).expressions
    assert [group for group in NEEDED if group not in known] == []


@pytest.mark.parametrize("language", classifiers.languages().values(), ids=lambda one: one.code)
def test_a_language_has_a_pipeline(language: Language) -> None:
    nlp = pipeline(language.code)
    assert isinstance(nlp, spacy.language.Language)
    assert nlp.pipe_names == ["lyhord_cues", "lyhord_staff"]
    assert nlp("x")._.written == "x"
