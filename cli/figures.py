"""A panel's rows as a grid to draw, and in words: labels, numbers and dates as people read them in French. Pure.

What stands in labels comes from the web: it is cut, and freed of control characters.
"""

from __future__ import annotations

import textwrap
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from core.numbers import french
from index.buckets import filled
from index.kibana.lens import measured as unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from index.panels import Panel
    from index.tables import Row

EMPTY = "aucune donnée"
OTHERS = "autres"
MOST = 7  # splits that can be told apart
MONTHS = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")
LONGEST = 64  # characters of a label


class Cells(NamedTuple):
    """A table to draw: ``values[by][split]``; one split named "" when there is none."""

    bys: tuple[str, ...]
    splits: tuple[str, ...]
    values: Mapping[tuple[str, str], float]

    def of(self, split: str) -> list[float]:
        """The values of one split, 0 where there is none."""
        return [self.values.get((by, split), 0.0) for by in self.bys]

    def total(self, by: str) -> float:
        """Of one group."""
        return sum(self.values.get((by, split), 0.0) for split in self.splits)


def cells(panel: Panel, rows: Sequence[Row], *, names: Mapping[str, Mapping[str, str]]) -> Cells:
    """The rows as a grid: every day, week or month between the first and the last, and at most as many splits as there are colours.

    Values that have names stand in the order of these, the same in every panel; others by size.
    """
    values = {(by, split or ""): value for by, split, value in rows}
    bys = tuple(dict.fromkeys(by for by, _, _ in rows))
    if panel.table.interval is not None and bys:
        bys = tuple(day for day, _ in filled({date.fromisoformat(by): 1 for by in bys}, panel.table.interval))
    totals: dict[str, float] = {}
    for (_, split), value in values.items():
        totals[split] = totals.get(split, 0.0) + value
    if panel.chart == "metric":
        bys = tuple(sorted(bys, key=lambda by: _rank(panel.table.by, by, names)))  # stable: by measure where there are no names
    splits = sorted(totals, key=lambda split: (*_rank(panel.table.split or "", split, names), -totals[split], split))
    if len(splits) > MOST:
        splits.sort(key=lambda split: (-totals[split], split))
    if panel.chart in {"heatmap", "table"} or len(splits) <= MOST:
        return Cells(bys, tuple(splits), values)
    return _with_others(bys, splits, values)


def _rank(field: str, value: str, names: Mapping[str, Mapping[str, str]]) -> tuple[int]:
    known = list(names.get(field, ()))
    return (known.index(value) if value in known else len(known),)


def _with_others(bys: tuple[str, ...], splits: list[str], values: Mapping[tuple[str, str], float]) -> Cells:
    kept = splits[: MOST - 1]
    few = {(by, split): value for (by, split), value in values.items() if split in kept}
    for (by, split), value in values.items():
        if split not in kept:
            few[by, OTHERS] = few.get((by, OTHERS), 0.0) + value
    return Cells(bys, (*kept, OTHERS), few)


def label(field: str, value: str, names: Mapping[str, Mapping[str, str]]) -> str:
    """What people read for a value, on one short line."""
    known = names.get(field, {}).get(value, value)
    plain = "".join(letter if letter.isprintable() else " " for letter in known)
    if field in {"campaign", "id"}:
        return plain[:10]  # of 32 hexadecimal digits: enough to tell them apart
    return textwrap.shorten(plain, LONGEST, placeholder="…") or plain[:LONGEST]


def moment(day: str, interval: str) -> str:
    """A day, or the month of a day, in French."""
    found = date.fromisoformat(day)
    month = MONTHS[found.month - 1]
    return f"{month} {found.year}" if interval == "month" else f"{found.day} {month}"


def number(value: float) -> str:
    """A number in French; decimals only where they say something."""
    whole = abs(value) >= 100 or float(value).is_integer()
    return french(round(value)) if whole else f"{value:.2f}".replace(".", ",")


def named_split(panel: Panel, split: str, names: Mapping[str, Mapping[str, str]]) -> str:
    """What one of the splits is, or what the numbers are where there is no split."""
    return label(panel.table.split or "", split, names) or unit(panel)


def in_words(panel: Panel, rows: Iterable[Row], *, names: Mapping[str, Mapping[str, str]], most: int = 8) -> str:
    """A panel for those who do not see it: its largest figures, or what it adds up to over time and its highest point."""
    found = list(rows)
    if not found:
        return f"{panel.title} : {EMPTY}."
    largest = sorted(found, key=lambda row: (-row[2], row[0], row[1] or ""))
    said = [f"{_named(panel, row, names)} : {number(row[2])}" for row in (largest[:1] if panel.dated else largest[:most])]
    if panel.dated:
        grid = cells(panel, found, names=names)
        interval = panel.table.interval or "day"
        totals = [f"{named_split(panel, split, names)} : {number(sum(grid.of(split)))}" for split in grid.splits]
        said = [f"Du {_day(grid.bys[0], interval)} au {_day(grid.bys[-1], interval)}, en tout {' ; '.join(totals)}", f"au plus haut {said[0]}"]
    more = f" ; et {len(found) - most} autres" if len(found) > most and not panel.dated else ""
    return f"{panel.title} ({_lower(unit(panel))}). {panel.about} {' ; '.join(said)}{more}."


def _day(day: str, interval: str) -> str:
    return moment(day, interval) if interval == "month" else f"{moment(day, interval)} {day[:4]}"


def _named(panel: Panel, row: Row, names: Mapping[str, Mapping[str, str]]) -> str:
    by = _day(row[0], panel.table.interval) if panel.table.interval else label(panel.table.by, row[0], names)
    return by if row[1] is None else f"{by}, {label(panel.table.split or '', row[1], names)}"


def _lower(said: str) -> str:
    return said[:1].lower() + said[1:]
