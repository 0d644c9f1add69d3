"""What the sentence encoder says of a message: every answer, who is complained about, which sentences decided.

The encoder (`classifiers.encoder`) gives a row of numbers, a state, for every piece of a word as it is meant in its
sentence. For each question a head looks at the mean of all states and at a mean that is weighted by how much each
state concerns that question (Bahdanau et al. 2015), so that one sentence among twenty can decide. Both are sums over
the pieces, so that what each sentence added to an answer is known exactly.
"""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifiers.encoder import Encoder, Tokens
from classifiers.encoder import available as encoder_available
from classifiers.heads import softmax
from register.errors import BadSettings

#: the changed layers of the encoder that the heads were taught with
SHIPPED_ENCODER = Path(__file__).parent / "artefact" / "encoder.npz"

#: numbers in a state
SIZE = 384
#: of a long text so many pieces are read from its beginning and from its end
FIRST, LAST = 205, 110
#: how sharply a head looks at what concerns it; as in `tuning`
SHARPNESS = 4 / math.sqrt(SIZE)
#: what states are multiplied by before the heads; as in `tuning`
LOUDNESS = 4.0
#: how many rows stand before the first piece of the text: begin, and the encoder's prefix
_BEFORE, _AFTER = 4, 1


@dataclass(frozen=True, kw_only=True)
class MeaningHead:
    """A learnt answer to one question from the states of a message."""

    classes: tuple[str, ...]
    #: what of a state concerns the question
    query: Any
    #: two rows of numbers a state, for the plain and the weighted mean; one column a class
    weights: Any
    bias: Any
    #: how much the head on the words counts beside this one, from 0 to 1, and how both together are calibrated
    words: float = 0.5
    temperature: float = 1.0

    def shares(self, states: Any) -> Any:
        """What every piece adds to every class: [pieces, classes]; their sum, and the bias, are the logits."""
        attention = states @ self.query * SHARPNESS
        raised = np.exp(attention - attention.max())
        plain, weighted = self.weights[:SIZE], self.weights[SIZE:]
        own = states * LOUDNESS
        return own @ plain / len(states) + (own @ weighted) * (raised / raised.sum())[:, None]

    def together(self, logits: Any, words: Mapping[str, float]) -> Any:
        """Both heads' answer, before calibration: their log probabilities, weighed; `words` are the other's logits."""
        others = np.array([words.get(name, -9.0) for name in self.classes])
        return (1 - self.words) * _log_softmax(logits) + self.words * _log_softmax(others)

    def scores(self, logits: Any, words: Mapping[str, float]) -> dict[str, float]:
        """The calibrated probability of every class by both heads together."""
        return dict(zip(self.classes, softmax(self.together(logits, words) / self.temperature).tolist(), strict=True))


@dataclass(frozen=True, kw_only=True)
class MeaningHeads:
    """All heads, and the sha256 of the encoder file that they belong to."""

    heads: Mapping[str, MeaningHead]
    #: how likely a piece belongs to somebody who is complained about: weights of a state, and bias
    person: Any
    person_bias: Any
    #: mean state of the corpus, for how much alike two messages are
    centre: Any
    encoder: str


@dataclass(frozen=True, kw_only=True)
class Sense:
    """What was found in one message."""

    #: by question, the logits of the head's classes
    logits: Mapping[str, Any]
    #: by question and class, how much every sentence spoke for it
    votes: Mapping[str, Mapping[str, Any]]
    #: (start, end, likelihood) of the pieces that may be somebody who is complained about
    pieces: tuple[tuple[int, int, float], ...]
    #: the mean state
    mean: Any


class Meaning:
    """The encoder with its heads. Thread-safe; blocking."""

    def __init__(self, heads: MeaningHeads, encoder: Encoder) -> None:
        self.heads = heads
        self._encoder = encoder

    def of(self, text: str, sentences: tuple[str, ...]) -> Sense:
        """Reads a text; `sentences` are those of the text, in order."""
        tokens = shortened(self._encoder.tokens(text))
        states = self._encoder.states([tokens], ends=True)[0]
        owners = _owners(text, sentences, tokens)
        shares = {name: head.shares(states) for name, head in self.heads.heads.items()}
        return Sense(
            logits={name: share.sum(axis=0) + self.heads.heads[name].bias for name, share in shares.items()},
            votes={name: _votes(self.heads.heads[name], share, owners, sentences) for name, share in shares.items()},
            pieces=tuple(self._people(states, tokens)),
            mean=states.mean(axis=0),
        )

    def _people(self, states: Any, tokens: Tokens) -> Iterator[tuple[int, int, float]]:
        logits = states[_BEFORE : len(states) - _AFTER] @ self.heads.person + self.heads.person_bias
        likely = 1 / (1 + np.exp(-logits))
        for start, end, score in zip(tokens.starts.tolist(), tokens.ends.tolist(), likely.tolist(), strict=True):
            if end > start:
                yield start, end, score


def _log_softmax(logits: Any) -> Any:
    shifted = logits - logits.max()
    return shifted - math.log(float(np.exp(shifted).sum()))


def available() -> bool:
    """True where the encoder can be used on this machine."""
    return encoder_available()


def _votes(head: MeaningHead, shares: Any, owners: Any, sentences: tuple[str, ...]) -> dict[str, Any]:
    """By class, what each sentence added beyond what so many pieces add on the average."""
    added = np.zeros((max(len(sentences), 1), len(head.classes)), np.float32)
    np.add.at(added, owners, (shares - shares.mean(axis=0))[_BEFORE : len(shares) - _AFTER])
    return dict(zip(head.classes, added.T, strict=True))


def shortened(tokens: Tokens) -> Tokens:
    """The first and last pieces of a long text."""
    if len(tokens) <= FIRST + LAST:
        return tokens
    ids, starts, ends = (
        np.concatenate([field[:FIRST], field[-LAST:]]) for field in (tokens.ids, tokens.starts, tokens.ends)
    )
    return Tokens(ids=ids, starts=starts, ends=ends)


def _owners(text: str, sentences: tuple[str, ...], tokens: Tokens) -> Any:
    """For every piece, which sentence it stands in."""
    starts, place = [], 0
    for sentence in sentences:
        # A sentence that was joined from two lines begins as its first line does.
        found = text.find(sentence.split(" ", 1)[0], place)
        place = found if found >= 0 else place
        starts.append(place)
        place += 1
    return np.array([max(bisect_right(starts, start) - 1, 0) for start in tokens.starts.tolist()], dtype=int)


def load(heads: MeaningHeads, artefact: Path | None = None) -> Meaning | None:
    """The encoder with these heads: from the file beside their artefact, else the shipped one.

    None where this processor cannot run it. Raises BadSettings where the file is not the one that the heads know.
    """
    beside = artefact.with_name(SHIPPED_ENCODER.name) if artefact else SHIPPED_ENCODER
    path = beside if beside.is_file() else SHIPPED_ENCODER
    if fingerprint(path) != heads.encoder:
        raise BadSettings(
            f"classifiers: {path} is not what the model was trained with; `lyhord train --encoder` makes both"
        )
    try:
        return Meaning(heads, Encoder.load(path))
    except (ImportError, OSError, RuntimeError, ValueError):
        # Wrong processor or an engine that does not load: the words alone have to do.
        return None


def fingerprint(path: Path) -> str:
    """What tells one encoder file from another; raises BadSettings where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except OSError:
        raise BadSettings(f"classifiers: {path} cannot be read") from None
