"""Values and days counted among the rows that a query chooses in the embedded index.

The bitmaps of a field's values are intersected with the rows, the most frequent values first, until no other can come among those asked for.
Where that takes more values than there are rows worth it, the rows are read after all.
"""

from __future__ import annotations

import json
from collections import Counter
from heapq import heappush, heappushpop
from typing import TYPE_CHECKING

from index.buckets import day_of, filled
from index.fields import MULTIVALUED
from index.sqlite_marks import DAY, at_least, by_day, counted, most_frequent, rows_of
from index.sqlite_match import Rows, as_list, listed
from index.sqlite_pages import first_rows

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from pyroaring import BitMap

    from index.protocol import Counts
    from index.queries import Query
    from index.tables import Interval

ROWS_A_VALUE = 10  # rows that are read in the time that a value's bitmaps take


def facets(connection: sqlite3.Connection, rows: Rows, names: Sequence[str], *, size: int) -> dict[str, Counts]:
    """See Index.facets."""
    if rows.whole:
        return {name: tuple(pair for pair, _ in zip(most_frequent(connection, name), range(size), strict=False)) for name in names}
    return {name: _facet(connection, rows.chosen, name, size) for name in names}


def _facet(connection: sqlite3.Connection, chosen: BitMap, name: str, size: int) -> Counts:
    found: Counter[str] = Counter()
    worth = len(chosen) // ROWS_A_VALUE + 1  # values whose bitmaps are intersected sooner than the rows are read
    largest: list[int] = []  # a heap of the counts that would be shown
    for tried, (value, most, count) in enumerate(counted(connection, name, chosen)):
        if len(largest) == size and most < largest[0]:
            break
        # known at last from the rarest that would be shown: how many values may still come before it
        left = at_least(connection, name, largest[0], limit=worth) if tried == size and len(largest) == size else tried
        if left >= worth:
            return _largest(_read(connection, chosen, name), size)
        if count:
            found[value] = count
            heappush(largest, count) if len(largest) < size else heappushpop(largest, count)
    return _largest(found, size)


def _read(connection: sqlite3.Connection, chosen: BitMap, name: str) -> Counter[str]:
    """Values counted by reading each row."""
    sql = f"SELECT d.{name}, count(*) FROM {listed('documents d')} WHERE d.{name} IS NOT NULL GROUP BY 1"  # noqa: S608 - names come from fields.py
    found: Counter[str] = Counter()
    for value, count in connection.execute(sql, (as_list(chosen),)):
        for single in json.loads(value) if name in MULTIVALUED else (value,):
            found[single] += count
    return found


def _largest(found: Counter[str], size: int) -> Counts:
    return tuple(sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))[:size])


def histogram(connection: sqlite3.Connection, rows: Rows, field: str, *, interval: Interval) -> Counts:
    """See Index.histogram."""
    return filled({day_of(day * DAY): count for day, count in by_day(connection, field, rows.chosen) if count}, interval)


def leaders(connection: sqlite3.Connection, query: Query, rows: Rows, campaigns: Iterable[str]) -> dict[str, tuple[str, int]]:
    """See Index.leaders."""
    first = query.model_copy(update={"sort": "priority", "after": None})
    found = {}
    for campaign in dict.fromkeys(campaigns):
        of_it = rows.chosen & rows_of(connection, "campaign", [campaign])
        if of_it:
            ((_, _, identifier),) = first_rows(connection, first, Rows(of_it, rows.total), size=1)
            found[campaign] = (identifier, len(of_it))
    return found
