"""What is wrong in a procedure file, said so that a school secretary finds the line and knows what to write."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from procedures.values import Section

Path_ = tuple[str | int, ...]

_TABLE = re.compile(r"^\s*(\[\[?)\s*([\w.-]+)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*([\w-]+)\s*=")


def lines_of(file: Path, text: str, data: Mapping[str, Any], error: ValidationError) -> Iterator[str]:
    """A line for each fault: file, line where it can be found, key, what is wrong and what to write instead."""
    places = _places(text)
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        where = tuple(part for part in fault["loc"])
        number = _line(places, where)
        at = f"{file}:{number}" if number else str(file)
        yield f"{at}: {_named(data, where)}: {_advice(fault['type'], fault['msg'], where)}"


def _advice(kind: str, message: str, where: Path_) -> str:
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(where[-1]), sorted(_all_keys()), n=1)
        return f"there is no such key{f'; did you mean {near[0]!r}?' if near else '; take it out'}"
    if kind == "missing":
        return "is missing; write it"
    message = message.removeprefix("Value error, ")
    return f"{message[:1].lower()}{message[1:]}"


def _all_keys() -> set[str]:
    models = [Section]
    for model in models:
        models += model.__subclasses__()
    return {name for model in models for name in model.model_fields}


def _named(data: Any, where: Path_) -> str:
    """The key as a person says it: `stages "step_2", time_limits 1, unit`."""
    words: list[str] = []
    for part in where:
        data = _at(data, part)
        if not isinstance(part, int):
            words.append(str(part))
            continue
        name = data.get("id") or data.get("address") if isinstance(data, Mapping) else None
        words[-1:] = [f"{words[-1]} {name!r}" if name else f"{words[-1]} {part + 1}"]
    return ", ".join(words)


def _at(data: Any, part: str | int) -> Any:
    if isinstance(data, Mapping):
        return data.get(part)
    if isinstance(data, Sequence) and isinstance(part, int) and part < len(data):
        return data[part]
    return None


def _places(text: str) -> dict[Path_, int]:
    """The line of every table and key, by its path."""
    places: dict[Path_, int] = {}
    counts: dict[Path_, int] = {}
    table: Path_ = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _TABLE.match(line):
            table = _path(header[2].split("."), counts, is_list=header[1] == "[[")
            places.setdefault(table, number)
        elif key := _KEY.match(line):
            places.setdefault((*table, key[1]), number)
    return places


def _path(names: list[str], counts: dict[Path_, int], *, is_list: bool) -> Path_:
    path: Path_ = ()
    for depth, name in enumerate(names):
        path = (*path, name)
        last = depth == len(names) - 1
        if last and is_list:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _line(places: Mapping[Path_, int], where: Path_) -> int | None:
    for length in range(len(where), 0, -1):
        if where[:length] in places:
            return places[where[:length]]
    return None
