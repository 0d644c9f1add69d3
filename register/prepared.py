"""Statements for many rows, made ready once for each database: of what is written for every message, most is rows.

SQLAlchemy looks at each row anew: which columns, which defaults, how is each value written. Here that is settled by the
statement and the names of the first row, and a column is written at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, Column, Dialect, Insert, Table, Update
from sqlalchemy import insert as plain_insert
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from register.transactions import Connection

#: how a value is written; None: as it is
Written = Callable[[Any], Any] | None


@dataclass(frozen=True, kw_only=True)
class _Ready:
    """The words of a statement, and what stands in each of its places."""

    words: str
    #: the name in the row, or a value that is the same in each; how the value of a name is written
    places: tuple[tuple[str | None, Any, Written], ...]

    def filled(self, rows: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
        """The rows as the database takes them."""
        return list(zip(*(_column(rows, *place) for place in self.places), strict=True))


async def put(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds rows, all with the same names, to a table; at least one."""
    await change(conn, _inserting(table), rows)


async def change(conn: Connection, statement: Insert | Update, rows: Sequence[Mapping[str, Any]]) -> None:
    """Carries out one of the register's own statements, a constant, for each row; at least one."""
    ready = _ready(statement, tuple(rows[0]), conn.dialect)
    await conn.exec_driver_sql(ready.words, ready.filled(rows))


@lru_cache(maxsize=64)
def _inserting(table: Table) -> Insert:
    return plain_insert(table)


@lru_cache(maxsize=256)
def _ready(statement: Insert | Update, names: tuple[str, ...], dialect: Dialect) -> _Ready:
    compiled = statement.compile(dialect=dialect, column_keys=list(names), for_executemany=True)
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 - what a dialect makes of a statement
    defaults = {column.key: _default(column) for column in compiled.insert_prefetch}
    binds = [(name, compiled.binds[name]) for name in compiled.positiontup or ()]
    return _Ready(
        words=str(compiled), places=tuple(_place(name, bind, names, defaults, dialect) for name, bind in binds)
    )


def _default(column: Column[Any]) -> Any:
    assert isinstance(column.default, ScalarElementColumnDefault)  # noqa: S101 - the tables have no other kind
    return column.default.arg


def _place(
    name: str, bind: BindParameter[Any], names: tuple[str, ...], defaults: Mapping[str, Any], dialect: Dialect
) -> tuple[str | None, Any, Written]:
    written: Written = bind.type.dialect_impl(dialect).bind_processor(dialect)
    if name in names:
        return name, None, written
    value = defaults.get(name, bind.effective_value)
    return None, written(value) if written else value, None


def _column(rows: Sequence[Mapping[str, Any]], name: str | None, value: Any, written: Written) -> list[Any]:
    if name is None:
        return [value] * len(rows)
    return [written(row[name]) for row in rows] if written else [row[name] for row in rows]
