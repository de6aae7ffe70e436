"""Shares of contents by one characteristic at a time, with those of the year before, and nothing under five that could be computed. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from cases.reporting.tables import csv_bytes
from cases.suppression import LEAST, protect
from core.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from cases.papers.seen import Seen

Count = Annotated[int, Field(ge=0)]
YES, NO = "oui", "non"
MONTH = "month"  # in order of time; all else by number
HEAD = ("period", "dimension", "value", "number", "share", "before", "change", "hidden")


class Line(Record):
    """How many show a value. None: hidden, or of the year before not asked for. ``change``: 0.25 is a quarter more."""

    value: str
    number: Count | None
    share: Annotated[float, Field(ge=0, le=1)] | None
    before: Count | None = None
    change: float | None = None


class Cut(Record):
    """All values of one characteristic, the most frequent first, months as they come."""

    dimension: str
    lines: tuple[Line, ...]

    def line(self, value: str) -> Line:
        """Of one value; of one that nothing shows, none."""
        return next((one for one in self.lines if one.value == value), Line(value=value, number=0, share=None))


Counts = tuple[int | None, dict[str, dict[str, int | None]]]


def counted(rows: Iterable[Seen], dimensions: Mapping[str, Callable[[Seen], str]]) -> Counts:
    """The total, and how many show each value of each characteristic; None where it is hidden (cases/suppression.py).

    Characteristics are taken for independent: of two that follow from one another, give one only.
    """
    keys = Counter(tuple(value(row) for value in dimensions.values()) for row in rows)
    if not keys:
        return 0, {name: {} for name in dimensions}
    shown = protect(keys, tuple(dimensions), [(name,) for name in dimensions]).shown
    return shown[()][()], {name: {key[0]: number for key, number in shown[(name,)].items()} for name in dimensions}


def cuts(now: Counts, before: Counts | None, *, names: Sequence[str]) -> tuple[Cut, ...]:
    """The same as lines with shares of the total, and with what was counted the year before."""
    total, counts = now
    earlier = before[1] if before else {}
    lines = {name: _lines(counts[name], total, earlier.get(name) if before else None) for name in names}
    return tuple(Cut(dimension=name, lines=tuple(sorted(lines[name], key=lambda one: one.value)) if name == MONTH else lines[name]) for name in names)


def _lines(counts: Mapping[str, int | None], total: int | None, before: Mapping[str, int | None] | None) -> tuple[Line, ...]:
    values = {**counts, **dict.fromkeys(value for value in (before or {}) if value not in counts)}
    lines = []
    for value in values:
        number = counts.get(value, 0)
        was = before.get(value, 0) if before is not None else None
        lines.append(Line(value=value, number=number, share=share(number, total), before=was, change=change(number, was)))
    return tuple(sorted(lines, key=lambda one: (-(one.number if one.number is not None else 0.5), one.value)))


def share(number: int | None, total: int | None) -> float | None:
    """Of the total, to four decimals; None where one of them is hidden or there is no total."""
    return round(number / total, 4) if number is not None and total else None


def change(number: int | None, before: int | None) -> float | None:
    """On the year before; None where one of them is hidden or there was nothing."""
    return round((number - before) / before, 4) if number is not None and before else None


def cuts_csv(since: object, until: object, total: Line, found: Iterable[Cut]) -> bytes:
    """One row a value, the total first (RFC 4180, UTF-8)."""
    rows = [(f"{since}/{until}", "total", "", *_figures(total))]
    rows += [(f"{since}/{until}", cut.dimension, line.value, *_figures(line)) for cut in found for line in cut.lines]
    return csv_bytes(HEAD, rows)


def _figures(line: Line) -> tuple[object, ...]:
    return line.number, line.share, line.before, line.change, int(line.number is None)


__all__ = ["LEAST", "MONTH", "NO", "YES", "Counts", "Cut", "Line", "change", "counted", "cuts", "cuts_csv", "share"]
