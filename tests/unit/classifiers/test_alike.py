"""What is kept of a message's meaning, and the nearest among many."""

from __future__ import annotations

import numpy as np

from classifiers.alike import kept, nearest

CENTRE = np.array([1.0, 1.0, 1.0, 1.0])


def meaning(*direction: float) -> bytes:
    return kept(CENTRE + np.array(direction), CENTRE)


def test_the_nearest_come_first_and_none_that_is_too_far() -> None:
    """B6."""
    others = [
        ("far", meaning(0, 1, 0, 0)),
        ("near", meaning(9, 1, 0, 0)),
        ("same", meaning(2, 0, 0, 0)),
        ("of another model", b"1234"),
    ]
    assert nearest(meaning(1, 0, 0, 0), others, above=0.3, most=5) == ("same", "near")
    assert nearest(meaning(1, 0, 0, 0), others, above=0.3, most=1) == ("same",)


def test_where_no_meaning_was_computed_nothing_is_like_it() -> None:
    assert nearest(b"", [("one", b"")], above=0.0, most=3) == ()
    assert nearest(meaning(1, 0, 0, 0), [], above=0.0, most=3) == ()
    assert nearest(meaning(0, 0, 0, 0), [("one", meaning(1, 0, 0, 0))], above=0.3, most=3) == ()
