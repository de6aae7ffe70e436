"""What every index answers, whichever backend holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from index.documents import Entry
    from index.queries import Cursor, Query
    from index.tables import Interval, Row, Table

# (value, documents) by documents descending then value, and (first day as ISO date, documents) by day
Counts = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What became of the entries: each is indexed or failed with (id, reason)."""

    indexed: int
    failed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Some results, the number of all of them, and where the next page starts; None after the last one."""

    entries: tuple[Entry, ...]
    total: int
    next: Cursor | None


@dataclass(frozen=True, slots=True)
class Health:
    """State of an index. ``generation`` is None before the first write; ``detail`` is one line for people.

    ``identity`` is another for every index that was ever made, also under a name that was used before; None before the first write.
    """

    backend: str
    version: str
    generation: str | None
    identity: str | None
    documents: int
    detail: str
    warnings: tuple[str, ...] = ()  # each one line: what a person should look at, and what to do


class Index(Protocol):
    """A projection of the archive that is searched; ``rebuild`` makes all of it again.

    Every method raises Unavailable when the backend may answer later and ConfigError when a person must act first. Writers and
    rebuilds of one machine exclude each other, so that a rebuild loses no write; readers never wait.
    """

    def write(self, entries: Iterable[Entry]) -> WriteResult:
        """Add entries, or replace those of the same id. An entry that the index refuses is reported and stops no other."""

    def change(self, ids: Iterable[str], how: Callable[[Entry], Entry]) -> int:
        """Read, change and write the entries of these ids as one writer, so that no write between is lost; how many became different.

        Ids that are not there are left out. Raises Invalid when ``how`` gives an entry that no index can hold, or another id.
        """

    def get(self, identifier: str) -> Entry | None:
        """One entry by its id."""

    def known(self, ids: Iterable[str]) -> dict[str, tuple[str, str]]:
        """(content_sha256, batch) of those ids that are indexed."""

    def search(self, query: Query) -> Page:
        """One page of results."""

    def scan(self, query: Query) -> Iterator[Entry]:
        """Every result of one moment, in the query's order, whatever is written meanwhile; ``size`` and ``after`` do not count."""

    def similar(self, query: Query, embedding: str, *, size: int) -> tuple[tuple[Entry, float], ...]:
        """The results whose embeddings point nearest to this one, the nearest first, each with the cosine, -1 to 1; those without one left out.

        At most 1,000. ``sort``, ``size`` and ``after`` of the query do not count. Raises Invalid.
        """

    def leaders(self, query: Query, campaigns: Iterable[str]) -> dict[str, tuple[str, int]]:
        """For each of these campaigns with results: the id of the one of highest priority (ties by id), and how many results it has."""

    def facets(self, query: Query, fields: Iterable[str], *, size: int = 20) -> dict[str, Counts]:
        """How many results have each value of each field, the ``size`` most frequent. Raises Invalid."""

    def histogram(self, query: Query, field: str, *, interval: Interval) -> Counts:
        """How many results fall on each UTC day, week (from Monday) or month, empty ones between them included. Raises Invalid."""

    def table(self, query: Query, table: Table) -> tuple[Row, ...]:
        """A table of the results, or of the runs (then ``query`` chooses among the documents no more: it must be empty). Raises Invalid."""

    def write_runs(self, rows: Iterable[Entry]) -> int:
        """Add rows of fields.RUN_FIELDS, or replace those of the same id; how many. They outlive ``rebuild``."""

    def delete(self, ids: Iterable[str]) -> int:
        """Remove entries and every trace of what was ever removed; the number of those that were there."""

    def rebuild(self, entries: Iterable[Entry]) -> int:
        """Build a new generation and put it in place of the old one at once; the number of its entries. Refused ones are logged.

        Until then, or if it fails, the old generation answers.
        """

    def health(self) -> Health:
        """State of the index; the only method, with ``rebuild``, that accepts an index of another mapping version."""

    def close(self) -> None:
        """Release connections."""
