"""Tables of the embedded index: SQL of a group, perhaps parted again, and its measure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from core.errors import Invalid
from index.fields import MULTIVALUED
from index.queries import Query
from index.sqlite_match import as_list, listed, matching

if TYPE_CHECKING:
    import sqlite3

    from index.tables import Interval, Row, Table

_STEPS = {"day": "", "week": ", 'weekday 0', '-6 days'", "month": ", 'start of month'"}  # from a date to the first day of its bucket


class _Source(NamedTuple):
    """FROM of the rows that are counted, and its parameters."""

    sql: str
    parameters: tuple[str, ...]


def table(connection: sqlite3.Connection, query: Query, asked: Table) -> tuple[Row, ...]:
    """See Index.table. ``check`` it first."""
    source = _source(connection, query, asked)
    totals = _measured(connection, source, asked, parted=False)
    chosen = sorted(totals)[-asked.size :] if asked.interval else sorted(totals, key=lambda key: (-totals[key], key))[: asked.size]
    if asked.split is None:
        return tuple((value, None, totals[value, None]) for value, _ in chosen)
    parts: dict[str, list[tuple[str, float]]] = {value: [] for value, _ in chosen}
    for (value, part), measure in _measured(connection, source, asked, parted=True).items():
        if value in parts and part is not None:
            parts[value].append((part, measure))
    return tuple((value, *part) for value, found in parts.items() for part in sorted(_largest(found, asked.size)))


def check(query: Query, asked: Table) -> None:
    """Raises Invalid for a table of the runs that chooses among documents."""
    plain = Query(sort=query.sort, size=query.size, after=query.after)
    if asked.over == "runs" and query != plain:
        raise Invalid("a table of the runs asked with a search, which chooses documents; expected an empty query")


def _largest(found: list[tuple[str, float]], size: int) -> list[tuple[str, float]]:
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:size]


def _source(connection: sqlite3.Connection, query: Query, asked: Table) -> _Source:
    if asked.over == "runs":
        return _Source("runs d", ())
    rows = matching(connection, query)
    return _Source("documents d", ()) if rows.whole else _Source(listed("documents d"), (as_list(rows.chosen),))


def _measured(connection: sqlite3.Connection, source: _Source, asked: Table, *, parted: bool) -> dict[tuple[str, str | None], float]:
    """The measure of each (group, part); of each (group, None) where it is not parted. Groups whose measure is of nothing are left out."""
    lists: list[str] = []
    by = _bucket(asked.by, asked.interval) if asked.interval else _value(asked.by, asked, "one", lists)
    part = _value(asked.split, asked, "other", lists) if parted and asked.split else "NULL"
    joined = "".join(f" CROSS JOIN {values}" for values in lists)
    sql = f"SELECT {by}, {part}, {_measure(asked)} FROM {source.sql}{joined} WHERE {by} IS NOT NULL GROUP BY 1, 2"  # noqa: S608 - names come from fields.py
    return {(value, part): float(measure) for value, part, measure in connection.execute(sql, source.parameters) if measure is not None}


def _value(name: str, asked: Table, alias: str, lists: list[str]) -> str:
    """The expression of a field's value; that of a list needs its values joined."""
    if asked.over == "documents" and name in MULTIVALUED:
        lists.append(f"json_each(d.{name}) {alias}")
        return f"{alias}.value"
    return f"d.{name}"


def _bucket(name: str, interval: Interval) -> str:
    """The ISO date of the first day of a time's bucket; SQLite divides towards zero, so times are first brought to whole days."""
    seconds = f"(d.{name} - ((d.{name} % 86400000) + 86400000) % 86400000) / 1000"
    return f"date({seconds}, 'unixepoch'{_STEPS[interval]})"


def _measure(asked: Table) -> str:
    of = f"d.{asked.of}"
    return {"count": "count(*)", "sum": f"total({of})", "max": f"max({of})", "distinct": f"count(DISTINCT {of})"}[asked.measure]
