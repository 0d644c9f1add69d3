"""The features of a whole corpus, one row an example in every table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from classifiers import features, flags, pipelines, staff
from classifiers.corpus_file import Example
from classifiers.message import Message

#: told what is being done and how far it is, from 0 to 1
Progress = Callable[[str, float], None]


@dataclass(frozen=True, kw_only=True)
class Tables:
    """The features of some examples."""

    examples: tuple[Example, ...]
    #: raw n-gram counts, sparse
    ngrams: Any
    cues: Any
    flags: Any
    #: measures of everybody who may be staff, one array an example, and whether they are complained about
    people: tuple[Any, ...]
    complained: tuple[Any, ...]

    @classmethod
    def of(cls, examples: Sequence[Example]) -> Tables:
        """Computes the features of the words."""
        messages = [Message.of(one.subject, one.body, one.channel) for one in examples]
        hits = [
            pipelines.pipeline(one.lang)(message.plain)._.cues for one, message in zip(examples, messages, strict=True)
        ]
        pairs = list(zip(messages, hits, strict=True))
        people = [_people(one, message) for one, message in zip(examples, messages, strict=True)]
        return cls(
            examples=tuple(examples),
            ngrams=features.ngrams([message.plain for message in messages]),
            cues=np.array([features.cue_vector(message, found) for message, found in pairs]),
            flags=np.array([flags.flags(message, found) for message, found in pairs]),
            people=tuple(measured for measured, _ in people),
            complained=tuple(labels for _, labels in people),
        )

    def part(self, rows: Sequence[int]) -> Tables:
        """Only some rows."""
        return replace(
            self,
            examples=tuple(self.examples[row] for row in rows),
            ngrams=self.ngrams[list(rows)],
            cues=self.cues[list(rows)],
            flags=self.flags[list(rows)],
            people=tuple(self.people[row] for row in rows),
            complained=tuple(self.complained[row] for row in rows),
        )

    def answers(self, question: str) -> list[str | None]:
        """The class of every example."""
        return [example.answers()[question] for example in self.examples]


def _people(one: Example, message: Message) -> tuple[Any, Any]:
    everybody = staff.candidates(message.plain, one.lang)
    wanted = [set(Message.of("", name).plain.lower().split()) for name in one.persons]
    measured = staff.measures(everybody, message.plain, len(message.subject), one.kind, one.category or "")
    said = [set(person.text.lower().split()) for person in everybody]
    labels = [any(words <= name or name <= words for name in wanted) for words in said]
    return measured, np.array(labels, dtype=bool)
