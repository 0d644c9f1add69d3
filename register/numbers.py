"""Reference numbers as people write them: from a format of the procedure and a counter, and back to a search key."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache

from register.errors import BadSettings

#: what a number format may name
FIELDS = ("year", "month", "day", "number", "unit")
#: these must stand in every format, or two cases would get the same number
NEEDED = ("year", "number")

_SPEC = re.compile(r"0?\d{0,2}d?")


class _Format(string.Formatter):
    """A formatter that knows the five fields and nothing behind them: no attribute, no index, no conversion."""

    def get_field(self, field_name: str, args: Sequence[object], kwargs: Mapping[str, object]) -> tuple[object, str]:
        return kwargs[field_name], field_name


@lru_cache(maxsize=256)
def check(number_format: str) -> None:
    """Raises BadSettings, saying what to write instead, where a number format cannot give unique numbers."""
    try:
        parts = list(string.Formatter().parse(number_format))
    except ValueError:
        raise BadSettings(
            f"number format {number_format!r}: a brace is not closed; write {{year}}/{{number:04}}"
        ) from None
    fields = [name for _, name, _, _ in parts if name is not None]
    for _, name, spec, conversion in parts:
        if name is not None and (name not in FIELDS or conversion or not _SPEC.fullmatch(spec or "")):
            raise BadSettings(
                f"number format {number_format!r}: {{{name}}} is unknown; use {', '.join(FIELDS)}, e.g. {{number:04}}"
            )
        if name == "unit" and spec:
            raise BadSettings(f"number format {number_format!r}: {{unit}} takes no width")
    for name in NEEDED:
        if name not in fields:
            raise BadSettings(f"number format {number_format!r}: {{{name}}} is missing, numbers would not be unique")


def reference(number_format: str, *, on: date, number: int, unit: str | None = None) -> str:
    """The case number, e.g. `ALX 2026/0007`; raises BadSettings where the format is wrong."""
    check(number_format)
    return _Format().format(number_format, year=on.year, month=on.month, day=on.day, number=number, unit=unit or "")


def search_key(written: str) -> str:
    """A reference as it is looked up: width, case and blanks do not count, so that `alx 2026/0007` finds its case."""
    return "".join(unicodedata.normalize("NFKC", written).casefold().split())
