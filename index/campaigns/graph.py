"""Forms and what joins them, in the tables of files.py.

Two forms are joined when they are alike and meet in a bucket where one of them is among the CROWD smallest keys. In a bucket of up to CROWD
forms that is every pair; in a fuller one it keeps the cost of a text flat, because keys are hashes: a new one is among the smallest of n with
probability CROWD/n, and only then is compared with all n. What is joined depends on what is there, never on the order in which it came.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from index.campaigns.compare import alike
from index.campaigns.fingerprint import buckets, unpack

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from index.campaigns.fingerprint import Fingerprint

CROWD = 24
AT_ONCE = 500  # sketches compared in one step


class Change(NamedTuple):
    """What became of the edges: pairs of forms that are joined now, and forms that lost an edge."""

    joined: list[tuple[int, int]]
    loosened: set[int]


def join(connection: sqlite3.Connection, form: Fingerprint, *, crowd: int = CROWD) -> Change:
    """Put the buckets and edges of a new form, whose row exists. A form that it pushes out of the CROWD smallest loses edges."""
    connection.executemany("INSERT INTO buckets VALUES (?, ?)", [(bucket, form.key) for bucket in form.buckets])
    candidates, displaced = _met(connection, form.key, form.buckets, crowd=crowd)
    joined = _connect(connection, form.key, form.sketch, candidates)
    loosened: set[int] = set()
    for one in sorted(displaced):
        lost = neighbours(connection, one) - _met(connection, one, _buckets(connection, one), crowd=crowd)[0]
        connection.executemany("DELETE FROM edges WHERE form = ? AND other = ?", [edge for other in lost for edge in ((one, other), (other, one))])
        loosened |= lost | {one} if lost else set()
    return Change(joined, loosened)


def part(connection: sqlite3.Connection, form: int, *, crowd: int = CROWD) -> Change:
    """Take a form, its buckets and its edges away. A form that moves up into the CROWD smallest may be joined to others."""
    loosened = neighbours(connection, form)
    where = _buckets(connection, form)
    _, promoted = _met(connection, form, where, crowd=crowd)
    connection.executemany("DELETE FROM buckets WHERE bucket = ? AND form = ?", [(bucket, form) for bucket in where])
    connection.executemany("DELETE FROM edges WHERE form = ? AND other = ?", [edge for other in loosened for edge in ((form, other), (other, form))])
    connection.execute("DELETE FROM forms WHERE form = ?", (form,))
    joined: list[tuple[int, int]] = []
    for one in sorted(promoted):
        (sketch,) = connection.execute("SELECT sketch FROM forms WHERE form = ?", (one,)).fetchone()
        joined += _connect(connection, one, sketch, _met(connection, one, _buckets(connection, one), crowd=crowd)[0])
    return Change(joined, loosened)


def neighbours(connection: sqlite3.Connection, form: int) -> set[int]:
    """The forms that a form is joined to."""
    return {other for (other,) in connection.execute("SELECT other FROM edges WHERE form = ?", (form,))}


def reachable(connection: sqlite3.Connection, form: int) -> set[int]:
    """The form and all that edges lead to."""
    found, waiting = {form}, [form]
    while waiting:
        new = neighbours(connection, waiting.pop()) - found
        found |= new
        waiting += new
    return found


def _first(connection: sqlite3.Connection, bucket: int, count: int) -> list[int]:
    return [form for (form,) in connection.execute("SELECT form FROM buckets WHERE bucket = ? ORDER BY form LIMIT ?", (bucket, count))]


def _met(connection: sqlite3.Connection, form: int, where: Iterable[int], *, crowd: int) -> tuple[set[int], set[int]]:
    """The forms that a form is compared with, and those that would be among the CROWD smallest of its buckets were it not for this one."""
    found: set[int] = set()
    behind: set[int] = set()
    for bucket in where:
        first = _first(connection, bucket, crowd + 1)
        found.update(first[:crowd])
        if len(first) > crowd and form in first[:crowd]:
            behind.add(first[crowd])
            found.update(member for (member,) in connection.execute("SELECT form FROM buckets WHERE bucket = ?", (bucket,)))
    return found - {form}, behind


def _buckets(connection: sqlite3.Connection, form: int) -> tuple[int, ...]:
    (sketch,) = connection.execute("SELECT sketch FROM forms WHERE form = ?", (form,)).fetchone()
    return buckets(unpack(sketch)) if sketch else ()


def _connect(connection: sqlite3.Connection, form: int, sketch: bytes, candidates: set[int]) -> list[tuple[int, int]]:
    found = [(form, other) for other in _alike(connection, sketch, candidates - neighbours(connection, form))]
    connection.executemany("INSERT INTO edges VALUES (?, ?)", [edge for one, other in found for edge in ((one, other), (other, one))])
    return found


def _alike(connection: sqlite3.Connection, sketch: bytes, candidates: Iterable[int]) -> Iterator[int]:
    left, waiting = unpack(sketch), iter(candidates)
    while some := list(islice(waiting, AT_ONCE)):
        marks = ", ".join("?" * len(some))
        rows = connection.execute(f"SELECT form, sketch FROM forms WHERE form IN ({marks})", some).fetchall()  # noqa: S608 - only marks
        answers = alike(left, [unpack(other) for _, other in rows])
        yield from (form for (form, _), answer in zip(rows, answers, strict=True) if answer)
