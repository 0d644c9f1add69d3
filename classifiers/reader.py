"""Reads a message and answers every question: its words first, its meaning only where they do not suffice."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from classifiers import alike, embedding, features, gist, language, people, pipelines, points
from classifiers.heads import Head, Stack
from classifiers.message import Message
from classifiers.model import MEANING, WORDS, Model
from classifiers.questions import LEARNT, PEOPLE, QUESTIONS
from classifiers.reading import Reading
from register.records import Address, OrganisationFacts, Understanding, Verdict

Scores = Mapping[str, Mapping[str, float]]


class Classifiers:
    """All classifiers with their trained artefact. Thread-safe; blocking, so call it in a worker thread or process."""

    def __init__(self, model: Model, *, meaning: bool | None = None, known: Mapping[str, Any] | None = None) -> None:
        """`meaning=False` keeps to the words; None uses the embedding where it is installed and was trained with.

        `known` holds embeddings that need not be computed again, by `Message.meaning_text`; for measuring.
        """
        self._known = known or {}
        wanted = embedding.available() if meaning is None else meaning
        self._words = Stack.of({name: model.heads[WORDS][name] for name in ("language", *LEARNT)})
        self._dear = Stack.of(model.heads[MEANING]) if wanted and model.heads[MEANING] else None
        # The stacks hold all weights: what they were made from need not stay in memory.
        self._people = model.heads[WORDS][PEOPLE]
        self._model = replace(model, heads={})

    @classmethod
    def from_file(cls, artefact: Path | None = None, *, meaning: bool | None = None) -> Classifiers:
        """The classifiers of an artefact, by default the shipped one; raises BadSettings where it cannot be read."""
        return cls(Model.load(artefact), meaning=meaning)

    @property
    def version(self) -> str:
        """The version of the artefact."""
        return self._model.version

    def warm_up(self, organisations: Iterable[OrganisationFacts] = ()) -> None:
        """Makes ready what the first message would wait for, in the languages of some organisations: under a second."""
        known = list(organisations)
        for code in dict.fromkeys(code for one in known for code in one.languages):
            pipelines.pipeline(code)("x")._.staff()
        self.classify(subject="x", body="1", organisation=known[0] if known else None)

    def language(self, *, subject: str, body: str) -> Verdict:
        """The language of a message alone, by the cheap stage."""
        message = Message.of(subject, body, "email")
        sums = self._words.sums(*self._ngrams(message))
        return self._language(message, sums, None)

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
            meaning=reading.meaning,
        )

    def _read(
        self,
        message: Message,
        organisation: OrganisationFacts | None,
        sender: Address | None,
        recipients: tuple[str, ...],
    ) -> Reading:
        ngrams = self._ngrams(message)
        sums = self._words.sums(*ngrams)
        spoken = self._language(message, sums, organisation)
        doc = pipelines.pipeline(str(spoken.label))(message.plain)
        hits = doc._.cues
        cues = features.cue_vector(message, hits, self._model.groups) * self._model.scale["cues"]
        flags = points.flags(message, hits) * self._model.scale["flags"]
        scores, stage = self._by_words(sums, cues, flags), WORDS
        votes: dict[str, Any] = {}
        meaning = b""
        if self._dear and not self._is_sure(scores):
            scores, votes, meaning = self._by_meaning(self._dear, message, ngrams, cues, flags)
            stage = MEANING
        return Reading(
            message=message,
            organisation=organisation,
            sender=sender,
            recipients=recipients,
            doc=doc,
            hits=hits,
            scores=scores,
            votes=votes,
            people=cache(partial(people.ranked, doc, message, self._people, scores)),
            version=self._model.version,
            stage=stage,
            numbers=self._model.numbers,
            verdicts={"language": spoken},
            meaning=meaning,
        )

    def _ngrams(self, message: Message) -> tuple[Any, Any]:
        """The n-gram features of a message, weighted and of length one: their places, and their values there."""
        places, values = features.buckets(message.plain)
        values = values * self._model.idf[places]
        return places, values / max(math.sqrt(values @ values), 1e-9) * self._model.scale["ngrams"]

    def _language(self, message: Message, sums: Any, organisation: OrganisationFacts | None) -> Verdict:
        guess = self._words.scores(sums, ("language",))["language"]
        return language.answer(message, guess, organisation, self._model.version)

    def _is_sure(self, scores: Scores) -> bool:
        """True where the words alone decide: an obvious robot or advert, and no thought of danger."""
        return scores["kind"]["other"] >= self._model.numbers["sure_other"] and (
            scores["urgent"]["yes"] <= self._model.numbers["sure_calm"]
        )

    def _by_words(self, sums: Any, cues: Any, flags: Any) -> Scores:
        told = self._words.more(sums, features.BUCKETS, np.concatenate([cues, flags]))
        return self._words.scores(told, LEARNT)

    def _by_meaning(
        self, heads: Stack, message: Message, ngrams: tuple[Any, Any], cues: Any, flags: Any
    ) -> tuple[Scores, dict[str, Any], bytes]:
        """Scores of the dear stage, how much each sentence speaks for each class, and what is kept of the meaning."""
        rows = self._known.get(message.meaning_text)
        rows = features.meaning(message) if rows is None else rows
        centred = rows[1:] - self._model.centre
        pooled = features.pool(rows, self._model.centre) * self._model.scale["meaning"]
        made = self._model.points.of(centred) if self._model.points else np.zeros(0)
        told = np.concatenate([cues, pooled, made * self._model.scale["points"], flags])
        scores = heads.scores(heads.more(heads.sums(*ngrams), features.BUCKETS, told), LEARNT)
        votes = {name: _votes(heads.heads[name], features.BUCKETS + len(cues), centred) for name in LEARNT}
        return scores, votes, alike.kept(rows[0], self._model.centre)


def _votes(head: Head, start: int, sentences: Any) -> dict[str, Any]:
    """By class, what the head would say of each sentence alone: its part for the mean of the sentences."""
    part = head.weights[start + embedding.SIZE : start + 2 * embedding.SIZE]
    lengths = np.maximum(np.linalg.norm(sentences, axis=1, keepdims=True), 1e-9)
    return dict(zip(head.classes, ((sentences / lengths) @ part).T, strict=True))
