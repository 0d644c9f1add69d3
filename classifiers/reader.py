"""Reads a message and answers every question: a cheap look at its words first, its meaning only where they do not suffice."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from classifiers import embedding, features, gist, language, pipelines
from classifiers.heads import Head
from classifiers.message import Message
from classifiers.model import MEANING, WORDS, Model
from classifiers.questions import LEARNT, QUESTIONS
from classifiers.reading import Reading
from register.records import Address, OrganisationFacts, Understanding, Verdict


class Classifiers:
    """All classifiers with their trained artefact. Thread-safe; blocking, so call it in a worker thread or process."""

    def __init__(self, model: Model, *, meaning: bool | None = None) -> None:
        """`meaning=False` keeps to the cheap stage; None uses the embedding where it is installed."""
        self._model = model
        self._meaning = embedding.available() if meaning is None else meaning

    @classmethod
    def from_file(cls, artefact: Path | None = None) -> Classifiers:
        """The classifiers of an artefact, by default the shipped one; raises BadSettings where it cannot be read."""
        return cls(Model.load(artefact))

    @property
    def version(self) -> str:
        """The version of the artefact."""
        return self._model.version

    def classify(
        self,
        *,
        subject: str,
        body: str,
        channel: str = "email",
        organisation: OrganisationFacts | None = None,
        sender: Address | None = None,
        recipients: tuple[str, ...] = (),
    ) -> Understanding:
        """What can be said of a message. Takes any text and bounded time; where nothing can be told, scores are low."""
        message = Message.of(subject, body, channel)
        reading = self._read(message, organisation, sender, recipients)
        for name, ask in QUESTIONS:
            reading.verdicts[name] = ask(reading)
        return Understanding(
            **reading.verdicts,
            categories={name: round(score, 4) for name, score in reading.scores["category"].items()},
            gist=gist.answer(reading),
        )

    def _read(
        self,
        message: Message,
        organisation: OrganisationFacts | None,
        sender: Address | None,
        recipients: tuple[str, ...],
    ) -> Reading:
        words = self._word_row(message)
        heads = self._model.heads[WORDS]
        spoken = language.answer(message, heads["language"].scores(words), organisation, self._model.version)
        doc = pipelines.pipeline(str(spoken.label))(message.plain)
        cheap = _beside(words, features.cue_vector(message, doc._.cues) * self._model.scale["cues"])
        scores: dict[str, Mapping[str, float]] = {name: heads[name].scores(cheap) for name in LEARNT}
        votes: Mapping[str, Any] = {}
        stage = f"{self._model.version} {WORDS}"
        if self._meaning and not self._is_sure(scores):
            scores, votes = self._by_meaning(message, cheap)
            stage = f"{self._model.version} {WORDS}+{MEANING}"
        return Reading(
            message=message,
            organisation=organisation,
            sender=sender,
            recipients=recipients,
            doc=doc,
            hits=doc._.cues,
            scores=scores,
            votes=votes,
            stage=stage,
            numbers=self._model.numbers,
            verdicts={"language": spoken},
        )

    def _word_row(self, message: Message) -> Any:
        """The n-gram features of a message, weighted and of length one, dense."""
        row = np.asarray(features.ngrams([message.plain]).multiply(self._model.idf).todense(), dtype=np.float32).ravel()
        return row / max(float(np.linalg.norm(row)), 1e-9) * self._model.scale["ngrams"]

    def _is_sure(self, scores: Mapping[str, Mapping[str, float]]) -> bool:
        """True where the words alone decide: an obvious robot or advert, and no thought of danger."""
        return scores["kind"]["other"] >= self._model.numbers["sure_other"] and (
            scores["urgent"]["yes"] <= self._model.numbers["sure_calm"]
        )

    def _by_meaning(self, message: Message, cheap: Any) -> tuple[dict[str, Mapping[str, float]], Mapping[str, Any]]:
        """Scores of the dear stage, and how much each sentence speaks for each class."""
        rows = features.meaning(message)
        row = _beside(cheap, features.pool(rows, self._model.centre) * self._model.scale["meaning"])
        heads = self._model.heads[MEANING]
        centred = rows[1:] - self._model.centre
        votes = {name: _votes(heads[name], centred) for name in LEARNT}
        return {name: heads[name].scores(row) for name in LEARNT}, votes


def _beside(first: Any, second: Any) -> Any:
    return np.concatenate([first, second.astype(np.float32)])


def _votes(head: Head, sentences: Any) -> dict[str, Any]:
    """By class, what the head would say of each sentence alone (the part for the mean of the sentences)."""
    start = -(features.MEANING_PARTS - 1) * embedding.SIZE
    part = head.weights[start : start + embedding.SIZE]
    lengths = np.maximum(np.linalg.norm(sentences, axis=1, keepdims=True), 1e-9)
    return dict(zip(head.classes, ((sentences / lengths) @ part).T, strict=True))
