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


def test_teaching_that_was_stopped_goes_on_and_gives_the_same_encoder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from classifiers.tuning import teaching

    monkeypatch.setattr(teaching, "ROUNDS", 2)
    examples = corpus_file.read(corpus_file.shipped())[::80]
    whole = teaching.teach(examples, tmp_path / "whole.npz")

    def stopped(what: str, share: float) -> None:
        if what == "teaching the encoder" and share > 0.6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        teaching.teach(examples, tmp_path / "part.npz", progress=stopped)
    shares: list[float] = []
    again = teaching.teach(examples, tmp_path / "part.npz", progress=lambda what, share: shares.append(share))
    assert again.encoder == whole.encoder
    assert min(shares[-2:]) >= 0.5
    teaching.kept_of(examples, tmp_path / "part.npz").forget()
    assert not (tmp_path / "part.part").exists()
