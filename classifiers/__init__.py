"""What is a message about? Uncertain, so every answer has a score and its evidence.

The room may import `register.records` and `register.errors`, the standard library, and, lazily, spaCy, numpy,
scikit-learn and onnxruntime; importing `classifiers` loads none of these. `load()` reads the trained artefact;
`Classifiers.classify()` asks every question of `questions.QUESTIONS` in order. To add a language or a category,
add its data file in `languages/` or `categories/` and run `lyhord train`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from classifiers.catalogue import Category, Language, categories, category_title, languages, problems

if TYPE_CHECKING:
    from classifiers.reader import Classifiers

__all__ = [
    "Category",
    "Classifiers",
    "Language",
    "by_words_alone",
    "categories",
    "category_title",
    "languages",
    "load",
    "problems",
]


def load(artefact: Path | None = None, *, meaning: bool = True) -> Classifiers:
    """The classifiers with a trained artefact, by default the one that is shipped.

    `meaning=False` keeps to the words, as where the embedding is not installed: much faster, less sure. Takes about a
    second, in any thread. Raises BadSettings where the artefact is missing or unreadable.
    """
    from threadpoolctl import threadpool_limits

    from classifiers.reader import Classifiers

    loaded = Classifiers.from_file(artefact, meaning=None if meaning else False)
    # Several threads for one short row of numbers cost more than they give, and starve everything else.
    threadpool_limits(limits=1, user_api="blas")
    return loaded


def by_words_alone() -> str:
    """Why messages are understood by their words alone on this machine, in a line; empty where the encoder can run."""
    from classifiers.encoder import lacking

    missing = lacking()
    return (
        f"{missing} is not installed here: messages are understood by their words alone, less surely" if missing else ""
    )


def __getattr__(name: str) -> object:
    if name == "Classifiers":
        from classifiers.reader import Classifiers

        return Classifiers
    raise AttributeError(name)
