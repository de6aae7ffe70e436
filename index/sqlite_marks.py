"""Which rows of the embedded index have which value: compressed bitmaps, one for each value and each CHUNK rows.

Counting the values of a search is then an intersection of bitmaps, whatever the number of its results. The writer keeps them exact: every
row that comes or goes is added to or taken from the bitmaps of its chunk, so that a write costs the same in an index of any size.
"""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from pyroaring import BitMap

from core.errors import ConfigError
from index.fields import COLUMNS, FACETS, MULTIVALUED

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from index.documents import Entry

CHUNK = 16_384  # rows of one bitmap: 2 KiB at most, which SQLite changes in place
Mark = tuple[str, str]  # field and value

# fields.py has no name with a space
ALL: Mark = ("all rows", "")
COMMON = "common word"  # its values are stems, see sqlite_words.py
MARKED = frozenset((*FACETS, *MULTIVALUED))  # fields whose values are marked; for all others only whether there is one
_SINGLE = tuple(name for name in FACETS if name not in MULTIVALUED)
_NAMES = (*(field.name for field in COLUMNS), *MULTIVALUED)
_PRESENT: dict[str, Mark] = {name: (f"has {name}", "") for name in _NAMES}
_FIND = "SELECT number, rows FROM marks WHERE field = ? AND value = ? AND chunk = ?"
_ADD = "INSERT INTO marks (field, value, chunk, rows) VALUES (?, ?, ?, ?)"
_COUNT = "INSERT INTO counts (field, value, documents) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET documents = documents + excluded.documents"


def marks_of(entry: Entry) -> set[Mark]:
    """All marks of an entry's row."""
    marks = {_PRESENT[name] for name in _NAMES if entry[name] is not None and entry[name] != []}
    marks.update((name, entry[name]) for name in _SINGLE if entry[name] is not None)
    marks.update((name, value) for name in MULTIVALUED for value in entry[name])
    marks.add(ALL)
    return marks


class _Kept(NamedTuple):
    """A bitmap and its number in the table; None: it is not there yet."""

    number: int | None
    rows: BitMap


class MarkWriter:
    """Keeps the bitmaps and the counts exact while rows come and go: ``add`` and ``remove``, then ``flush`` before the transaction ends.

    Those of the chunk that is being filled are held from one transaction to the next, so that only one writer may be at work and none of its
    transactions may be taken back.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._changes: dict[int, dict[Mark, tuple[list[int], list[int]]]] = {}
        self._held_chunk = -1
        self._held: dict[Mark, _Kept] = {}

    def add(self, row: int, marks: Iterable[Mark]) -> None:
        """The row has these marks from now on."""
        self._note(row, marks, 0)

    def remove(self, row: int, marks: Iterable[Mark]) -> None:
        """The row has these marks no more."""
        self._note(row, marks, 1)

    def _note(self, row: int, marks: Iterable[Mark], side: int) -> None:
        changed = self._changes.setdefault(row // CHUNK, {})
        for mark in marks:
            found = changed.get(mark)
            if found is None:
                found = changed[mark] = ([], [])
            found[side].append(row)

    def flush(self) -> None:
        """Write what changed."""
        counts: dict[Mark, int] = {}
        for chunk, changed in sorted(self._changes.items()):
            if chunk > self._held_chunk:
                self._held_chunk, self._held = chunk, {}
            self._write_chunk(chunk, changed)
            for mark, (added, removed) in changed.items():
                if mark[0] in FACETS:
                    counts[mark] = counts.get(mark, 0) + len(added) - len(removed)
        self._connection.executemany(_COUNT, [(*mark, count) for mark, count in counts.items() if count])
        fewer = [mark for mark, count in counts.items() if count < 0]
        self._connection.executemany("DELETE FROM counts WHERE field = ? AND value = ? AND documents = 0", fewer)
        self._changes = {}

    def _write_chunk(self, chunk: int, changed: dict[Mark, tuple[list[int], list[int]]]) -> None:
        new, old, gone = list[tuple[str, str, int, bytes]](), list[tuple[bytes, int]](), list[tuple[int]]()
        for mark, (added, removed) in sorted(changed.items()):  # in the order of the table's index
            kept = self._kept(mark, chunk)
            kept.rows.update(added)
            kept.rows.difference_update(BitMap(removed))
            kept.rows.run_optimize()  # a bitmap of nearly all rows takes some bytes
            if kept.number is None and kept.rows:
                new.append((*mark, chunk, kept.rows.serialize()))
            elif kept.number is not None and kept.rows:
                old.append((kept.rows.serialize(), kept.number))
            elif kept.number is not None:  # a value that nothing has leaves no trace
                gone.append((kept.number,))
                self._held.pop(mark, None)
        self._connection.executemany("UPDATE marks SET rows = ? WHERE number = ?", old)
        self._connection.executemany("DELETE FROM marks WHERE number = ?", gone)
        self._connection.executemany(_ADD, new)

    def _kept(self, mark: Mark, chunk: int) -> _Kept:
        if chunk == self._held_chunk and mark in self._held:
            return self._held[mark]
        found = self._connection.execute(_FIND, (*mark, chunk)).fetchone()
        kept = _Kept(found[0], _bitmap(found[1])) if found else _Kept(None, BitMap())
        if chunk == self._held_chunk and found:
            self._held[mark] = kept
        return kept


def put(connection: sqlite3.Connection, mark: Mark, chunk: int, rows: BitMap) -> None:
    """Keep the bitmap of a mark that has none yet in a chunk."""
    connection.execute(_ADD, (*mark, chunk, rows.serialize()))


def rows_of(connection: sqlite3.Connection, field: str, values: Iterable[str]) -> BitMap:
    """The rows that have one of these values."""
    chosen = tuple(values)
    sql = f"SELECT rows FROM marks WHERE field = ? AND value IN ({', '.join('?' * len(chosen))})"  # noqa: S608 - values are parameters
    return BitMap.union(BitMap(), *(_bitmap(found) for (found,) in connection.execute(sql, (field, *chosen))))


def present(connection: sqlite3.Connection, field: str) -> BitMap:
    """The rows that have a value of a field."""
    return rows_of(connection, _PRESENT[field][0], [""])


def all_rows(connection: sqlite3.Connection) -> BitMap:
    """Every row."""
    return rows_of(connection, ALL[0], [ALL[1]])


def by_chunk(connection: sqlite3.Connection, field: str, value: str) -> dict[int, BitMap]:
    """The rows that have a value, by chunk."""
    found = connection.execute("SELECT chunk, rows FROM marks WHERE field = ? AND value = ?", (field, value))
    return {chunk: _bitmap(rows) for chunk, rows in found}


def counted(connection: sqlite3.Connection, field: str, among: BitMap) -> Iterator[tuple[str, int, int]]:
    """Every value of a field, how many rows have it, how many of these rows; the most frequent in all first, counted as it is asked for."""
    sql = """SELECT c.value, c.documents, m.rows FROM counts c CROSS JOIN marks m ON m.field = c.field AND m.value = c.value
             WHERE c.field = ? ORDER BY c.documents DESC, c.value"""
    for (value, documents), found in groupby(connection.execute(sql, (field,)), key=itemgetter(0, 1)):
        yield value, documents, sum(among.intersection_cardinality(_bitmap(rows)) for _, _, rows in found)


def most_frequent(connection: sqlite3.Connection, field: str) -> Iterator[tuple[str, int]]:
    """Every value of a field and how many rows have it, the most frequent first, then by value."""
    yield from connection.execute("SELECT value, documents FROM counts WHERE field = ? ORDER BY documents DESC, value", (field,))


def at_least(connection: sqlite3.Connection, field: str, documents: int, *, limit: int) -> int:
    """How many values of a field that many rows have; counted up to ``limit``."""
    sql = "SELECT count(*) FROM (SELECT 1 FROM counts WHERE field = ? AND documents >= ? LIMIT ?)"
    return int(connection.execute(sql, (field, documents, limit)).fetchone()[0])


def _bitmap(stored: bytes) -> BitMap:
    try:
        return BitMap.deserialize(stored)
    except ValueError as error:
        raise ConfigError("the index's bitmaps are damaged: run vigie reindex, which builds it again from the archive") from error
