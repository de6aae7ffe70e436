"""The embedded index: SQLite FTS5, in the settings' index folder. A reader never waits for a writer."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from core.errors import ConfigError
from core.logs import get_logger
from index import sqlite_count, sqlite_erase, sqlite_pages, sqlite_table, sqlite_vectors, sqlite_write
from index.generations import condition, generation_name, is_generation, writing
from index.protocol import Health, Page, WriteResult
from index.queries import check_facets, check_histogram
from index.sqlite_files import Generations, transaction
from index.sqlite_match import matching

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from index.documents import Entry
    from index.protocol import Counts
    from index.queries import Query
    from index.tables import Interval, Row, Table


class SqliteIndex:
    """An Index in one folder. Any thread may use it: each operation opens its own connection."""

    def __init__(self, folder: Path, name: str) -> None:
        self._name = name
        self._folder = folder
        self._generations = Generations(folder, name)

    def write(self, entries: Iterable[Entry]) -> WriteResult:
        """See Index.write: one transaction a batch."""
        with self._writing() as connection:
            return sqlite_write.write(connection, entries)

    def change(self, ids: Iterable[str], how: Callable[[Entry], Entry]) -> int:
        """See Index.change: one transaction a batch."""
        with writing(self._folder, self._name), self._reading() as connection:
            return sqlite_write.change(connection, ids, how) if connection else 0

    def get(self, identifier: str) -> Entry | None:
        """See Index.get."""
        with self._reading() as connection:
            sql = "SELECT e.entry FROM documents d JOIN entries e ON e.row = d.row WHERE d.id = ?"
            row = connection.execute(sql, (identifier,)).fetchone() if connection else None
        found: Entry | None = json.loads(row[0]) if row else None
        return found

    def known(self, ids: Iterable[str]) -> dict[str, tuple[str, str]]:
        """See Index.known."""
        with self._reading() as connection:
            if not connection:
                return {}
            sql = "SELECT id, content_sha256, batch FROM documents WHERE id IN (SELECT value FROM json_each(?))"
            return {row[0]: (row[1], row[2]) for row in connection.execute(sql, (json.dumps(list(ids)),))}

    def search(self, query: Query) -> Page:
        """See Index.search."""
        with self._moment() as connection:
            if not connection:
                return Page((), 0, None)
            rows = matching(connection, query)
            found = sqlite_pages.first_rows(connection, query, rows, size=query.size + 1)
            shown = found[: query.size]
            entries = sqlite_pages.entries_of(connection, [row[0] for row in shown])
        return Page(tuple(entries), len(rows.chosen), (shown[-1][1], shown[-1][2]) if len(found) > query.size else None)

    def scan(self, query: Query) -> Iterator[Entry]:
        """See Index.scan: reads one moment until it ends or is closed."""
        query = query.model_copy(update={"after": None})
        with self._moment() as connection:
            if not connection:
                return
            found = sqlite_pages.every_row(connection, query, matching(connection, query).chosen)
            while numbers := [row[0] for row in islice(found, sqlite_pages.ENTRIES)]:
                yield from sqlite_pages.entries_of(connection, numbers)

    def similar(self, query: Query, embedding: str, *, size: int) -> tuple[tuple[Entry, float], ...]:
        """See Index.similar: exact."""
        vector = sqlite_vectors.query_vector(embedding, size=size)
        with self._moment() as connection:
            if not connection:
                return ()
            found = sqlite_vectors.nearest(connection, matching(connection, query).chosen, vector, size=size)
            entries = sqlite_pages.entries_of(connection, [row for row, _ in found])
        pairs = zip(entries, (cosine for _, cosine in found), strict=True)
        return tuple(sorted(pairs, key=lambda pair: (-pair[1], pair[0]["id"]))[:size])

    def leaders(self, query: Query, campaigns: Iterable[str]) -> dict[str, tuple[str, int]]:
        """See Index.leaders."""
        with self._moment() as connection:
            return sqlite_count.leaders(connection, query, matching(connection, query), campaigns) if connection else {}

    def facets(self, query: Query, fields: Iterable[str], *, size: int = 20) -> dict[str, Counts]:
        """See Index.facets."""
        names = tuple(fields)
        check_facets(names, size=size)
        with self._moment() as connection:
            if not connection:
                return dict.fromkeys(names, ())
            return sqlite_count.facets(connection, matching(connection, query), names, size=size)

    def histogram(self, query: Query, field: str, *, interval: Interval) -> Counts:
        """See Index.histogram."""
        check_histogram(field)
        with self._moment() as connection:
            return sqlite_count.histogram(connection, matching(connection, query), field, interval=interval) if connection else ()

    def table(self, query: Query, table: Table) -> tuple[Row, ...]:
        """See Index.table."""
        sqlite_table.check(query, table)
        with self._moment() as connection:
            return sqlite_table.table(connection, query, table) if connection else ()

    def write_runs(self, rows: Iterable[Entry]) -> int:
        """See Index.write_runs. Raises Invalid for a row that is not of fields.RUN_FIELDS, and then keeps none."""
        with self._writing() as connection:
            return sqlite_write.write_runs(connection, rows)

    def delete(self, ids: Iterable[str]) -> int:
        """See Index.delete. Waits for what is being read; where that takes too long, traces stay, and deleting again (also nothing) removes them."""
        with writing(self._folder, self._name), self._reading() as connection:
            self._generations.remove_others(self._generations.named())  # what a killed rebuild left holds the same texts
            if not connection:
                return 0
            removed = sqlite_write.remove(connection, ids)
            sqlite_erase.scrub(connection)
            return removed

    def rebuild(self, entries: Iterable[Entry]) -> int:
        """See Index.rebuild. A damaged or older generation does not stand in the way; the runs of a damaged one are lost, which is logged."""
        with writing(self._folder, self._name):
            old = self._generations.named()
            self._generations.remove_others(old)
            generation = generation_name(self._name, at=datetime.now(UTC))
            self._generations.create(generation)
            try:
                refused, count = self._fill(generation, entries)
                self._keep_runs(old, generation)
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
            result = sqlite_write.write(connection, entries)
            connection.execute("INSERT INTO words (words) VALUES ('optimize')")
            return result.failed, _count(connection)

    def _keep_runs(self, old: str | None, new: str) -> None:
        if old is None or not is_generation(old, alias=self._name):
            return
        try:
            with self._generations.connect(old) as source, self._generations.connect(new, durable=False) as target:
                sqlite_write.copy_runs(source, target)
        except ConfigError as error:
            get_logger(__name__).warning("runs_lost", generation=old, reason=str(error))

    def health(self) -> Health:
        """See Index.health."""
        generation = self._generations.named()
        count, identity, warnings = 0, None, tuple[str, ...]()
        if generation is not None and is_generation(generation, alias=self._name):
            identity = self._generations.identity(generation)
            with self._generations.connect(generation) as connection:
                count = _count(connection)
                warnings = tuple(sqlite_erase.warnings(connection, self._generations.path(generation), documents=count))
        detail = f"folder {self._folder}, {condition(generation, alias=self._name)}"
        return Health("sqlite", sqlite3.sqlite_version, generation, identity, count, detail, warnings)

    def close(self) -> None:
        """See Index.close: nothing stays open between operations."""

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A connection of the only writer, to the generation that answers; the first write makes one."""
        with writing(self._folder, self._name):
            generation = self._generations.current()
            if generation is None:
                generation = generation_name(self._name)
                self._generations.create(generation)
                self._generations.swap(generation)
            with self._generations.connect(generation) as connection:
                yield connection

    @contextlib.contextmanager
    def _moment(self) -> Iterator[sqlite3.Connection | None]:
        """A connection that sees one moment; None before the first write."""
        with self._reading() as connection:
            if connection is None:
                yield None
                return
            with transaction(connection, "DEFERRED"):
                yield connection

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


def _count(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM documents").fetchone()[0])
