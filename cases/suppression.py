"""Cells under five hidden, and as many others as it takes that nobody can compute them from totals. Pure.

A cell is protected when whoever knows all that is shown, and that a hidden cell counts at least one, must still take it for possible that it counts
five or more, and cannot place it within less than ``least - 1`` of itself: as little is known as of "one to five". The bounds are exact: they are the
least and the most over all whole-number tables that give what is shown (integer programming, HiGHS). Tables that share no dimension have only their
total in common, and any two tables with the same total fit together: they are looked at one group at a time.
What is hidden besides: the cheapest rectangle of filled cells around the one to protect (the hypercube method), or another cell with the totals in
which the two differ; then totals; then whole tables.
Not covered: what somebody knows from elsewhere (also that one value implies another in a table of its own, as a sign implies its marker), and the
difference between two exports of overlapping periods.
"""

from __future__ import annotations

from collections import Counter
from itertools import chain, combinations, product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import lil_matrix

from core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

LEAST = 5  # a smaller count, other than none, is not shown
MOST_CELLS = 3000  # of one group of tables that share dimensions: above it the search takes too long
Margin = tuple[str, ...]  # names of dimensions
Key = tuple[str, ...]  # a value for each
Cell = tuple[Margin, Key]


class Protected(NamedTuple):
    """``shown``: each cell of each table and of its totals, () being the total of all; None where it is hidden."""

    shown: dict[Margin, dict[Key, int | None]]
    values: dict[str, tuple[str, ...]]  # of each dimension


def protect(records: Mapping[Key, int], dimensions: Sequence[str], tables: Iterable[Margin], *, least: int = LEAST) -> Protected:
    """``records``: how many there are of each combination of values, one a dimension. Raises Invalid for tables that are too large to check."""
    values = {name: tuple(sorted({key[place] for key in records})) for place, name in enumerate(dimensions)}
    wanted = [tuple(table) for table in tables]
    groups = [_Group(records, tuple(dimensions), group, values, least) for group in _groups(wanted)]
    for group in groups:
        group.settle()
    if any(((), ()) in group.hidden for group in groups):  # a total that one group cannot show, another must not
        for group in groups:
            group.hidden |= {cell for cell, count in group.counts.items() if count}
    shown: dict[Margin, dict[Key, int | None]] = {}
    for cell, count in chain.from_iterable(group.counts.items() for group in groups):
        shown.setdefault(cell[0], {})[cell[1]] = count
    for margin, key in chain.from_iterable(group.hidden for group in groups):
        shown[margin][key] = None
    return Protected(shown, values)


def _groups(tables: list[Margin]) -> list[list[Margin]]:
    """Tables by the dimensions that they share, directly or through others."""
    groups: list[list[Margin]] = []
    for table in tables:
        near = [group for group in groups if any(set(table) & set(other) for other in group)]
        groups = [group for group in groups if group not in near] + [[*chain.from_iterable(near), table]]
    return groups


class _Group:
    """Tables that share dimensions, what they count, and what of it is hidden so far."""

    def __init__(self, records: Mapping[Key, int], names: Margin, tables: list[Margin], values: Mapping[str, tuple[str, ...]], least: int) -> None:
        self.dimensions = tuple(name for name in names if any(name in table for table in tables))
        self.least, self.values = least, values
        places = [names.index(name) for name in self.dimensions]
        self.total = sum(records.values())
        fine: Counter[Key] = Counter()
        for key, number in records.items():
            fine[tuple(key[place] for place in places)] += number
        margins = {part for table in tables for size in range(len(table) + 1) for part in combinations(self._ordered(table), size)}
        self.counts: dict[Cell, int] = {
            (margin, key): 0 for margin in sorted(margins, key=lambda one: (len(one), one)) for key in product(*(values[name] for name in margin))
        }
        for key, number in fine.items():
            for margin in margins:
                self.counts[margin, self._part(key, margin)] += number
        self.hidden = {cell for cell, count in self.counts.items() if 0 < count < least}
        self.primary = sorted(self.hidden, key=lambda cell: (-len(cell[0]), cell))
        self._seen: dict[Cell, tuple[int, int]] = {}

    def settle(self) -> None:
        """Hide what it takes."""
        for cell in self.primary:
            while not self._is_protected(cell):
                if not self._hide_more(cell):
                    self.hidden |= {other for other, count in self.counts.items() if count}  # nothing of these tables can be shown
                    return

    def _ordered(self, table: Iterable[str]) -> Margin:
        return tuple(name for name in self.dimensions if name in set(table))

    def _part(self, key: Key, margin: Margin) -> Key:
        return tuple(key[self.dimensions.index(name)] for name in margin)

    def _is_protected(self, cell: Cell) -> bool:
        low, high = self._seen.get(cell, (self.counts[cell], self.counts[cell]))
        if not self._enough(low, high):
            for sign in (-1, 1):  # as many as possible, then as few
                self._look(cell, sign)
                low, high = self._seen[cell]
                if self._enough(low, high):
                    break
        return self._enough(low, high)

    def _enough(self, low: int, high: int) -> bool:
        return high >= self.least and high - low >= self.least - 1

    def _look(self, cell: Cell, sign: int) -> None:
        """One more table that fits what is shown, extreme in this cell. It stays possible when more is hidden, so that all cells learn from it."""
        found = feasible(self.counts, self.hidden, self.dimensions, self.values, cell=cell, sign=sign)
        for other in self.primary:
            low, high = self._seen.get(other, (self.counts[other], self.counts[other]))
            self._seen[other] = (min(low, found[other]), max(high, found[other]))

    def _hide_more(self, cell: Cell) -> bool:
        """Hide the cheapest of what is near a cell: False where nothing is left to hide."""
        ways = chain(self._rectangles(cell), self._exchanges(cell))
        best = min(ways, key=lambda cells: (sum(self.counts[one] for one in cells), sorted(cells)), default=None)
        near = best or next(filter(None, (self._below(cell), self._above(cell))), None)
        if not near:
            return False
        self.hidden |= near
        return True

    def _rectangles(self, cell: Cell) -> Iterator[frozenset[Cell]]:
        """What is still shown of each rectangle of filled cells with this one as a corner."""
        margin, key = cell
        others = [[value for value in self.values[name] if value != mine] for name, mine in zip(margin, key, strict=True)]
        for far in product(*others):
            corners = [(margin, corner) for corner in product(*zip(key, far, strict=True))]
            if all(self.counts[one] for one in corners) and (new := frozenset(corners) - self.hidden):
                yield new

    def _exchanges(self, cell: Cell) -> Iterator[frozenset[Cell]]:
        """What is still shown of another filled cell, and of the totals that hold one of the two alone: then each may be larger by the other."""
        margin, key = cell
        parts = [part for size in range(1, len(margin) + 1) for part in combinations(range(len(margin)), size)]
        for other in [one[1] for one, count in self.counts.items() if one[0] == margin and one != cell and count]:
            both = {(tuple(margin[at] for at in part), tuple(one[at] for at in part)) for part in parts if any(key[at] != other[at] for at in part)
                    for one in (key, other)}  # fmt: skip
            if new := frozenset(both) - self.hidden:
                yield new

    def _below(self, cell: Cell) -> frozenset[Cell]:
        """The smallest cell that is still shown among those that add up to a hidden neighbour."""
        margin = cell[0]
        near = {one for one in self.hidden if one[0] == margin}
        parts = [one for one, count in self.counts.items() if count and set(margin) < set(one[0]) and one not in self.hidden]
        found = [one for one in parts if (margin, tuple(one[1][one[0].index(name)] for name in margin)) in near]
        return frozenset(sorted(found, key=lambda one: (self.counts[one], one))[:1])

    def _above(self, cell: Cell) -> frozenset[Cell]:
        """The smallest total that is still shown of which this cell is a part, else the smallest of the same table."""
        margin, key = cell
        parts = chain.from_iterable(combinations(range(len(margin)), size) for size in range(len(margin)))
        totals = [(tuple(margin[place] for place in part), tuple(key[place] for place in part)) for part in parts]
        found = [one for one in totals if one not in self.hidden]
        return frozenset(sorted(found, key=lambda one: (-len(one[0]), self.counts[one], one))[:1])


def feasible(
    counts: Mapping[Cell, int], hidden: Iterable[Cell], dimensions: Margin, values: Mapping[str, tuple[str, ...]], *, cell: Cell, sign: int
) -> dict[Cell, int]:
    """A table of whole numbers that gives all that is shown, with as few (``sign`` 1) or as many (-1) in one cell as can be. Raises Invalid."""
    known, secret = dict(counts), set(hidden)
    places = {name: number for number, name in enumerate(dimensions)}
    empty = [(tuple(places[name] for name in margin), key) for (margin, key), count in known.items() if not count and margin]
    every = product(*(values[name] for name in dimensions))
    cells = [key for key in every if not any(tuple(key[at] for at in where) == what for where, what in empty)]
    if len(cells) > MOST_CELLS:
        raise Invalid(f"tables of {len(cells)} cells that share dimensions cannot be checked; expected at most {MOST_CELLS}: show fewer dimensions")
    rows = [one for one in known if known[one]]
    row_of = {one: number for number, one in enumerate(rows)}
    matrix = lil_matrix((len(rows), len(cells)))
    margins = {margin: tuple(places[name] for name in margin) for margin, _ in rows}
    for column, key in enumerate(cells):
        for margin, where in margins.items():
            matrix[row_of[margin, tuple(key[at] for at in where)], column] = 1
    most = sum(known[one] for one in rows if not one[0]) * 2 + 100  # where even the total is hidden: enough to look unbounded
    low = np.array([1 if one in secret else known[one] for one in rows], dtype=float)
    high = np.array([most if one in secret else known[one] for one in rows], dtype=float)
    table = matrix.tocsr()
    goal = sign * table[row_of[cell]].toarray().ravel()
    found = milp(goal, constraints=LinearConstraint(table, low, high), integrality=np.ones(len(cells)), bounds=Bounds(0, most))
    if found.x is None:
        raise Invalid(f"the tables cannot be checked ({found.message}); publish fewer dimensions")
    sums = np.rint(table @ np.rint(found.x)).astype(int)
    return {one: int(sums[number]) for one, number in row_of.items()}
