"""The embedded index: SQLite FTS5, in the settings' index folder. A reader never waits for a writer."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from core.errors import ConfigError, Unavailable
from core.logs import get_logger
from index.batches import batches
from index.buckets import day_of, filled
from index.documents import milliseconds
from index.fields import COLUMNS, MULTIVALUED, TEXTS, WORDS
from index.french import both_tokens
from index.generations import condition, generation_name, is_generation, writing
from index.protocol import Health, Page, WriteResult
from index.queries import check_facets, check_histogram, to_sqlite
from index.sqlite_files import Generations

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from index.documents import Entry
    from index.protocol import Counts
    from index.queries import Interval, Query, SqliteQuery

_COLUMNS = ", ".join(field.name for field in COLUMNS)
# names come from fields.py, values are parameters
_ADD_DOCUMENT = f"INSERT INTO documents ({_COLUMNS}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
_ADD_ENTRY = "INSERT INTO entries (document, entry) VALUES (?, ?)"
_ADD_WORDS = f"INSERT INTO words (rowid, {', '.join(WORDS)}) VALUES (?, {', '.join('?' * len(WORDS))})"  # noqa: S608
_ADD_MANY = "INSERT OR IGNORE INTO many (field, value, document) VALUES (?, ?, ?)"


class SqliteIndex:
    """An Index in one folder. Any thread may use it: each operation opens its own connection."""

    def __init__(self, folder: Path, name: str) -> None:
        self._name = name
        self._folder = folder
        self._generations = Generations(folder, name)

    def write(self, entries: Iterable[Entry]) -> WriteResult:
        """See Index.write: one transaction a batch."""
        with writing(self._folder, self._name):
            generation = self._generations.current()
            if generation is None:
                generation = generation_name(self._name)
                self._generations.create(generation)
                self._generations.swap(generation)
            with self._generations.connect(generation) as connection:
                return _write(connection, entries)

    def get(self, identifier: str) -> Entry | None:
        """See Index.get."""
        with self._reading() as connection:
            sql = "SELECT e.entry FROM documents d JOIN entries e ON e.document = d.rowid WHERE d.id = ?"
            row = connection.execute(sql, (identifier,)).fetchone() if connection else None
        return _read(row[0]) if row else None

    def known(self, ids: Iterable[str]) -> dict[str, tuple[str, str]]:
        """See Index.known."""
        with self._reading() as connection:
            if not connection:
                return {}
            sql = "SELECT id, content_sha256, batch FROM documents WHERE id IN (SELECT value FROM json_each(?))"
            return {row[0]: (row[1], row[2]) for row in connection.execute(sql, (json.dumps(list(ids)),))}

    def search(self, query: Query) -> Page:
        """See Index.search."""
        translated = to_sqlite(query)
        with self._reading() as connection:
            if not connection:
                return Page((), 0, None)
            with _snapshot(connection):
                matching, page = translated.matching, translated.page
                total = connection.execute(f"SELECT count(*) {matching.sql}", matching.parameters).fetchone()[0]
                found = connection.execute(page.sql, page.parameters).fetchall()
                shown = found[: query.size]
                entries = _entries(connection, [row[0] for row in shown])
        return Page(entries, total, (shown[-1][1], shown[-1][2]) if len(found) > query.size else None)

    def facets(self, query: Query, fields: Iterable[str], *, size: int = 20) -> dict[str, Counts]:
        """See Index.facets."""
        names = tuple(fields)
        check_facets(names, size=size)
        translated = to_sqlite(query)
        with self._reading() as connection:
            if not connection:
                return dict.fromkeys(names, ())
            with _snapshot(connection):
                counted = _count_values(connection, translated, names)
        return {name: tuple(sorted(counted[name].items(), key=lambda pair: (-pair[1], pair[0]))[:size]) for name in names}

    def histogram(self, query: Query, field: str, *, interval: Interval) -> Counts:
        """See Index.histogram."""
        check_histogram(field)
        matching = to_sqlite(query).matching
        # SQLite divides towards zero, so days before 1970 are shifted to whole ones first
        day = f"(d.{field} - ((d.{field} % 86400000) + 86400000) % 86400000)"
        sql = f"SELECT {day}, count(*) {matching.sql} AND d.{field} IS NOT NULL GROUP BY 1"
        with self._reading() as connection:
            rows = connection.execute(sql, matching.parameters).fetchall() if connection else []
        return filled({day_of(first): count for first, count in rows}, interval)

    def delete(self, ids: Iterable[str]) -> int:
        """See Index.delete. Waits for what is being read; where that takes too long, traces stay, and deleting again (also nothing) removes them."""
        with writing(self._folder, self._name), self._reading() as connection:
            if not connection:
                return 0
            with _transaction(connection):
                removed = sum(_remove(connection, identifier) for identifier in ids)
            _scrub(connection)
            return removed

    def rebuild(self, entries: Iterable[Entry]) -> int:
        """See Index.rebuild. A damaged or older generation does not stand in the way."""
        with writing(self._folder, self._name):
            self._generations.remove_others(self._generations.named())
            generation = generation_name(self._name, at=datetime.now(UTC))
            self._generations.create(generation)
            try:
                refused, count = self._fill(generation, entries)
            except BaseException:
                self._generations.remove(generation)
                raise
            self._generations.swap(generation)
        for identifier, reason in refused:
            get_logger(__name__).warning("entry_refused", document=identifier, reason=reason)
        return count

    def _fill(self, generation: str, entries: Iterable[Entry]) -> tuple[tuple[tuple[str, str], ...], int]:
        # a power cut before the swap loses a file that nothing points to; the swap flushes it
        with self._generations.connect(generation, durable=False) as connection:
            result = _write(connection, entries)
            connection.execute("INSERT INTO words (words) VALUES ('optimize')")
            return result.failed, _count(connection)

    def health(self) -> Health:
        """See Index.health."""
        generation = self._generations.named()
        count, identity = 0, None
        if generation is not None and is_generation(generation, alias=self._name):
            identity = self._generations.identity(generation)
            with self._generations.connect(generation) as connection:
                count = _count(connection)
        detail = f"folder {self._folder}, {condition(generation, alias=self._name)}"
        return Health("sqlite", sqlite3.sqlite_version, generation, identity, count, detail)

    def close(self) -> None:
        """See Index.close: nothing stays open between operations."""

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """A connection to the generation that answers; None before the first write."""
        generation = self._generations.current()
        if generation is None:
            yield None
            return
        with contextlib.ExitStack() as held:
            try:
                connection = held.enter_context(self._generations.connect(generation))
            except ConfigError:
                again = self._generations.current()
                if again is None or again == generation:
                    raise
                connection = held.enter_context(self._generations.connect(again))  # a rebuild ended between the two
            yield connection


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection, kind: str = "IMMEDIATE") -> Iterator[None]:
    """All of what follows or nothing of it."""
    connection.execute(f"BEGIN {kind}")
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # a full disk has already rolled it back
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _snapshot(connection: sqlite3.Connection) -> contextlib.AbstractContextManager[None]:
    """Several reads of one moment."""
    return _transaction(connection, "DEFERRED")


def _write(connection: sqlite3.Connection, entries: Iterable[Entry]) -> WriteResult:
    indexed, refused = 0, list[tuple[str, str]]()
    for batch in batches(entries, refused):
        with _transaction(connection):
            for entry, text in batch:
                _remove(connection, entry["id"])
                _add(connection, entry, text)
        indexed += len(batch)
    return WriteResult(indexed, tuple(refused))


def _add(connection: sqlite3.Connection, entry: Entry, text: str) -> None:
    values = [_column(entry[field.name], field.type) for field in COLUMNS]
    row = connection.execute(_ADD_DOCUMENT, values).lastrowid
    connection.execute(_ADD_ENTRY, (row, text))
    stems, exact = zip(*(both_tokens(entry[name] or "") for name in TEXTS), strict=True)
    connection.execute(_ADD_WORDS, (row, *map(" ".join, stems), *map(" ".join, exact)))
    connection.executemany(_ADD_MANY, [(name, value, row) for name in MULTIVALUED for value in entry[name]])


def _count(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM documents").fetchone()[0])


def _column(value: Any, kind: str) -> Any:
    return milliseconds(value) if kind == "date" and value is not None else value


def _remove(connection: sqlite3.Connection, identifier: str) -> int:
    row = connection.execute("SELECT rowid FROM documents WHERE id = ?", (identifier,)).fetchone()
    if row is None:
        return 0
    connection.execute("DELETE FROM words WHERE rowid = ?", row)
    connection.execute("DELETE FROM many WHERE document = ?", row)
    connection.execute("DELETE FROM entries WHERE document = ?", row)
    connection.execute("DELETE FROM documents WHERE rowid = ?", row)
    return 1


def _scrub(connection: sqlite3.Connection) -> None:
    """Leave no trace of what was deleted in the file. Raises Unavailable while another process reads, ConfigError for a damaged index."""
    connection.execute("INSERT INTO words (words) VALUES ('optimize')")  # merges away the words of deleted entries
    connection.execute("VACUUM")
    apart = "SELECT 1 FROM documents d LEFT JOIN entries e ON e.document = d.rowid WHERE json_extract(e.entry, '$.id') IS NOT d.id LIMIT 1"
    if connection.execute(apart).fetchone():  # SQLite promises to keep the numbers of rows only where they are a column
        raise ConfigError("the index's tables no longer agree: run vigie reindex, which builds it again from the archive")
    (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise Unavailable("the index is being read, so that traces of what was deleted stay in its files; try again")


def _entries(connection: sqlite3.Connection, rows: list[int]) -> tuple[Entry, ...]:
    sql = "SELECT document, entry FROM entries WHERE document IN (SELECT value FROM json_each(?))"
    found = dict(connection.execute(sql, (json.dumps(rows),)).fetchall())
    return tuple(_read(found[row]) for row in rows)


def _read(text: str) -> Entry:
    entry: Entry = json.loads(text)
    return entry


def _count_values(connection: sqlite3.Connection, query: SqliteQuery, names: tuple[str, ...]) -> dict[str, Counter[str]]:
    """How many results have each value of each field."""
    counted: dict[str, Counter[str]] = {name: Counter() for name in names}
    single = [name for name in names if name not in MULTIVALUED]
    if query.filtered and single:
        _count_together(connection, query, single, counted)
    else:  # each has its own index, which SQLite counts five times faster than we do
        for name in single:
            sql = f"SELECT {name}, count(*) FROM documents WHERE {name} IS NOT NULL GROUP BY 1"  # noqa: S608
            counted[name].update(dict(connection.execute(sql).fetchall()))
    _count_many(connection, query, [name for name in names if name in MULTIVALUED], counted)
    return counted


def _count_together(connection: sqlite3.Connection, query: SqliteQuery, names: list[str], counted: dict[str, Counter[str]]) -> None:
    """Read each result once for all fields; what is held in memory is their distinct combinations."""
    columns = ", ".join(f"d.{name}" for name in names)
    for values, count in Counter(connection.execute(f"SELECT {columns} {query.matching.sql}", query.matching.parameters)).items():
        for name, value in zip(names, values, strict=True):
            if value is not None:
                counted[name][value] += count


def _count_many(connection: sqlite3.Connection, query: SqliteQuery, names: list[str], counted: dict[str, Counter[str]]) -> None:
    chosen = f"AND document IN (SELECT d.rowid {query.matching.sql})" if query.filtered else ""
    marks = ", ".join("?" * len(names))
    sql = f"SELECT field, value, count(*) FROM many WHERE field IN ({marks}) {chosen} GROUP BY 1, 2"  # noqa: S608
    for name, value, count in connection.execute(sql, (*names, *query.matching.parameters)):
        counted[name][value] = count
