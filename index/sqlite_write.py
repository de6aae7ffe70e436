"""Entries into the embedded index and out of it. One transaction a batch: its rows, its words, its embeddings and its marks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from core.errors import Invalid
from index.batches import MAX_ENTRIES, batches, json_of
from index.documents import milliseconds, problem
from index.fields import COLUMNS, MULTIVALUED, RUN_FIELDS, TEXTS, VECTORS, WORDS
from index.french import both_tokens
from index.protocol import WriteResult
from index.sqlite_files import transaction
from index.sqlite_marking import MarkWriter
from index.sqlite_marks import marks_of
from index.sqlite_vectors import keep
from index.sqlite_words import mark_common
from index.tables import RUN_NAMES

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from index.documents import Entry

(VECTOR,) = VECTORS
_NAMES = (*(field.name for field in COLUMNS), *MULTIVALUED)
_DATES = frozenset(field.name for field in (*COLUMNS, *RUN_FIELDS) if field.type == "date")
# names come from fields.py, values are parameters
ADD_DOCUMENT = f"INSERT INTO documents (row, {', '.join(_NAMES)}) VALUES (?, {', '.join('?' * len(_NAMES))})"  # noqa: S608
ADD_ENTRY = "INSERT INTO entries (row, entry) VALUES (?, ?)"
ADD_WORDS = f"INSERT INTO words (rowid, {', '.join(WORDS)}) VALUES (?, {', '.join('?' * len(WORDS))})"  # noqa: S608
_CHANGE_DOCUMENT = f"UPDATE documents SET {', '.join(f'{name} = ?' for name in _NAMES)} WHERE row = ?"  # noqa: S608
_CHANGE_ENTRY = "UPDATE entries SET entry = ? WHERE row = ?"
_STANDING = "SELECT d.id, d.row, e.entry FROM json_each(?) asked CROSS JOIN documents d ON d.id = asked.value JOIN entries e ON e.row = d.row"
_PUT_RUN = f"INSERT OR REPLACE INTO runs ({', '.join(RUN_NAMES)}) VALUES ({', '.join('?' * len(RUN_NAMES))})"  # noqa: S608


class _Standing(NamedTuple):
    """What the index holds of an id."""

    row: int
    text: str


def write(connection: sqlite3.Connection, entries: Iterable[Entry]) -> WriteResult:
    """See Index.write."""
    indexed, refused = 0, list[tuple[str, str]]()
    marks = MarkWriter(connection)
    for batch in batches(entries, refused):
        with transaction(connection):
            _put(connection, batch, marks)
        indexed += len(batch)
    return WriteResult(indexed, tuple(refused))


def change(connection: sqlite3.Connection, ids: Iterable[str], how: Callable[[Entry], Entry]) -> int:
    """See Index.change."""
    asked, changed = list(dict.fromkeys(ids)), 0
    marks = MarkWriter(connection)
    for start in range(0, len(asked), MAX_ENTRIES):
        with transaction(connection):
            standing = _standing(connection, asked[start : start + MAX_ENTRIES])
            different = list(_different(standing, how))
            _put(connection, different, marks)
            changed += len(different)
    return changed


def _different(standing: dict[str, _Standing], how: Callable[[Entry], Entry]) -> Iterator[tuple[Entry, str]]:
    """What ``how`` made another of, with its JSON."""
    for identifier, old in standing.items():
        entry = how(json.loads(old.text))
        reason = problem(entry)
        if reason is None and entry["id"] != identifier:
            reason = f"id is {entry['id']}"
        if reason:
            raise Invalid(f"the change of {identifier} gives an entry that cannot be indexed: {reason}")
        text = json_of(entry)
        if text != old.text:
            yield entry, text


def remove(connection: sqlite3.Connection, ids: Iterable[str]) -> int:
    """Take entries out; how many were there. What is left of them in the file is for sqlite_erase.py."""
    asked, removed = list(dict.fromkeys(ids)), 0
    marks = MarkWriter(connection)
    for start in range(0, len(asked), MAX_ENTRIES):
        with transaction(connection):
            standing = _standing(connection, asked[start : start + MAX_ENTRIES])
            _remove(connection, list(standing.values()), marks)
            marks.flush()
        removed += len(standing)
    return removed


def write_runs(connection: sqlite3.Connection, rows: Iterable[Entry]) -> int:
    """See Index.write_runs. All or nothing."""
    found = list(rows)
    for row in found:
        reason = problem(row, fields=RUN_NAMES)
        if reason:
            raise Invalid(f"run {row.get('id')} cannot be indexed: {reason}")
    with transaction(connection):
        connection.executemany(_PUT_RUN, [[_column(name, row[name]) for name in RUN_NAMES] for row in found])
    return len(found)


def copy_runs(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Bring the runs from one generation to another, as far as both have the same columns."""
    there = {name for _, name, *_ in source.execute("PRAGMA table_info(runs)")}
    names = ", ".join(name for name in RUN_NAMES if name in there)
    if "id" in there:  # else it was made before there were runs
        with transaction(target):
            found = source.execute(f"SELECT {names} FROM runs")  # noqa: S608 - names come from fields.py
            target.executemany(f"INSERT INTO runs ({names}) VALUES ({', '.join('?' * (names.count(',') + 1))})", found)  # noqa: S608


def _standing(connection: sqlite3.Connection, ids: Sequence[str]) -> dict[str, _Standing]:
    """What the index holds of these ids, in their order."""
    return {identifier: _Standing(row, text) for identifier, row, text in connection.execute(_STANDING, (json.dumps(ids),))}


def _put(connection: sqlite3.Connection, batch: Sequence[tuple[Entry, str]], marks: MarkWriter) -> None:
    """Add or replace entries. One that keeps its words keeps its row: only what differs is written."""
    standing = _standing(connection, [entry["id"] for entry, _ in batch])
    added: list[tuple[Entry, str]] = []
    replaced: list[_Standing] = []
    for entry, text in batch:
        old = standing.get(entry["id"])
        if old is None:
            added.append((entry, text))
        elif old.text != text:
            before = json.loads(old.text)
            if all(before[name] == entry[name] for name in TEXTS):
                marks.add(old.row, marks_of(entry) - marks_of(before))
                marks.remove(old.row, marks_of(before) - marks_of(entry))
                _update(connection, old.row, entry, text)
                if before[VECTOR] != entry[VECTOR]:
                    keep(connection, {old.row: entry[VECTOR]})
            else:
                replaced.append(old)
                added.append((entry, text))
    _remove(connection, replaced, marks)
    _add(connection, added, marks)
    marks.flush()
    mark_common(connection)


def _add(connection: sqlite3.Connection, added: Sequence[tuple[Entry, str]], marks: MarkWriter) -> None:
    found = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'documents'").fetchone()
    first = found[0] + 1 if found else 1
    rows = range(first, first + len(added))
    connection.executemany(ADD_DOCUMENT, [(row, *columns_of(entry)) for row, (entry, _) in zip(rows, added, strict=True)])
    connection.executemany(ADD_ENTRY, [(row, text) for row, (_, text) in zip(rows, added, strict=True)])
    connection.executemany(ADD_WORDS, [(row, *words_of(entry)) for row, (entry, _) in zip(rows, added, strict=True)])
    keep(connection, {row: entry[VECTOR] for row, (entry, _) in zip(rows, added, strict=True)})
    for row, (entry, _) in zip(rows, added, strict=True):
        marks.add(row, marks_of(entry))


def _update(connection: sqlite3.Connection, row: int, entry: Entry, text: str) -> None:
    connection.execute(_CHANGE_DOCUMENT, (*columns_of(entry), row))
    connection.execute(_CHANGE_ENTRY, (text, row))


def _remove(connection: sqlite3.Connection, standing: Sequence[_Standing], marks: MarkWriter) -> None:
    rows = [(old.row,) for old in standing]
    for table in ("documents", "entries"):
        connection.executemany(f"DELETE FROM {table} WHERE row = ?", rows)  # noqa: S608 - constants
    connection.executemany("DELETE FROM words WHERE rowid = ?", rows)
    keep(connection, dict.fromkeys(old.row for old in standing))
    for old in standing:
        marks.remove(old.row, marks_of(json.loads(old.text)))


def columns_of(entry: Entry) -> list[Any]:
    """The values of an entry's columns, dates in milliseconds, lists as JSON."""
    values = [_column(field.name, entry[field.name]) for field in COLUMNS]
    return values + [json_of(list(dict.fromkeys(entry[name]))) if entry[name] else None for name in MULTIVALUED]


def words_of(entry: Entry) -> tuple[str, ...]:
    """The analysed texts of an entry, in the order of fields.WORDS."""
    stems, exact = zip(*(both_tokens(entry[name] or "") for name in TEXTS), strict=True)
    return (*map(" ".join, stems), *map(" ".join, exact))


def _column(name: str, value: Any) -> Any:
    return milliseconds(value) if value is not None and name in _DATES else value
