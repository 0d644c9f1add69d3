"""What people type, made fit for a file: one clean line, an id of plain letters, TOML strings."""

from __future__ import annotations

import json
import re
import unicodedata

#: letters that Unicode does not take apart into a plain one and a mark; Bulgarian by its law on transliteration
_LETTERS = str.maketrans(
    dict(zip("абвгдезийклмнопрстуфхъьыэіґ", "abvgdeziyklmnoprstufhayyeig", strict=True))
    | {"ж": "zh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sht", "ю": "yu", "я": "ya", "ё": "yo", "ї": "yi", "є": "ye"}
    | {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ß": "ss", "ı": "i"}
)
#: an id is also a file name and part of every log line
_LONGEST_ID = 40
_NOT_PLAIN = re.compile(r"[^a-z0-9]+")
#: control characters and separators of lines, which no name holds
_UNSEEN = ("Cc", "Zl", "Zp")


def one_line(text: str) -> str:
    """The text as one clean line. Raises ValueError where it holds bytes that are no UTF-8."""
    if any(unicodedata.category(sign) == "Cs" for sign in text):
        raise ValueError("is not readable as text; write it in UTF-8")
    return " ".join("".join(" " if unicodedata.category(sign) in _UNSEEN else sign for sign in text).split())


def identifier(name: str) -> str:
    """An id from a name, as organisations have one: `Åkerskolan i Vik` gives `akerskolan_i_vik`."""
    letters = unicodedata.normalize("NFC", name).lower().translate(_LETTERS)
    plain = unicodedata.normalize("NFKD", letters).encode("ascii", "ignore").decode()
    made = _NOT_PLAIN.sub("_", plain).strip("_")
    if not made[:1].isalpha():
        made = f"school_{made}".strip("_")
    return made[:_LONGEST_ID].strip("_")


def prefix(school_id: str) -> str:
    """What case numbers begin with: the first letters of an id, as capitals."""
    return re.sub(r"[^a-z]", "", school_id)[:3].upper()


def quoted(value: str | list[str]) -> str:
    """A TOML string, or a list of them; whatever stands in it, it stays a string."""
    # JSON escapes quotes, backslashes and control characters as TOML does; only DEL is left to us.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
