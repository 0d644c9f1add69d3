"""Labelled fields that a person typed into a message: name, address, phone, unit, date, signature."""

from __future__ import annotations

import re

_LABELS = {
    "name": r"Namn|Name|Navn|Име",
    "full_name": r"Три имена|Трите имена",
    "address": r"Gatuadress|Address|Adress|Adresse|Адрес",
    "postcode": r"Postnummer och ort|Postnummer",
    "phone": r"Telefonnummer|Telefon|Phone|Телефон",
    "mail": r"e-postadress|E-post|E-mail|Имейл",
    "unit": r"Enhet som klagomålet berör|Enhet",
    "place_date": r"Ort och datum",
    "date": r"Datum|Date|Dato|Дата",
    "signature": r"Namnteckning|Signature|Underskrift|Подпис",
    "answer_by": r"Начин на отговор|Answer by",
}
_LINE = {key: re.compile(rf"^\s*(?:{labels})\s*:\s*(\S.*?)\s*$", re.I | re.M) for key, labels in _LABELS.items()}


def fields(text: str) -> dict[str, str]:
    """The labelled fields found in `text`; a key is absent where nothing certain stands there."""
    found = {key: pattern.search(text) for key, pattern in _LINE.items()}
    return {key: match.group(1) for key, match in found.items() if match}


def names_in(name: str) -> dict[str, str]:
    """Full name."""
    return {}
