"""What a value must look like to be taken for that of a field."""

from __future__ import annotations

import re
from collections.abc import Callable

#: what stands in a field that nobody has filled in: lines, dots, what Word says by itself, what our own forms say
_PLACEHOLDER = re.compile(
    r"[\s._…\-–—/()\[\]]*|\(?(?:podpis|подпис|underskrift|signature|namnteckning)\)?|"
    r"(?:skriv (?:här|her)|пишете тук|write here|click or tap here|klicka eller tryck här|klikk eller trykk her|"
    r"щракнете или докоснете тук|choose an item|välj ett objekt|velg et element|изберете елемент)\b.{0,40}",
    re.I,
)
_MONTH = r"[^\W\d_]{3,10}"
DATE = re.compile(
    rf"\d{{4}}-\d\d-\d\d|\d{{1,2}}\s?[./-]\s?(?:\d{{1,2}}|[ivxIVX]{{1,4}})\s?[./-]\s?\d{{2,4}}|"
    rf"\d{{1,2}}\.?(?:st|nd|rd|th)?\s+{_MONTH},?\s+\d{{4}}|{_MONTH}\s+\d{{1,2}},?\s+\d{{4}}"
)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
WORD = r"[^\W\d_a-zа-яёіїєåäöæøéèüñç][^\W\d_]{1,24}(?:-[^\W\d_]{2,25})?"
_THREE = re.compile(rf"({WORD})\s+({WORD})\s+({WORD})")
NO_NAME = re.compile(
    r"(?i)\b(?:med|vänlig\w*|hälsning\w*|hilsen|helsing|mvh|vennlig|beste|regards|kind|best|sincerely|yours|dear|thank\w*|tack|takk|"
    r"skola\w*|förskola\w*|skole\w*|school|kommun\w*|kommune|ab|as|ltd|school|kindergarten|уважение|поздрав\w*|благодар\w*|"
    r"училище|градина|директор\w*|родител\w*|майка|баща|госпож\w*|господин\w*|свети|rektor\w*|lärare|lærer|klass\w*|клас\w*|"
    r"hej|hei|hello|здравейте|уважаем\w*|from|sent|skickat|sendt|изпратено|my|min|the|и|och|og|and)\b"
)


def keep(found: dict[str, str], key: str, value: str) -> None:
    """Adds a value to the fields, unless it cannot be one, nobody filled it in, or the field has one."""
    value = " ".join(value.split()).strip(" *_")
    if not key or key in found or is_empty(value):
        return
    if _CHECKS[key](value):
        found["name" if key == "full_name" else key] = value
        if key == "full_name":
            found |= names_in(value)


def is_empty(value: str) -> bool:
    """Whether nobody has written anything: blanks, lines, or the hint that the form itself shows."""
    return _PLACEHOLDER.fullmatch(value.strip()) is not None


def completed(found: dict[str, str]) -> dict[str, str]:
    """The fields with those that follow from others: the date of a place and date, three names of a name."""
    if "place_date" in found and (dated := DATE.search(found["place_date"])):
        found.setdefault("date", dated[0])
    if "name" in found and "full_name" not in found:
        found |= names_in(found["name"])
    return found


def names_in(name: str) -> dict[str, str]:
    """`full_name` where a name is exactly three capitalised words, as a Bulgarian complaint needs it (C7)."""
    name = " ".join(name.split()).strip(" ,.\"'„“")
    return {"full_name": name} if _THREE.fullmatch(name) and not NO_NAME.search(name) else {}


def _short(limit: int) -> Callable[[str], bool]:
    return lambda value: len(value) <= limit and any(char.isalpha() for char in value)


def _is_phone(value: str) -> bool:
    return 6 <= sum(char.isdigit() for char in value) <= 25 and len(value) <= 80


_CHECKS: dict[str, Callable[[str], bool]] = {
    "name": lambda value: _short(80)(value) and not any(char.isdigit() for char in value) and "@" not in value,
    "full_name": lambda value: _short(100)(value) and not any(char.isdigit() for char in value),
    "address": _short(200),
    "postcode": lambda value: len(value) <= 80 and any(char.isdigit() for char in value),
    "phone": _is_phone,
    "mail": lambda value: len(value) <= 120 and _MAIL.search(value) is not None,
    "unit": _short(100),
    "description": lambda value: bool(value),
    "place_date": lambda value: len(value) <= 80 and any(char.isdigit() for char in value),
    "date": lambda value: len(value) <= 40 and DATE.search(value) is not None,
    "signature": _short(80),
    "answer_by": _short(120),
}
