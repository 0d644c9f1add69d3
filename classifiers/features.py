"""From a message to numbers: hashed n-grams, cues, a few measures of form, and the meaning of its sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from classifiers import cues, embedding
from classifiers.catalogue import CUE_GROUPS, categories
from classifiers.message import Message

#: number of buckets that n-grams are hashed into
BUCKETS = 2**15
GROUPS = (*sorted(CUE_GROUPS), *(f"category:{name}" for name in categories()))
FORMS = 14
#: whole, mean, highest and lowest of the sentences, and how much each weighs
MEANING_PARTS = 4
_WEIGHTS = (1.0, 1.0, 0.7, 0.7)

_URL = re.compile(r"https?://|www\.|\w+@\w+\.\w+|>>.+<<")
_REPLY = re.compile(r"^\s*(re|sv|vs|fwd|vb|отг|aw|odp|ynt|отв|на)\s*:", re.IGNORECASE)


@cache
def _vectoriser() -> Any:
    from sklearn.feature_extraction.text import HashingVectorizer

    return HashingVectorizer(
        analyzer="char_wb", ngram_range=(2, 5), n_features=BUCKETS, alternate_sign=False, norm=None, lowercase=True
    )


def ngrams(texts: Sequence[str]) -> Any:
    """A sparse matrix of one row a text: 1 + log of how often each bucket of character n-grams occurs."""
    found = _vectoriser().transform([text[:4000] for text in texts])
    found.data = 1.0 + np.log(found.data)
    return found


def cue_vector(message: Message, hits: Sequence[cues.Hit], groups: Sequence[str] = GROUPS) -> Any:
    """How often each group of cues occurs, in the text and in its last sentences, from 0 to 1; then the form.

    `groups` are those that the heads were trained with: a group or category that was added since is not counted.
    """
    counts = np.zeros((2, len(groups)))
    tail = len(message.plain) * 0.7
    position = {group: place for place, group in enumerate(groups)}
    for hit in hits:
        if hit.group in position:
            counts[0, position[hit.group]] += 1
            counts[1, position[hit.group]] += hit.start >= tail
    topics = counts[0, [group.startswith("category:") for group in groups]]
    share = topics / max(topics.sum(), 1.0)
    return np.concatenate([np.minimum(counts, 3).ravel() / 3, share, form(message)])


def form(message: Message) -> Any:
    """How the message looks: channel, length, question and exclamation marks, capitals, links, reply subject."""
    text, words = message.text, max(len(message.text.split()), 1)
    letters = max(sum(char.isalpha() for char in text), 1)
    sentences = message.sentences or ("",)
    return np.array(
        [
            message.channel != "email",
            words < 25,
            25 <= words < 60,
            60 <= words < 140,
            words >= 140,
            min(text.count("?") + text.count("؟"), 4) / 4,
            sentences[-1].rstrip().endswith(("?", "؟")),
            min(text.count("!"), 5) / 5,
            min(sum(char.isupper() for char in text) / letters * 3, 1),
            bool(_URL.search(text)),
            bool(_REPLY.match(message.subject)),
            message.quoted,
            not message.subject,
            min(sum(char.isdigit() for char in text) / letters * 5, 1),
        ],
        dtype=float,
    )


def meaning(message: Message) -> Any:
    """The embedding of the whole and of every sentence: an array of one row each, the whole first."""
    sentences = message.sentences or ("-",)
    return embedding.embed([message.meaning_text or "-", *sentences])


def pool(rows: Any, centre: Any) -> Any:
    """What the heads see of `meaning`: whole, mean, highest and lowest of the sentences; each of length one."""
    centred = rows - centre
    parts = [centred[0], centred[1:].mean(0), centred[1:].max(0) - 0.05, centred[1:].min(0) + 0.05]
    return np.concatenate(
        [part / max(float(np.linalg.norm(part)), 1e-9) * weight for part, weight in zip(parts, _WEIGHTS, strict=True)]
    )
