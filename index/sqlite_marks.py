"""Which rows of the embedded index have which value: compressed bitmaps, one for each value and each CHUNK rows, or VOLUME rows once they are full.

Counting the values of a search is then an intersection of bitmaps, whatever the number of its results.
"""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from pyroaring import BitMap

from core.errors import ConfigError
from index.documents import milliseconds
from index.fields import COLUMNS, FACETS, MULTIVALUED

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from index.documents import Entry

CHUNK = 16_384  # rows of one bitmap while it is being filled: 2 KiB at most, which SQLite changes in place
VOLUME = 4 * CHUNK  # rows of one bitmap afterwards: fewer to read, and what one container of a compressed bitmap holds
Mark = tuple[str, str]  # field and value

# fields.py has no name with a space
ALL: Mark = ("all rows", "")
COMMON = "common word"  # its values are stems, see sqlite_words.py
MARKED = frozenset((*FACETS, *MULTIVALUED))  # fields whose values are marked; for all others only whether there is one
_SINGLE = tuple(name for name in FACETS if name not in MULTIVALUED)
_NAMES = (*(field.name for field in COLUMNS), *MULTIVALUED)
_DATES = {field.name: f"day {field.name}" for field in COLUMNS if field.type == "date"}
DAY = 86_400_000  # milliseconds
_DAY_ZERO = 1_000_000  # makes the number of any day one of seven digits, so that days sort as texts do
_PRESENT: dict[str, Mark] = {name: (f"has {name}", "") for name in _NAMES}


def marks_of(entry: Entry) -> set[Mark]:
    """All marks of an entry's row."""
    marks = {_PRESENT[name] for name in _NAMES if entry[name] is not None and entry[name] != []}
    marks.update((name, entry[name]) for name in _SINGLE if entry[name] is not None)
    marks.update((name, value) for name in MULTIVALUED for value in entry[name])
    marks.update((field, _day(milliseconds(entry[name]) // DAY)) for name, field in _DATES.items() if entry[name] is not None)
    marks.add(ALL)
    return marks


def rows_of(connection: sqlite3.Connection, field: str, values: Iterable[str]) -> BitMap:
    """The rows that have one of these values."""
    chosen = tuple(values)
    sql = f"SELECT rows FROM marks WHERE field = ? AND value IN ({', '.join('?' * len(chosen))})"  # noqa: S608 - values are parameters
    return BitMap.union(BitMap(), *(bitmap(found) for (found,) in connection.execute(sql, (field, *chosen))))


def present(connection: sqlite3.Connection, field: str) -> BitMap:
    """The rows that have a value of a field."""
    return rows_of(connection, _PRESENT[field][0], [""])


def all_rows(connection: sqlite3.Connection) -> BitMap:
    """Every row."""
    return rows_of(connection, ALL[0], [ALL[1]])


def by_chunk(connection: sqlite3.Connection, field: str, value: str) -> dict[int, BitMap]:
    """The rows that have a value, by chunk."""
    found = connection.execute("SELECT chunk, rows FROM marks WHERE field = ? AND value = ?", (field, value))
    return {chunk: bitmap(rows) for chunk, rows in found}


def counted(connection: sqlite3.Connection, field: str, among: BitMap) -> Iterator[tuple[str, int, int]]:
    """Every value of a field, how many rows have it, how many of these rows; the most frequent in all first, counted as it is asked for."""
    sql = """SELECT c.value, c.documents, m.rows FROM counts c CROSS JOIN marks m ON m.field = c.field AND m.value = c.value
             WHERE c.field = ? ORDER BY c.documents DESC, c.value"""
    for (value, documents), found in groupby(connection.execute(sql, (field,)), key=itemgetter(0, 1)):
        yield value, documents, sum(among.intersection_cardinality(bitmap(rows)) for _, _, rows in found)


def days(connection: sqlite3.Connection, field: str, first: int | None, last: int | None) -> BitMap:
    """The rows whose date is of a UTC day from ``first`` to ``last``, counted from 1970; None: as far as there are any."""
    sql = "SELECT rows FROM marks WHERE field = ? AND value BETWEEN ? AND ?"
    bounds = (_DATES[field], _day(first) if first is not None else "", _day(last) if last is not None else "~")
    return BitMap.union(BitMap(), *(bitmap(rows) for (rows,) in connection.execute(sql, bounds)))


def by_day(connection: sqlite3.Connection, field: str, among: BitMap) -> Iterator[tuple[int, int]]:
    """Every UTC day of a date field, counted from 1970, and how many of these rows are of it."""
    found = connection.execute("SELECT value, rows FROM marks WHERE field = ? ORDER BY value", (_DATES[field],))
    for value, same in groupby(found, key=itemgetter(0)):
        yield int(value) - _DAY_ZERO, sum(among.intersection_cardinality(bitmap(rows)) for _, rows in same)


def _day(number: int) -> str:
    return f"{number + _DAY_ZERO:07d}"


def most_frequent(connection: sqlite3.Connection, field: str) -> Iterator[tuple[str, int]]:
    """Every value of a field and how many rows have it, the most frequent first, then by value."""
    yield from connection.execute("SELECT value, documents FROM counts WHERE field = ? ORDER BY documents DESC, value", (field,))


def at_least(connection: sqlite3.Connection, field: str, documents: int, *, limit: int) -> int:
    """How many values of a field that many rows have; counted up to ``limit``."""
    sql = "SELECT count(*) FROM (SELECT 1 FROM counts WHERE field = ? AND documents >= ? LIMIT ?)"
    return int(connection.execute(sql, (field, documents, limit)).fetchone()[0])


def stored(rows: BitMap) -> bytes:
    """The bytes of a bitmap."""
    rows.run_optimize()  # a bitmap of nearly all rows takes some bytes instead of thousands
    return rows.serialize()


def bitmap(found: bytes) -> BitMap:
    """The bitmap of some bytes. Raises ConfigError for other bytes."""
    try:
        return BitMap.deserialize(found)
    except ValueError as error:
        raise ConfigError("the index's bitmaps are damaged: run vigie reindex, which builds it again from the archive") from error
