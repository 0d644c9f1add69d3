"""Measures the classifiers on labelled messages. (Thin; being widened.)"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from classifiers import corpus_file
from classifiers.reader import Classifiers


def evaluate(files: Sequence[Path], *, artefact: Path | None = None) -> dict[str, Any]:
    """The share of right answers by question on some labelled files."""
    examples = corpus_file.read(files)
    readers = Classifiers.from_file(artefact)
    right: dict[str, list[bool]] = {}
    for one in examples:
        found = readers.classify(subject=one.subject, body=one.body, channel=one.channel)
        right.setdefault("kind", []).append(found.kind.label == one.kind)
        right.setdefault("urgent", []).append(found.urgent.label == one.urgent)
    return {name: sum(answers) / len(answers) for name, answers in right.items()}
