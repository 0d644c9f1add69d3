"""The three kinds of column that make SQLite and PostgreSQL behave alike: moments, words and JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, RowMapping, Text
from sqlalchemy.types import TypeDecorator

#: a row as it is read or as it will be written
Row = Mapping[str, Any] | RowMapping


#: made once: `json.dumps` makes one for each value
_ENCODER = json.JSONEncoder(separators=(",", ":"))


def storable(value: str) -> str:
    """A text that every database takes: lone surrogates and NUL become escapes, all else stays."""
    if not value.isascii():
        value = value.encode("utf-8", "backslashreplace").decode("utf-8")
    return value.replace("\0", "\\x00") if "\0" in value else value


class Moment(TypeDecorator[datetime]):
    """An aware moment, kept in UTC: SQLite stores it as text of one width, which sorts as time does."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """In UTC; raises ValueError for a moment without time zone."""
        return None if value is None else _utc(value)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """For SQLite the text at once: SQLAlchemy would take two steps more."""
        return _moment_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return value.astimezone(UTC)


def _moment_text(value: datetime | None) -> str | None:
    return None if value is None else _utc(value).replace(tzinfo=None).isoformat(" ", "microseconds")


class Words(TypeDecorator[str]):
    """Text that a stranger may have written: kept as `storable` has it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """As `storable` makes it."""
        return _words(value)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        """One step: below it every database takes a text as it is."""
        return _words


def _words(value: str | None) -> str | None:
    return None if value is None else storable(value)


class Json(TypeDecorator[Any]):
    """A JSON value as ASCII text, so that any string survives and both databases give back the same."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """As JSON in ASCII."""
        return _json(value)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        """One step, as for `Words`."""
        return _json

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """The value again; tuples have become lists."""
        return None if value is None else json.loads(value)


def _json(value: Any) -> str | None:
    return None if value is None else _ENCODER.encode(value)
