"""The trained artefact: what n-grams weigh and the heads of both stages; the same corpus gives the same bytes."""

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
from classifiers.meaning import MeaningHead, MeaningHeads
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
    #: the groups of cues that the heads were trained with, in their order
    groups: tuple[str, ...]
    #: how much each block of features weighs
    scale: Mapping[str, float]
    #: the heads on the words, by question
    heads: Mapping[str, Head]
    #: the heads on the states of the encoder; None where there are none
    meaning: MeaningHeads | None
    #: thresholds and other single numbers found in training
    numbers: Mapping[str, float]

    def save(self, path: Path) -> None:
        """Writes the artefact; the same model gives the same bytes."""
        about: dict[str, Any] = {"version": self.version, "scale": dict(self.scale), "numbers": dict(self.numbers)}
        about["groups"] = self.groups
        about["heads"] = {name: {"classes": one.classes, "temperature": one.temperature}
                          for name, one in self.heads.items()}  # fmt: skip
        arrays = {"idf": self.idf}
        for name, head in self.heads.items():
            arrays |= {f"{name}.weights": head.weights, f"{name}.bias": head.bias}
        if self.meaning is not None:
            about["meaning"], more = _plain(self.meaning)
            arrays |= more
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
        heads = {
            name: Head(
                classes=tuple(facts["classes"]),
                weights=arrays[f"{name}.weights"],
                bias=arrays[f"{name}.bias"],
                temperature=facts["temperature"],
            )
            for name, facts in about["heads"].items()
        }
        return cls(
            meaning=_meaning(about["meaning"], arrays) if "meaning" in about else None,
            version=about["version"],
            idf=arrays["idf"],
            groups=tuple(about["groups"]),
            scale=about["scale"],
            heads=heads,
            numbers=about["numbers"],
        )


def _plain(meaning: MeaningHeads) -> tuple[dict[str, Any], dict[str, Any]]:
    """The heads on states as plain data and arrays."""
    arrays = {"meaning.person": meaning.person, "meaning.person_bias": meaning.person_bias}
    arrays["meaning.centre"] = meaning.centre
    for name, head in meaning.heads.items():
        arrays |= {f"meaning.{name}.{part}": getattr(head, part) for part in ("query", "weights", "bias")}
    facts = {
        name: {"classes": head.classes, "words": head.words, "temperature": head.temperature}
        for name, head in meaning.heads.items()
    }
    return {"encoder": meaning.encoder, "heads": facts}, arrays


def _meaning(about: Mapping[str, Any], arrays: Mapping[str, Any]) -> MeaningHeads:
    heads = {
        name: MeaningHead(
            **{part: arrays[f"meaning.{name}.{part}"] for part in ("query", "weights", "bias")},
            classes=tuple(facts["classes"]),
            words=facts["words"],
            temperature=facts["temperature"],
        )
        for name, facts in about["heads"].items()
    }
    return MeaningHeads(
        heads=heads,
        person=arrays["meaning.person"],
        person_bias=arrays["meaning.person_bias"],
        centre=arrays["meaning.centre"],
        encoder=about["encoder"],
    )


def _put(file: zipfile.ZipFile, name: str, content: bytes) -> None:
    """A member with a fixed date, so that equal content makes an equal file."""
    member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    member.compress_type = zipfile.ZIP_DEFLATED
    file.writestr(member, content)
