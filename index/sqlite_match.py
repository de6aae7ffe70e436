"""Which rows of the embedded index a query chooses."""

from __future__ import annotations

import json
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from pyroaring import BitMap

from index.fields import BY_NAME
from index.queries import bounds_of
from index.sqlite_marks import DAY, MARKED, all_rows, days, present, rows_of
from index.sqlite_words import analysed, rows_with

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from index.queries import Query, Range

FEW = 10_000  # rows that are read one by one sooner than a whole index


class Rows(NamedTuple):
    """The rows that a query chooses, and how many there are in all."""

    chosen: BitMap
    total: int

    @property
    def whole(self) -> bool:
        """Whether every row is chosen."""
        return len(self.chosen) == self.total


class _Condition(NamedTuple):
    sql: str
    parameters: tuple[Any, ...]


def matching(connection: sqlite3.Connection, query: Query) -> Rows:
    """The rows of a query."""
    every = all_rows(connection)
    rows = _marked(connection, query, every)
    conditions = list(_conditions(query))
    for bounds in query.ranges:
        if BY_NAME[bounds.field].type == "date":
            rows = _dated(connection, bounds, rows)
        else:
            conditions += _within(bounds)
    if conditions and rows:
        rows = rows & _selected(connection, conditions, rows)
    words = analysed(query.words)
    if words and rows:
        rows = rows & rows_with(connection, words, last=every.max())
    return Rows(rows, len(every))


def _marked(connection: sqlite3.Connection, query: Query, every: BitMap) -> BitMap:
    rows = every
    for name, values in query.terms.items():
        if name in MARKED:
            rows = rows & rows_of(connection, name, values)
    for name in query.present:
        rows = rows & present(connection, name)
    for name, values in query.without.items():
        if name in MARKED:
            rows = rows - rows_of(connection, name, values)
    for name in query.absent:
        rows = rows - present(connection, name)
    return rows


def _selected(connection: sqlite3.Connection, conditions: list[_Condition], rows: BitMap) -> BitMap:
    """The rows that fulfil conditions on columns. A search in its index, where there is one, or a look at each of few rows."""
    where = " AND ".join(condition.sql for condition in conditions)
    parameters = [value for condition in conditions for value in condition.parameters]
    sql = f"SELECT d.row FROM documents d WHERE {where}"  # noqa: S608 - names come from fields.py, values are parameters
    if len(rows) <= FEW:
        sql = f"SELECT d.row FROM {listed('documents d')} WHERE {where}"  # noqa: S608
        parameters.insert(0, as_list(rows))
    return BitMap(chain.from_iterable(connection.execute(sql, parameters)))


def listed(table: str) -> str:
    """FROM of a table's rows whose numbers are given as a parameter, see ``as_list``; CROSS keeps SQLite from reading all others too."""
    return f"json_each(?) chosen CROSS JOIN {table} ON {table.rpartition(' ')[2]}.row = chosen.value"


def as_list(rows: BitMap) -> str:
    """The parameter of ``listed``."""
    return json.dumps(list(rows))


def _conditions(query: Query) -> Iterator[_Condition]:
    """Conditions on what is not marked."""
    for name, values in query.terms.items():
        if name not in MARKED:
            yield _one_of(name, values)
    for name, values in query.without.items():
        if name not in MARKED:
            sql, parameters = _one_of(name, values)
            yield _Condition(f"({sql}) IS NOT TRUE", parameters)  # a missing value is none of them


def _within(bounds: Range) -> list[_Condition]:
    operators = {"gte": ">=", "lte": "<="}
    return [_Condition(f"d.{bounds.field} {operators[side]} ?", (number,)) for side, number in bounds_of(bounds).items()]


def _dated(connection: sqlite3.Connection, bounds: Range, rows: BitMap) -> BitMap:
    """Those of the rows whose date lies within bounds: of whole days by their bitmaps, of the first and the last day by a look at each."""
    first, last = (None if number is None else int(number // DAY) for number in map(bounds_of(bounds).get, ("gte", "lte")))
    inside = days(connection, bounds.field, None if first is None else first + 1, None if last is None else last - 1)
    edges = BitMap.union(*(days(connection, bounds.field, day, day) for day in (first, last) if day is not None)) & rows
    return (inside & rows) | (_selected(connection, _within(bounds), edges) & edges)


def _one_of(name: str, values: tuple[str, ...]) -> _Condition:
    return _Condition(f"d.{name} IN ({', '.join('?' * len(values))})", values)
