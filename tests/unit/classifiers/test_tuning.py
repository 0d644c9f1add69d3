"""Teaching the encoder: a few examples, one round; where PyTorch is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifiers import corpus_file, meaning

torch = pytest.importorskip("torch", reason="PyTorch (the extra `train`) is not installed")
pytestmark = pytest.mark.skipif(not meaning.available(), reason="the encoder does not run here")


def test_the_same_examples_give_the_same_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from classifiers.tuning import teaching

    monkeypatch.setattr(teaching, "ROUNDS", 1)
    examples = corpus_file.read(corpus_file.shipped())[::80]
    made = [teaching.teach(examples, tmp_path / f"{name}.npz") for name in ("one", "two")]
    assert made[0].encoder == made[1].encoder
    assert (tmp_path / "one.npz").stat().st_size < 20_000_000
