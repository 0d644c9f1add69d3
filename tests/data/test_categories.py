"""Walks over every category."""

from __future__ import annotations

import pytest

import classifiers
from classifiers.catalogue import TITLED, Category
from classifiers.cues import pattern

SCHEMA = """
degrading_treatment discrimination fees_admin information meals other placement premises privacy safety_order
special_support staff_conduct teaching transport
"""


def test_the_categories_are_those_of_the_schema() -> None:
    """B3: every case has one of these categories."""
    assert list(classifiers.categories()) == SCHEMA.split()


def test_nothing_is_wrong_with_the_data_files() -> None:
    assert classifiers.problems() == ()


@pytest.mark.parametrize("category", classifiers.categories().values(), ids=lambda one: one.id)
def test_a_category_is_complete(category: Category) -> None:
    assert category.description.endswith(".")
    assert all(category.titles[code] for code in TITLED)
    assert all(category.cues[code] for code in TITLED)
    assert all(pattern(cues) is not None for cues in category.cues.values())


def test_a_title_falls_back_to_english() -> None:
    assert classifiers.category_title("meals", "is") == classifiers.category_title("meals", "en")
    assert classifiers.category_title("school_trips", "sv") == "school trips"
