"""Messages that are never trained on: readable, labelled, and in no file of the corpus."""

from __future__ import annotations

from classifiers import corpus_file
from classifiers.catalogue import ROOM

HELD_OUT = tuple(sorted((ROOM / "held_out").glob("*.jsonl")))
UNSEEN = tuple(sorted((ROOM / "unseen").rglob("*.jsonl")))


def test_what_is_held_out_is_not_trained_on() -> None:
    held_out = corpus_file.read(HELD_OUT)
    trained = {one.body for one in corpus_file.read(corpus_file.shipped())}
    assert len({one.id for one in held_out}) == len(held_out) > 100
    assert [one.id for one in held_out if one.body in trained] == []
    assert sum(one.urgent for one in held_out) >= 10


def test_what_is_unseen_is_in_no_other_file() -> None:
    unseen = corpus_file.read(UNSEEN)
    others = {one.body for one in corpus_file.read((*corpus_file.shipped(), *HELD_OUT))}
    assert len({one.id for one in unseen}) == len(unseen) >= 200
    assert [one.id for one in unseen if one.body in others] == []
    assert sum(one.urgent for one in unseen) >= 20
