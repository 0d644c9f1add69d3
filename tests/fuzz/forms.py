"""Texts that look like filled-in forms, and like nothing at all."""

from __future__ import annotations

from hypothesis import strategies as st

from intake.forms.labels import labels
from intake.forms.typed import fields

_BETWEEN = st.sampled_from([":", " :", ": ", "\t", "\n", "....", "____", " - ", "=", "", "：", "\u00a0"])
_WORDS = st.one_of(st.text(max_size=40), st.sampled_from(["", "Anna Berg", "☒", "[x]", "070-123 45 67", "a@b.se"]))
_LINES = st.tuples(st.sampled_from(sorted(labels())), _BETWEEN, _WORDS).map("".join)


def texts() -> st.SearchStrategy[str]:
    """Lines with labels and values, with others between them."""
    return st.lists(st.one_of(_LINES, st.text(max_size=60)), max_size=25).map("\n".join)


def check(text: str) -> None:
    """Every field is text on its own."""
    for key, value in fields(text).items():
        assert key
        assert isinstance(value, str)
