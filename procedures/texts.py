"""Every text of a procedure with the place where it stands, for whoever walks over all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from procedures.model import Procedure
from procedures.values import Section


def texts_of(procedure: Procedure) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Place and text by language: a mapping of languages to a sentence or to lines; empty ones are left out."""
    for table in type(procedure).model_fields:
        yield from _in(getattr(procedure, table), table)


def _in(value: Any, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(value, Section):
        for key in type(value).model_fields:
            yield from _in(getattr(value, key), f"{where}, {key}")
    elif isinstance(value, tuple):
        for place, one in enumerate(value, 1):
            yield from _in(one, f"{where} {getattr(one, 'id', None) or place!r}")
    elif isinstance(value, Mapping) and value and all(_is_text(key, one) for key, one in value.items()):
        yield where, value


def _is_text(language: str, value: Any) -> bool:
    return len(language) <= 3 and isinstance(value, str | tuple)
