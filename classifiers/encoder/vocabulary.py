"""The pieces that words are cut into, looked up by their first letters so that only the scripts in use take memory."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from classifiers.encoder.weights import Words

#: stands for the space in front of a word (LOWER ONE EIGHTH BLOCK, as SentencePiece has it)
MARK = "\u2581"
#: an unknown character costs so much more than the unlikeliest piece
_UNKNOWN = 10.0
#: told apart from a first letter: the letter after the mark
_AFTER_MARK = 1 << 21


class Vocabulary:
    """A quarter of a million pieces; those that begin alike are unpacked when a word first needs them. Thread-safe."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._unknown = (words.unknown, float(words.scores.min()) - _UNKNOWN)
        keys = _keys(words)
        self._order = np.argsort(keys, kind="stable").astype(np.int32)
        self._keys = keys[self._order]
        self._unpacked: dict[int, tuple[dict[str, tuple[int, float]], int]] = {}

    def likeliest(self, word: str) -> tuple[tuple[int, int], ...]:
        """The pieces of a word with the highest sum of scores: number and length of each (Viterbi).

        The mark may stand only in front. Of two ways with the same sum, the one that was found first is kept.
        """
        length = len(word)
        best = [0.0, *[-math.inf] * length]
        back = [(0, 0)] * (length + 1)
        for start in range(length):
            pieces, longest = self._beginning(word, start)
            number, score = self._unknown
            for end in range(start + 1, min(start + longest, length) + 1):
                found = pieces.get(word[start:end])
                if found is not None and best[start] + found[1] > best[end]:
                    best[end], back[end] = best[start] + found[1], (found[0], start)
            if best[start] + score > best[start + 1]:
                best[start + 1], back[start + 1] = best[start] + score, (number, start)
        return _path(back, length)

    def _beginning(self, word: str, start: int) -> tuple[dict[str, tuple[int, float]], int]:
        """The pieces that may begin here, and how long the longest is."""
        letter = word[start]
        key = ord(letter) if letter != MARK else _AFTER_MARK + (ord(word[start + 1]) if start + 1 < len(word) else 0)
        found = self._unpacked.get(key)
        if found is None:
            # Two threads may both do it; they put the same thing there.
            found = self._unpacked[key] = self._unpack(key)
        return found

    def _unpack(self, key: int) -> tuple[dict[str, tuple[int, float]], int]:
        found = {}
        # The mark alone is a piece too, whatever letter comes after it.
        for wanted in {key, _AFTER_MARK} if key > _AFTER_MARK else {key}:
            low, high = np.searchsorted(self._keys, [wanted, wanted + 1])
            for number in self._order[low:high].tolist():
                begin, end = self._words.bounds[number : number + 2].tolist()
                if number != self._words.unknown:
                    found[bytes(self._words.letters[begin:end]).decode()] = (number, float(self._words.scores[number]))
        return found, max(map(len, found), default=0)


def _path(back: list[tuple[int, int]], end: int) -> tuple[tuple[int, int], ...]:
    pieces = []
    while end:
        number, start = back[end]
        pieces.append((number, end - start))
        end = start
    return tuple(reversed(pieces))


def _keys(words: Words) -> Any:
    """Of every piece its first letter, or the one after the mark."""
    letters = np.frombuffer(words.letters, np.uint8)
    first, after = _letters(letters, words.bounds[:-1].astype(np.int32))
    second, _ = _letters(letters, after)
    second[after >= words.bounds[1:]] = 0
    return np.where(first == ord(MARK), _AFTER_MARK + second, first)


def _letters(letters: Any, places: Any) -> tuple[Any, Any]:
    """The characters that begin at some places of UTF-8, and where the next ones do."""
    last = len(letters) - 1
    first = letters[np.minimum(places, last)].astype(np.int32)
    # How many bytes continue the character, and what the first byte says of it.
    more = (first >= 0xC0).astype(np.int32) + (first >= 0xE0) + (first >= 0xF0)
    points = first & np.array([0x7F, 0x1F, 0x0F, 0x07], np.int32)[more]
    for step in (1, 2, 3):
        rest = letters[np.minimum(places + step, last)] & np.int32(0x3F)
        points = np.where(more >= step, points << 6 | rest, points)
    return points, places + more + 1
