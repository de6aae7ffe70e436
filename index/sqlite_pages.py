"""Rows of the embedded index in the order of a query.

An order is read from its index and rows that the query does not choose are passed over: the few rows of a page come at once where many are
chosen. Where few are chosen, those are read and sorted.
"""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any

from index.fields import SORTS
from index.sqlite_match import FEW, as_list, listed
from index.sqlite_words import analysed, ranked

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from pyroaring import BitMap

    from index.documents import Entry
    from index.queries import Cursor, Query
    from index.sqlite_match import Rows

Row = tuple[int, Any, str]  # number, what it is sorted by, id
ENTRIES = 200  # entries of a scan that are held at once


def first_rows(connection: sqlite3.Connection, query: Query, rows: Rows, *, size: int) -> list[Row]:
    """The first ``size`` of these rows after the query's cursor."""
    chosen = rows.chosen
    if not chosen:
        return []
    if query.sort == "relevance":
        return list(islice((row for row in _ordered(connection, query) if row[0] in chosen), size))
    passed = size * rows.total // len(chosen)  # rows to pass over until the page is full, where the order has nothing to do with the choice
    found = _walked(connection, query, chosen, size, at_most=max(FEW, len(chosen))) if passed <= len(chosen) else None
    return _sorted(connection, query, chosen, size) if found is None else found


def every_row(connection: sqlite3.Connection, query: Query, rows: BitMap) -> Iterator[Row]:
    """All of these rows in order, read as they are asked for."""
    if len(rows) <= FEW and query.sort != "relevance":
        yield from _sorted(connection, query, rows, len(rows))
    else:
        yield from (row for row in _ordered(connection, query) if row[0] in rows)


def _walked(connection: sqlite3.Connection, query: Query, rows: BitMap, size: int, *, at_most: int) -> list[Row] | None:
    """The first rows in the order of the index; None where too many others stand before them."""
    found: list[Row] = []
    for steps, row in enumerate(_ordered(connection, query)):
        if row[0] in rows:
            found.append(row)
            if len(found) == size:
                break
        elif steps > at_most:
            return None
    return found


def _sorted(connection: sqlite3.Connection, query: Query, rows: BitMap, size: int) -> list[Row]:
    key = f"d.{SORTS[query.sort]}"
    where, parameters = _after(key, query.after)
    sql = f"SELECT d.row, {key}, d.id FROM {listed('documents d')} WHERE {where} ORDER BY {key} DESC, d.id LIMIT ?"  # noqa: S608 - names come from fields.py
    return connection.execute(sql, (as_list(rows), *parameters, size)).fetchall()


def _after(key: str, after: Cursor | None) -> tuple[str, tuple[Any, ...]]:
    if after is None:
        return "TRUE", ()
    value, last = after
    if value is None:
        return f"{key} IS NULL AND d.id > ?", (last,)
    return f"({key} < ? OR ({key} = ? AND d.id > ?) OR {key} IS NULL)", (value, value, last)


def _ordered(connection: sqlite3.Connection, query: Query) -> Iterator[Row]:
    """Every row of the index after the query's cursor, in order; by relevance those that hold its words."""
    for sql, parameters in _relevant(query) if query.sort == "relevance" else in_order(SORTS[query.sort], query.after):
        yield from connection.execute(sql, parameters)


def in_order(key: str, after: Cursor | None) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Statements that read an order one after the other; parted, each starts where it must in the index."""
    select = f"SELECT row, {key}, id FROM documents"  # noqa: S608 - names come from fields.py
    if after is None:
        yield f"{select} ORDER BY {key} DESC, id", ()
        return
    value, last = after
    if value is None:
        yield f"{select} WHERE {key} IS NULL AND id > ? ORDER BY id", (last,)
        return
    yield f"{select} WHERE {key} = ? AND id > ? ORDER BY id", (value, last)
    yield f"{select} WHERE {key} < ? ORDER BY {key} DESC, id", (value,)
    yield f"{select} WHERE {key} IS NULL ORDER BY id", ()


def _relevant(query: Query) -> Iterator[tuple[str, tuple[Any, ...]]]:
    words = analysed(query.words)
    if words is None:  # all are equally relevant
        yield "SELECT row, 0.0, id FROM documents WHERE id > ? ORDER BY id", (query.after[1] if query.after else "",)
    elif words.stems or words.phrases:
        sql, expression = ranked(words)
        after = (query.after[0], *query.after) if query.after else ()
        where = "key < ? OR (key = ? AND id > ?)" if after else "TRUE"
        yield f"SELECT row, key, id FROM ({sql}) WHERE {where} ORDER BY key DESC, id", (expression, *after)  # noqa: S608


def entries_of(connection: sqlite3.Connection, numbers: list[int]) -> list[Entry]:
    """The entries of these rows, in their order."""
    found = dict(connection.execute(f"SELECT e.row, e.entry FROM {listed('entries e')}", (json.dumps(numbers),)))  # noqa: S608 - a constant
    return [json.loads(found[number]) for number in numbers]
