"""Bulgarian written in Latin letters (shlyokavitsa): recognised by its commonest words, turned into Cyrillic."""

from __future__ import annotations

import re
from pathlib import Path

_WORD = re.compile(r"[A-Za-z0-9`'’]+")
#: letters of other languages, which nobody uses who writes Bulgarian in Latin letters
_ACCENTED = re.compile(r"[\u00c0-\u024f]")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")

#: words that are common in Latin-letter Bulgarian and rare in the other languages that schools are written in
_COMMON = frozenset((Path(__file__).parent / "latin_bulgarian.txt").read_text("utf-8").split())

_SINGLE = str.maketrans(
    {
        "a": "а", "b": "б", "c": "ц", "d": "д", "e": "е", "f": "ф", "g": "г", "h": "х", "i": "и", "j": "ж", "k": "к",
        "l": "л", "m": "м", "n": "н", "o": "о", "p": "п", "q": "я", "r": "р", "s": "с", "t": "т", "u": "у", "v": "в",
        "w": "в", "x": "х", "y": "ъ", "z": "з", "`": "ь",
    }
)  # fmt: skip
_GROUPS = (
    ("sht", "щ"), ("6t", "щ"), ("dj", "дж"), ("sh", "ш"), ("6", "ш"), ("ch", "ч"), ("4", "ч"), ("zh", "ж"),
    ("ts", "ц"), ("yu", "ю"), ("iu", "ю"), ("ju", "ю"), ("ya", "я"), ("ia", "я"), ("yo", "йо"), ("ks", "кс"),
)  # fmt: skip
_Y_IS_SHORT_I = re.compile(r"(?<=[аеиоуъюя])ъ\b")
_I_IS_SHORT_I = re.compile(r"(?<=[аеоуъ])и(?=\b|[^аеиоуъюя\W])")


def is_latin_bulgarian(text: str) -> bool:
    """True where the text has Latin letters only and enough of the commonest words of Latin-letter Bulgarian."""
    beginning = text[:2000]
    if not beginning.isascii() and (len(_CYRILLIC.findall(beginning)) > 3 or len(_ACCENTED.findall(beginning)) > 2):
        return False
    words = [word.lower() for word in _WORD.findall(beginning)]
    hits = [word for word in words if word in _COMMON]
    return len(set(hits)) >= 2 and len(hits) >= max(2, 0.18 * len(words)) and _is_not_another(words)


def _is_not_another(words: list[str]) -> bool:
    """No language that shares short words with Bulgarian has more of its own in the text."""
    others = {"og", "det", "jeg", "ikke", "att", "och", "inte", "the", "and", "nie", "jest", "ei", "ja", "que", "los"}
    foreign = sum(word in others for word in words)
    return foreign <= 0.08 * len(words) + 0.5


def from_latin(text: str) -> str:
    """The text in Cyrillic letters; numbers, addresses and times stay as they are."""
    return _WORD.sub(lambda match: _word(match.group()), text)


def original_span(text: str, start: int, end: int) -> tuple[int, int]:
    """Where words that stand at `start:end` of `from_latin(text)` stand in `text`."""
    shift, first, last = 0, len(text), 0
    for match in _WORD.finditer(text):
        begins = match.start() + shift
        shift += len(_word(match.group())) - len(match.group())
        if begins < end and match.end() + shift > start:
            first, last = min(first, match.start()), max(last, match.end())
    return (first, last) if last else (start, end)


def _word(word: str) -> str:
    if not any(char.isalpha() for char in word) or re.fullmatch(r"\d+\w{0,2}", word):
        return word
    lower = word.lower()
    for latin, letter in _GROUPS:
        lower = lower.replace(latin, letter)
    lower = lower.translate(_SINGLE)
    lower = _I_IS_SHORT_I.sub("й", _Y_IS_SHORT_I.sub("й", lower))
    return lower.capitalize() if word[0].isupper() else lower


_BACK = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "zh", "з": "z", "и": "i", "й": "y", "к": "k",
        "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "h",
        "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sht", "ъ": "a", "ь": "y", "ю": "yu", "я": "ya", "ы": "y", "э": "e",
        "ё": "e", "і": "i", "ї": "yi", "є": "ye",
    }
)  # fmt: skip


def to_latin(text: str) -> str:
    """Lower-case Cyrillic in Latin letters (the Bulgarian transliteration act); other letters stay."""
    return text.translate(_BACK)
