"""A name by its consonants, which are much the same in Latin, Cyrillic and Arabic letters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from classifiers import cyrillic

_LATIN = re.compile(r"[a-z\u00c0-\u024f]", re.IGNORECASE)
_ARABIC = re.compile(r"[\u0600-\u06ff]")
_WORD = re.compile(r"[^\W\d_]+")
_TWICE = re.compile(r"(.)\1")
#: what is written in one word with a name: and, in, to, so, the
_PREFIX = re.compile(r"^[وبلف]?(?:ال)?(?=.{3})")

#: letters that are written for one another when a name is spelled in other letters
_SOUNDS = {
    letter: sound
    for sound, letters in {
        "b": "bpبپ", "v": "vwfфفڤ", "t": "dtدتطضثذ", "k": "gkqcxكکقغگج", "s": "szسصزشظچ",
        "r": "rر", "l": "lل", "m": "mم", "n": "nن",
    }.items()
    for letter in letters
}  # fmt: skip


def in_other_letters(text: str) -> Iterator[tuple[str, str]]:
    """The words of a text that are not in Latin letters, and two of them together: as written, and their consonants."""
    before = ""
    for match in _WORD.finditer(text):
        word = match.group()
        if _LATIN.search(word):
            before = ""
            continue
        yield word, consonants(word)
        if _PREFIX.match(word) and (short := _PREFIX.sub("", word)) != word:
            yield word, consonants(short)
        if before:
            yield f"{before} {word}", consonants(before) + consonants(word)
        before = word


@lru_cache(maxsize=2**12)
def consonants(word: str) -> str:
    """The consonants of a word in a form that is the same for all that sound alike."""
    word = word.lower()
    if _ARABIC.search(word):
        # Inside a word it is a vowel.
        word = word.replace("و", "ف", 1) if word.startswith("و") else word
    else:
        word = _TWICE.sub(r"\1", unicodedata.normalize("NFKD", cyrillic.to_latin(word)))
    return "".join(_SOUNDS.get(letter, "") for letter in word)
