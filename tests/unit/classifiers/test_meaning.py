"""The heads on the encoder's states: sums over pieces, evidence, long texts, and what belongs to what."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from classifiers import calibration, corpus_file, meaning
from classifiers.encoder import Tokens
from classifiers.meaning import FIRST, LAST, SHIPPED_ENCODER, SIZE, Meaning, MeaningHead
from classifiers.message import Message
from classifiers.model import MEANING, Model
from classifiers.reader import Classifiers, meaning_of
from register.errors import BadSettings

pytestmark = pytest.mark.skipif(not meaning.available(), reason="the encoder does not run here")

HIT = "Hej! Maten var god i dag. Läraren slog min son i ansiktet och han blöder. Hälsningar Mia"


@pytest.fixture(scope="module")
def model() -> Model:
    return Model.load()


@pytest.fixture(scope="module")
def read(model: Model) -> Meaning:
    found = meaning_of(model)
    assert found is not None
    return found


def test_an_answer_is_the_sum_of_what_its_pieces_add() -> None:
    numbers = np.random.default_rng(1)
    states = numbers.normal(size=(7, SIZE))
    head = MeaningHead(
        classes=("no", "yes"),
        query=numbers.normal(size=SIZE),
        weights=numbers.normal(size=(2 * SIZE, 2)),
        bias=np.zeros(2),
    )
    raised = np.exp(states @ head.query * meaning.SHARPNESS)
    weighted = (raised / raised.sum()) @ states
    whole = np.concatenate([states.mean(axis=0), weighted]) * meaning.LOUDNESS @ head.weights
    assert np.allclose(head.shares(states).sum(axis=0), whole)


def test_the_sentence_of_the_blow_speaks_most_for_danger(read: Meaning) -> None:
    """B7: the evidence is the sentence that decided."""
    message = Message.of("", HIT)
    votes = read.of(message.meaning_text, message.sentences).votes["urgent"]["yes"]
    assert "slog" in message.sentences[int(np.argmax(votes))]


@pytest.mark.parametrize("text", ["", " ", "?", "\U0001f642" * 30, "a" * 9000, "hej\n" * 2000])
def test_any_text_gives_finite_numbers(read: Meaning, text: str) -> None:
    message = Message.of("", text)
    found = read.of(message.meaning_text, message.sentences)
    assert all(np.isfinite(one).all() for one in found.logits.values())
    assert all(0 <= start < end for start, end, _ in found.pieces)


def test_of_a_long_text_the_beginning_and_the_end_are_read() -> None:
    numbers = np.arange(1000, dtype=np.int32)
    cut = meaning.shortened(Tokens(ids=numbers, starts=numbers, ends=numbers + 1))
    assert cut.ids.tolist() == [*range(FIRST), *range(1000 - LAST, 1000)]
    short = Tokens(ids=numbers[:50], starts=numbers[:50], ends=numbers[:50] + 1)
    assert meaning.shortened(short) is short


def test_heads_refuse_an_encoder_that_is_not_theirs(model: Model, tmp_path: Path) -> None:
    assert model.meaning is not None
    (tmp_path / SHIPPED_ENCODER.name).write_bytes(b"something else")
    with pytest.raises(BadSettings, match="is not what the model was trained with"):
        meaning.load(model.meaning, tmp_path / "model.zip")


def test_calibration_again_changes_nothing(model: Model, read: Meaning) -> None:
    """The shipped shares, temperatures and threshold are those of the messages that were kept back."""
    folder = Path(corpus_file.__file__).parent / "held_out"
    kept_back = corpus_file.read(sorted(folder.glob("*.jsonl")))
    again = calibration.together(model, Classifiers(model, read), kept_back)
    assert again.meaning is not None
    assert model.meaning is not None
    shares = {name: (head.words, round(head.temperature, 6)) for name, head in model.meaning.heads.items()}
    assert {name: (head.words, round(head.temperature, 6)) for name, head in again.meaning.heads.items()} == shares
    name = f"urgent_threshold_{MEANING}"
    assert again.numbers[name] == pytest.approx(model.numbers[name], abs=1e-3)


def test_what_is_kept_back_is_not_trained_on() -> None:
    folder = Path(corpus_file.__file__).parent / "held_out"
    kept_back = {(one.subject, one.body) for one in corpus_file.read(sorted(folder.glob("*.jsonl")))}
    assert len(kept_back) > 200
    assert [one.id for one in corpus_file.read(corpus_file.shipped()) if (one.subject, one.body) in kept_back] == []
