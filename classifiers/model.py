"""The trained artefact: idf, centre and the heads of both stages, in one file; the same corpus gives the same bytes."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifiers.heads import Head
from classifiers.points import PointHeads
from register.errors import BadSettings

SHIPPED = Path(__file__).parent / "artefact" / "model.zip"

#: the two stages of the cascade: n-grams and cues alone; with the meaning of the sentences beside them
WORDS, MEANING = "words", "meaning"


@dataclass(frozen=True, kw_only=True)
class Model:
    """All that was learnt from the corpus."""

    version: str
    #: inverse document frequency of every n-gram bucket
    idf: Any
    #: mean of the embeddings of the corpus; zeros where it was trained without the engine
    centre: Any
    #: the groups of cues that the heads were trained with, in their order
    groups: tuple[str, ...]
    #: how much each block of features weighs
    scale: Mapping[str, float]
    #: by stage and question
    heads: Mapping[str, Mapping[str, Head]]
    #: heads on single sentences; None where it was trained without the engine
    points: PointHeads | None
    #: thresholds and other single numbers found in training
    numbers: Mapping[str, float]

    def save(self, path: Path) -> None:
        """Writes the artefact; the same model gives the same bytes."""
        about: dict[str, Any] = {"version": self.version, "scale": dict(self.scale), "numbers": dict(self.numbers)}
        about["groups"] = self.groups
        arrays = {"idf": self.idf, "centre": self.centre}
        about["heads"] = {}
        for stage, heads in self.heads.items():
            for name, head in heads.items():
                key = f"{stage}.{name}"
                about["heads"][key] = {"classes": head.classes, "temperature": head.temperature}
                arrays[f"{key}.weights"], arrays[f"{key}.bias"] = head.weights, head.bias
        if self.points is not None:
            arrays |= {f"points.{name}": value for name, value in vars(self.points).items()}
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
            _put(file, "about.json", json.dumps(about, sort_keys=True, indent=1).encode())
            for name in sorted(arrays):
                buffer = io.BytesIO()
                # A nought has no sign: that would be all that is left of differences far below what is stored.
                stored = np.ascontiguousarray(arrays[name], dtype=np.float16) + np.float16(0)
                np.save(buffer, stored, allow_pickle=False)
                _put(file, f"{name}.npy", buffer.getvalue())

    @classmethod
    def load(cls, path: Path | None = None) -> Model:
        """Reads an artefact, by default the shipped one; raises BadSettings where that cannot be done."""
        path = path or SHIPPED
        try:
            with zipfile.ZipFile(path) as file:
                about = json.loads(file.read("about.json"))
                arrays = {
                    name.removesuffix(".npy"): np.load(io.BytesIO(file.read(name)), allow_pickle=False).astype(
                        np.float32
                    )
                    for name in file.namelist()
                    if name.endswith(".npy")
                }
        except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise BadSettings(
                f"classifiers: {path} cannot be read; `lyhord train` makes it anew", private=type(error).__name__
            ) from None
        heads: dict[str, dict[str, Head]] = {WORDS: {}, MEANING: {}}
        for key, facts in about["heads"].items():
            stage, name = key.split(".")
            heads[stage][name] = Head(
                classes=tuple(facts["classes"]),
                weights=arrays[f"{key}.weights"],
                bias=arrays[f"{key}.bias"],
                temperature=facts["temperature"],
            )
        parts = {name.removeprefix("points."): value for name, value in arrays.items() if name.startswith("points.")}
        return cls(
            points=PointHeads(**parts) if parts else None,
            version=about["version"],
            idf=arrays["idf"],
            centre=arrays["centre"],
            groups=tuple(about["groups"]),
            scale=about["scale"],
            heads=heads,
            numbers=about["numbers"],
        )


def _put(file: zipfile.ZipFile, name: str, content: bytes) -> None:
    """A member with a fixed date, so that equal content makes an equal file."""
    member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    member.compress_type = zipfile.ZIP_DEFLATED
    file.writestr(member, content)
