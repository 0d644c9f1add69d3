"""Labelled messages as numbers: pieces, answers, and which pieces belong to somebody who is complained about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from classifiers import cyrillic
from classifiers.corpus_file import Example
from classifiers.encoder.tokens import Tokeniser, Tokens
from classifiers.encoder.weights import Words
from classifiers.meaning import shortened
from classifiers.message import Message
from classifiers.questions import LEARNT

#: of an example with further categories so much of its weight goes to them
ALSO = 0.3
#: what the encoder reads in front of every text
PREFIX = "query:"
#: kinds in which somebody can be complained about
PERSONAL = ("complaint", "concern", "follow_up")


@dataclass(frozen=True, kw_only=True)
class Taught:
    """One example as the net sees it."""

    ids: Any
    #: by question, how much of the example's weight each class has; all nought where the question does not arise
    answers: dict[str, Any]
    #: for every piece 1.0 where it belongs to a person complained about
    people: Any
    #: whether people are learnt from it
    personal: bool


def classes_of(examples: Sequence[Example]) -> dict[str, tuple[str, ...]]:
    """The classes of every question, in alphabetical order."""
    return {
        question: tuple(sorted({answer for one in examples if (answer := one.answers()[question])}))
        for question in LEARNT
    }


def taught(examples: Sequence[Example], words: Words, classes: dict[str, tuple[str, ...]]) -> list[Taught]:
    """All examples as numbers."""
    tokeniser = Tokeniser(words)
    return [_one(example, tokeniser, words, classes) for example in examples]


def _one(example: Example, tokeniser: Tokeniser, words: Words, classes: dict[str, tuple[str, ...]]) -> Taught:
    message = Message.of(example.subject, example.body, example.channel)
    tokens = shortened(tokeniser.tokens(message.meaning_text))
    prefix = tokeniser.tokens(PREFIX).ids
    people = np.concatenate([np.zeros(len(prefix) + 1), _people(example, message, tokens), np.zeros(1)])
    return Taught(
        ids=np.concatenate([[words.begin], prefix, tokens.ids, [words.end]]),
        answers={question: _answer(example, question, names) for question, names in classes.items()},
        people=people.astype(np.float32),
        personal=example.kind in PERSONAL,
    )


def _answer(example: Example, question: str, names: tuple[str, ...]) -> Any:
    row = np.zeros(len(names), np.float32)
    answer = example.answers()[question]
    if answer is None:
        return row
    also = [name for name in example.also if name in names] if question == "category" else []
    row[names.index(answer)] = 1 - ALSO if also else 1
    for name in also:
        row[names.index(name)] += ALSO / len(also)
    return row


def _people(example: Example, message: Message, tokens: Tokens) -> Any:
    marked = np.zeros(len(tokens))
    for person in example.persons:
        name = cyrillic.from_latin(person) if message.is_latin_bulgarian else person
        for start in _places(message.meaning_text, name):
            marked[(tokens.ends > start) & (tokens.starts < start + len(name)) & (tokens.ends > tokens.starts)] = 1
    return marked


def _places(text: str, name: str) -> list[int]:
    """Where a name stands; in other capitals only where it does not stand as it is."""
    if name not in text:
        text, name = text.lower(), name.lower()
    found, at = [], text.find(name) if name else -1
    while at >= 0:
        found.append(at)
        at = text.find(name, at + len(name))
    return found
