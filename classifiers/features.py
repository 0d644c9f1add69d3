"""From the words of a message to numbers: hashed n-grams, cues and a few measures of form."""

from __future__ import annotations

import re
from array import array
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np
from murmurhash import hash as murmur

from classifiers import cues
from classifiers.catalogue import CUE_GROUPS, categories
from classifiers.message import Message

#: number of buckets that n-grams are hashed into, a power of two
BUCKETS = 2**15
#: how long n-grams are, and how many characters of a text they are taken from
_SHORTEST, _LONGEST, _LOOKED_AT = 2, 5, 4000
#: how many words are remembered with their buckets, so that the common ones are hashed once; none longer than this
_REMEMBERED, _ORDINARY = 2**14, 30
GROUPS = (*sorted(CUE_GROUPS), *(f"category:{name}" for name in categories()))
FORMS = 14

_URL = re.compile(r"https?://|www\.|\w+@\w+\.\w+|>>.+<<")
#: one of these is in whatever _URL finds; most messages have none of them
_OF_LINKS = ("://", "www.", "@", ">>")
_REPLY = re.compile(r"^\s*(re|sv|vs|fwd|vb|отг|aw|odp|ynt|отв|на)\s*:", re.IGNORECASE)


def buckets(text: str) -> tuple[Any, Any]:
    """The buckets of a text's character n-grams in ascending order, and of each 1 + log of how often it occurs.

    N-grams lie within words, a blank on either side of the word belongs to it; the same buckets as those of
    scikit-learn's HashingVectorizer with `char_wb`, which costs ten times as much for a single text.
    """
    words = text[:_LOOKED_AT].lower().split()
    hashed = [_of_word(word) if len(word) <= _ORDINARY else _hashed(word) for word in words]
    if not hashed:
        return np.zeros(0, np.int32), np.zeros(0)
    found = (np.abs(np.frombuffer(b"".join(hashed), np.int32)) & (BUCKETS - 1)).astype(np.uint16)
    found.sort(kind="stable")
    first = np.flatnonzero(np.concatenate(([True], found[1:] != found[:-1])))
    counts = np.concatenate((first[1:], [len(found)])) - first
    return found[first].astype(np.int32), 1.0 + np.log(counts)


def _hashed(word: str) -> bytes:
    """The hash of every n-gram of a word, packed; a word that is no longer than an n-gram counts whole, once."""
    padded = f" {word} "
    length = len(padded)
    sizes = range(_SHORTEST, min(_LONGEST, length) + 1)
    grams = [padded[at : at + size] for size in sizes for at in range(length - size + 1)]
    return array("i", map(murmur, grams)).tobytes()


_of_word = lru_cache(maxsize=_REMEMBERED)(_hashed)


def ngrams(texts: Sequence[str]) -> Any:
    """A sparse matrix of one row a text, as `buckets` has it."""
    from scipy import sparse

    rows = [buckets(text) for text in texts]
    ends = np.cumsum([0, *(len(places) for places, _ in rows)])
    places, values = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    return sparse.csr_matrix((values, places, ends), shape=(len(rows), BUCKETS))


def cue_vector(message: Message, hits: Sequence[cues.Hit], groups: Sequence[str] = GROUPS) -> Any:
    """How often each group of cues occurs, in the text and in its last sentences, from 0 to 1; then the form.

    `groups` are those that the heads were trained with: a group or category that was added since is not counted.
    """
    tail = len(message.plain) * 0.7
    order, topics = _order(tuple(groups))
    # For so few numbers numpy takes longer than it takes to count them.
    whole, late = [0] * len(groups), [0] * len(groups)
    for hit in hits:
        place = order.get(hit.group)
        if place is not None:
            whole[place] += 1
            late[place] += hit.start >= tail
    of_topics = [whole[place] for place in topics]
    total = max(sum(of_topics), 1)
    return np.array(
        [*(min(one, 3) / 3 for one in (*whole, *late)), *(one / total for one in of_topics), *form(message)]
    )


@cache
def _order(groups: tuple[str, ...]) -> tuple[Mapping[str, int], list[int]]:
    """Where each group stands, and which of them are categories."""
    order = {group: place for place, group in enumerate(groups)}
    return order, [place for group, place in order.items() if group.startswith("category:")]


def form(message: Message) -> tuple[float, ...]:
    """How the message looks: channel, length, question and exclamation marks, capitals, links, reply subject."""
    text, words = message.text, max(len(message.text.split()), 1)
    letters, marks = max(message.letters, 1), message.characters
    sentences = message.sentences or ("",)
    return (
        message.channel != "email",
        words < 25,
        25 <= words < 60,
        60 <= words < 140,
        words >= 140,
        min(marks["?"] + marks["؟"], 4) / 4,
        sentences[-1].rstrip().endswith(("?", "؟")),
        min(marks["!"], 5) / 5,
        min(message.count(str.isupper) / letters * 3, 1),
        any(sign in text for sign in _OF_LINKS) and bool(_URL.search(text)),
        bool(_REPLY.match(message.subject)),
        message.quoted,
        not message.subject,
        min(message.count(str.isdigit) / letters * 5, 1),
    )
