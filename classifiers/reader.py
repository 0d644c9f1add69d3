"""Reads a message and answers every question: its words first, its meaning only where they do not suffice."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from classifiers import alike, features, flags, gist, language, meaning, people, pipelines
from classifiers.cues import Hit
from classifiers.heads import Stack
from classifiers.meaning import Meaning, Sense
from classifiers.message import Message
from classifiers.model import MEANING, WORDS, Model
from classifiers.questions import LEARNT, PEOPLE, QUESTIONS
from classifiers.reading import Reading
from register.records import Address, OrganisationFacts, Understanding, Verdict

Scores = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, kw_only=True)
class _Heard:
    """What was read of a message's words: its language, spaCy's reading, and the logits of all heads on words."""

    language: Verdict
    doc: Any
    hits: tuple[Hit, ...]
    sums: Any


class Classifiers:
    """All classifiers with their trained artefact. Thread-safe; blocking, so call it in a worker thread or process."""

    def __init__(self, model: Model, meaning: Meaning | None = None) -> None:
        """Without `meaning` the words alone are read."""
        self._words = Stack.of({name: model.heads[name] for name in ("language", *LEARNT)})
        self._meaning = meaning
        # The stack holds all weights: what it was made from need not stay in memory.
        self._people = people.People.of(model.heads[PEOPLE])
        self._model = replace(model, heads={}, meaning=None)

    @classmethod
    def from_file(cls, artefact: Path | None = None, *, meaning: bool | None = None) -> Classifiers:
        """The classifiers of an artefact, by default the shipped one; raises BadSettings where it cannot be read.

        `meaning=False` keeps to the words; None uses the encoder where it is installed and was trained with.
        """
        model = Model.load(artefact)
        return cls(model, meaning_of(model, artefact) if meaning is not False else None)

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

    def logits(self, *, subject: str, body: str, channel: str) -> dict[str, tuple[Any, dict[str, float]]]:
        """By question, the logits of the head on states, and by class those of the head on words; for calibration.

        Raises RuntimeError where there is no encoder.
        """
        if self._meaning is None:
            raise RuntimeError("there is no encoder")
        message = Message.of(subject, body, channel)
        told = self._heard(message, None).sums
        sense = self._meaning.of(message.meaning_text, message.sentences)
        return {name: (sense.logits[name], self._by_class(name, told)) for name in LEARNT}

    def _read(
        self,
        message: Message,
        organisation: OrganisationFacts | None,
        sender: Address | None,
        recipients: tuple[str, ...],
    ) -> Reading:
        heard = self._heard(message, organisation)
        scores: Scores = self._words.scores(heard.sums, LEARNT)
        stage, sense = WORDS, None
        if self._meaning and not self._is_sure(scores):
            sense, stage = self._meaning.of(message.meaning_text, message.sentences), MEANING
            scores = self._by_meaning(self._meaning, sense, heard.sums)
        return Reading(
            message=message,
            organisation=organisation,
            sender=sender,
            recipients=recipients,
            doc=heard.doc,
            hits=heard.hits,
            scores=scores,
            votes=sense.votes if sense else {},
            people=cache(partial(people.ranked, heard.doc, message, self._people, scores, sense)),
            version=self._model.version,
            stage=stage,
            numbers=self._model.numbers,
            verdicts={"language": heard.language},
            meaning=alike.kept(sense.mean, self._meaning.heads.centre) if sense and self._meaning else b"",
        )

    def _heard(self, message: Message, organisation: OrganisationFacts | None) -> _Heard:
        """Reads the words."""
        sums = self._words.sums(*self._ngrams(message))
        spoken = self._language(message, sums, organisation)
        doc = pipelines.pipeline(str(spoken.label))(message.plain)
        hits = doc._.cues
        cues = features.cue_vector(message, hits, self._model.groups) * self._model.scale["cues"]
        flagged = flags.flags(message, hits) * self._model.scale["flags"]
        more = self._words.more(sums, features.BUCKETS, np.concatenate([cues, flagged]))
        return _Heard(language=spoken, doc=doc, hits=hits, sums=more)

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

    def _by_meaning(self, meaning: Meaning, sense: Sense, told: Any) -> Scores:
        """What the heads on the words and those on the states say together."""
        found = {}
        for name in LEARNT:
            found[name] = meaning.heads.heads[name].scores(sense.logits[name], self._by_class(name, told))
        return found

    def _by_class(self, name: str, told: Any) -> dict[str, float]:
        """The words' logits of one question."""
        return dict(zip(self._words.heads[name].classes, told[self._words.columns[name]].tolist(), strict=True))


def meaning_of(model: Model, artefact: Path | None = None) -> Meaning | None:
    """The encoder that belongs to a model, with its heads; None where there is none or it cannot run here."""
    if model.meaning is None or not meaning.available():
        return None
    return meaning.load(model.meaning, artefact)
