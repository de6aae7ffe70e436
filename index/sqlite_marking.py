"""Keeps the bitmaps of sqlite_marks.py exact while rows come and go, at the same cost in an index of any size."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from pyroaring import BitMap

from index.fields import FACETS
from index.sqlite_marks import ALL, CHUNK, COMMON, VOLUME, bitmap, stored

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from index.sqlite_marks import Mark

_FIND = "SELECT number, rows FROM marks WHERE field = ? AND value = ? AND chunk = ?"
_ADD = "INSERT INTO marks (field, value, chunk, rows) VALUES (?, ?, ?, ?)"
_COUNT = "INSERT INTO counts (field, value, documents) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET documents = documents + excluded.documents"


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
        self._held_chunk: int | None = None
        self._held: dict[Mark, _Kept] = {}
        (first,) = connection.execute("SELECT min(chunk) FROM marks WHERE field = ? AND value = ?", ALL).fetchone()
        self._volumes = max(0, -(first or 0))  # a volume has the number of a chunk below zero: -1, -2 and so on

    def add(self, row: int, marks: Iterable[Mark]) -> None:
        """The row has these marks from now on."""
        self._note(row, marks, 0)

    def remove(self, row: int, marks: Iterable[Mark]) -> None:
        """The row has these marks no more."""
        self._note(row, marks, 1)

    def _note(self, row: int, marks: Iterable[Mark], side: int) -> None:
        volume = row // VOLUME
        changed = self._changes.setdefault(row // CHUNK if volume >= self._volumes else -1 - volume, {})
        for mark in marks:
            found = changed.get(mark)
            if found is None:
                found = changed[mark] = ([], [])
            found[side].append(row)

    def flush(self) -> None:
        """Write what changed."""
        counts: dict[Mark, int] = {}
        for chunk, changed in sorted(self._changes.items()):
            if chunk >= 0 and (self._held_chunk is None or chunk > self._held_chunk):
                self._held_chunk, self._held = chunk, {}
            self._write_chunk(chunk, changed)
            for mark, (added, removed) in changed.items():
                if mark[0] in FACETS:
                    counts[mark] = counts.get(mark, 0) + len(added) - len(removed)
        self._connection.executemany(_COUNT, [(*mark, count) for mark, count in counts.items() if count])
        fewer = [mark for mark, count in counts.items() if count < 0]
        self._connection.executemany("DELETE FROM counts WHERE field = ? AND value = ? AND documents = 0", fewer)
        self._changes = {}
        while self._held_chunk is not None and self._held_chunk * CHUNK >= (self._volumes + 1) * VOLUME:
            self._join(self._volumes)
            self._volumes += 1

    def _join(self, volume: int) -> None:
        """Make one bitmap of those of a full volume's chunks, for every mark."""
        chunks = (volume * VOLUME // CHUNK, (volume + 1) * VOLUME // CHUNK - 1)
        fields = self._connection.execute("SELECT DISTINCT field FROM marks WHERE field <> ?", (COMMON,)).fetchall()
        for (field,) in fields:  # one after the other, to hold few at once
            sql = "SELECT value, rows FROM marks WHERE field = ? AND chunk BETWEEN ? AND ? ORDER BY value"
            found = groupby(self._connection.execute(sql, (field, *chunks)), key=itemgetter(0))
            joined = [(field, value, -1 - volume, stored(BitMap.union(*(bitmap(rows) for _, rows in same)))) for value, same in found]
            self._connection.execute("DELETE FROM marks WHERE field = ? AND chunk BETWEEN ? AND ?", (field, *chunks))
            self._connection.executemany(_ADD, joined)

    def _write_chunk(self, chunk: int, changed: dict[Mark, tuple[list[int], list[int]]]) -> None:
        new, old, gone = list[tuple[str, str, int, bytes]](), list[tuple[bytes, int]](), list[tuple[int]]()
        for mark, (added, removed) in sorted(changed.items()):  # in the order of the table's index
            kept = self._kept(mark, chunk)
            kept.rows.update(added)
            kept.rows.difference_update(BitMap(removed))
            if kept.number is None and kept.rows:
                new.append((*mark, chunk, stored(kept.rows)))
            elif kept.number is not None and kept.rows:
                old.append((stored(kept.rows), kept.number))
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
        kept = _Kept(found[0], bitmap(found[1])) if found else _Kept(None, BitMap())
        if chunk == self._held_chunk and found:
            self._held[mark] = kept
        return kept


def put(connection: sqlite3.Connection, mark: Mark, chunk: int, rows: BitMap) -> None:
    """Keep the bitmap of a mark that has none yet in a chunk."""
    connection.execute(_ADD, (*mark, chunk, stored(rows)))
