"""Training and measuring on a small part of the corpus, by words alone so that it is quick."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from classifiers import Classifiers, corpus_file, report
from classifiers.corpus_file import Example
from classifiers.evaluate import cross_validate, evaluate
from classifiers.fitting import fit_model, folds_of
from classifiers.heads import softmax, temperature_of
from classifiers.model import Model
from classifiers.tables import Tables
from register.records import OrganisationFacts

ROOM = Path(corpus_file.__file__).parent / "corpus"


@pytest.fixture(scope="module")
def few() -> tuple[Example, ...]:
    return corpus_file.read([ROOM / "sv.jsonl", ROOM / "bg.jsonl"])[::2]


@pytest.fixture(scope="module")
def tables(few: tuple[Example, ...]) -> Tables:
    return Tables.of(few)


def test_the_same_corpus_gives_the_same_bytes(tables: Tables, tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        fit_model(tables, version="t").save(tmp_path / name)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_an_artefact_without_meaning_reads_by_words(tables: Tables, tmp_path: Path) -> None:
    fit_model(tables, version="t").save(tmp_path / "model.zip")
    model = Model.load(tmp_path / "model.zip")
    assert model.meaning is None
    found = Classifiers(model).classify(subject="", body="Maten i skolan är dålig, gör något!")
    assert found.kind.label
    assert found.kind.by == "kind/t words"


def test_the_shipped_artefact_is_small() -> None:
    assert (ROOM.parent / "artefact" / "model.zip").stat().st_size < 20_000_000


def test_folds_hold_every_message_out_once(few: tuple[Example, ...]) -> None:
    held = [row for _, test in folds_of(few) for row in test]
    assert sorted(held) == list(range(len(few)))
    assert all(not set(train) & set(test) for train, test in folds_of(few))


def test_the_corpus_is_as_its_schema_says() -> None:
    """B3: every complaint and concern has one category, nothing else has one."""
    examples = corpus_file.read(corpus_file.shipped())
    assert len({(one.file, one.id) for one in examples}) == len(examples)
    assert [one.id for one in examples if (one.category is not None) != (one.kind in ("complaint", "concern"))] == []
    assert [one.id for one in examples if (one.about_education is None) != (one.category is None)] == []


def test_a_report_counts_what_was_right(organisations: dict[str, OrganisationFacts], tmp_path: Path) -> None:
    lines = (ROOM / "nb.jsonl").read_text("utf-8").splitlines()[:12]
    path = tmp_path / "few.jsonl"
    path.write_text("\n".join(lines), "utf-8")
    found = evaluate([path], organisations=organisations, meaning=False)
    plain = found.as_dict()
    assert plain["figures"]["kind"]["count"] == 12
    assert 0 <= plain["figures"]["kind"]["low"] <= plain["figures"]["kind"]["value"] <= 1
    assert plain["by_language"].keys() == {"nb+nn"}


def test_cross_validation_beats_a_bag_of_words() -> None:
    found = cross_validate([ROOM / "sv.jsonl", ROOM / "nb.jsonl"], 2)
    better = {one.name: one.value for one in found.figures}
    plain = {one.name: one.value for one in found.baseline}
    assert better["kind"] > plain["kind"]
    assert better["category"] > plain["category"]


def test_a_share_of_nothing_is_not_a_number() -> None:
    assert math.isnan(report.Figure.of("x", []).value)


def test_the_temperature_softens_overconfidence() -> None:
    import numpy as np

    logits = np.array([[4.0, -4.0], [-4.0, 4.0], [4.0, -4.0], [4.0, -4.0]])
    assert temperature_of(logits, np.array([0, 1, 0, 1])) > 1.5
    assert softmax(np.array([0.0, 0.0])).tolist() == [0.5, 0.5]
