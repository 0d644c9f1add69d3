"""A message while it is being read: what is known of it so far, as every question sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from classifiers.cues import Hit
from classifiers.message import Message
from register.records import Address, OrganisationFacts, Verdict


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What the questions work on; each later question also sees the verdicts of the earlier ones."""

    message: Message
    organisation: OrganisationFacts | None
    sender: Address | None
    recipients: tuple[str, ...]
    #: the message as spaCy's pipeline for its language read it
    doc: Any
    hits: tuple[Hit, ...]
    #: calibrated probabilities by question and class
    scores: Mapping[str, Mapping[str, float]]
    #: for every sentence of `message.sentences`, how much it speaks for each class, by question; empty without meaning
    votes: Mapping[str, Any]
    #: everybody in the text who may be staff, with how likely each is complained about; computed when asked for
    people: Callable[[], tuple[tuple[str, float], ...]]
    version: str
    #: how far the cascade went: words, or meaning beside them
    stage: str
    #: single numbers of the model: thresholds
    numbers: Mapping[str, float]
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    #: the meaning of the whole as it is kept; empty where it was not computed
    meaning: bytes = b""

    @property
    def language(self) -> str:
        """The code that the language question answered."""
        return str(self.verdicts["language"].label or "en")

    def by(self, question: str) -> str:
        """Who answered, for `Verdict.by`."""
        return f"{question}/{self.version} {self.stage}"

    def cues(self, *groups: str) -> tuple[str, ...]:
        """The texts of the cues of some groups, in the order of the message, without repeats."""
        found = sorted((hit.start, hit.text) for hit in self.hits if hit.group in groups)
        return tuple(dict.fromkeys(text for _, text in found))

    def sentences_with(self, groups: Sequence[str], most: int = 2) -> tuple[str, ...]:
        """The sentences that hold most cues of some groups, as evidence."""
        wanted = [hit.text for hit in self.hits if hit.group in groups]
        counted = [(sum(text in sentence for text in wanted), sentence) for sentence in self.message.sentences]
        best = sorted((pair for pair in counted if pair[0]), key=lambda pair: -pair[0])
        return tuple(sentence for _, sentence in best[:most])

    def strongest(self, question: str, label: str, groups: Sequence[str] = (), most: int = 2) -> tuple[str, ...]:
        """The sentences that speak most for a label: by meaning where it was computed, else by cues, else the first."""
        if self.message.sentences and question in self.votes and label in self.votes[question]:
            order = sorted(enumerate(self.votes[question][label]), key=lambda pair: -pair[1])
            return tuple(
                self.message.sentences[place] for place, vote in order[:most] if vote > 0 or place == order[0][0]
            )
        return self.sentences_with(groups, most) or self.message.sentences[:1]


def best(scores: Mapping[str, float]) -> tuple[str, float]:
    """The likeliest class and its probability."""
    return max(scores.items(), key=lambda pair: pair[1])
