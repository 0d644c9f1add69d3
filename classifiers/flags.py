"""Which cues occur at all, told to the questions that a single sentence decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from classifiers.cues import Hit
from classifiers.message import Message
from classifiers.urgency import DANGER

#: groups whose presence is told to the heads outright
FLAGS = ("anonymous", "not_anonymous", "investigate", "no_investigation", *DANGER, "now", "harmless")


def flags(message: Message, hits: Sequence[Hit]) -> Any:
    """Which cues occur at all, and how danger, haste and relief occur together."""
    counts: dict[str, int] = {}
    for hit in hits:
        counts[hit.group] = counts.get(hit.group, 0) + 1
    present = [min(counts.get(group, 0), 2) / 2 for group in FLAGS]
    dangers = sum(counts.get(group, 0) > 0 for group in DANGER)
    now, harmless = min(counts.get("now", 0), 2) / 2, min(counts.get("harmless", 0), 2) / 2
    together = max((_danger_in(sentence, hits) for sentence in message.sentences), default=0.0) if dangers else 0.0
    chat = message.channel != "email"
    some = dangers > 0
    return np.array(
        [*present, min(dangers, 4) / 4, some * now, some * harmless, (dangers > 1) * now, together, some * chat]
    )


def _danger_in(sentence: str, hits: Sequence[Hit]) -> float:
    groups = {hit.group for hit in hits if hit.text in sentence}
    haste, relief = 1.5 if "now" in groups else 0.5, 0.3 if "harmless" in groups else 1.0
    return float(min(len(groups & set(DANGER)) * haste * relief, 3.0) / 3)
