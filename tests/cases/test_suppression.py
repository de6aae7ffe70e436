"""Cells under five cannot be computed from what is shown: searched exhaustively on small tables, and by linear programming on larger ones."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
from scipy.optimize import linprog

from cases.suppression import LEAST, Protected, protect
from core.errors import Invalid

Key = tuple[str, ...]
Table = dict[Key, int]


def invented(rng: random.Random, *sizes: int, counts: tuple[int, ...] = (0, 0, 1, 2, 3, 4, 5, 7, 12, 30)) -> Table:
    """A table with a value of every dimension at least once."""
    keys = product(*[[f"{name}{number}" for number in range(size)] for name, size in zip("abcd", sizes, strict=False)])
    return {key: number for key in keys if (number := rng.choice(counts))}


def sums(records: Table, dimensions: tuple[str, ...], margin: tuple[str, ...]) -> Counter[Key]:
    found: Counter[Key] = Counter()
    for key, number in records.items():
        found[tuple(key[dimensions.index(name)] for name in margin)] += number
    return found


def attack(found: Protected, records: Table, dimensions: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Key, int, float, float]]:
    """What somebody with all shown cells can say of each cell under five: (margin, key, its number, least, most). Written apart from the product."""
    keys = list(product(*[found.values[name] for name in dimensions]))
    equal, least = [], []
    rows: dict[tuple[tuple[str, ...], Key], list[int]] = {}
    for margin, cells in found.shown.items():
        places = [dimensions.index(name) for name in margin]
        for key, shown in cells.items():
            row = [int(tuple(one[place] for place in places) == key) for one in keys]
            rows[margin, key] = row
            equal += [(row, shown)] if shown is not None else []
            least += [([-part for part in row], -1)] if shown is None else []
    system = {
        "A_eq": np.array([row for row, _ in equal]) if equal else None, "b_eq": np.array([value for _, value in equal]) if equal else None,
        "A_ub": np.array([row for row, _ in least]) if least else None, "b_ub": np.array([value for _, value in least]) if least else None,
    }  # fmt: skip
    for (margin, key), row in rows.items():
        number = sums(records, dimensions, margin)[key]
        if 0 < number < LEAST:
            low, high = (linprog(np.array(row) * sign, **system, bounds=(0, 10_000), method="highs") for sign in (1, -1))
            yield margin, key, number, low.fun, -high.fun


def exactly(found: Protected, records: Table) -> Iterator[tuple[Key, set[int]]]:
    """Of a one- or two-way table with few things in it: every whole number that each cell under five can have, by trying all tables."""
    dimensions = tuple(found.values)
    keys = list(product(*found.values.values()))
    total, most = sum(records.values()), max(records.values()) + 6
    possible: dict[Key, set[int]] = {key: set() for key, number in records.items() if 0 < number < LEAST}
    shown = [(margin, key, value) for margin, cells in found.shown.items() for key, value in cells.items()]
    for values in product(range(min(total, most) + 1), repeat=len(keys)):
        table = dict(zip(keys, values, strict=True))
        known = {margin: sums(table, dimensions, margin) for margin in found.shown}
        if all(known[margin][key] == value if value is not None else known[margin][key] >= 1 for margin, key, value in shown):
            for key, seen in possible.items():
                seen.add(table[key])
    yield from possible.items()


def naive(records: Table, dimensions: tuple[str, ...], margins: list[tuple[str, ...]]) -> Protected:
    """Only cells under five are hidden: what the search must see through."""
    values = {name: tuple(sorted({key[place] for key in records})) for place, name in enumerate(dimensions)}
    shown: dict[tuple[str, ...], dict[Key, int | None]] = {}
    for margin in margins:
        known = sums(records, dimensions, margin)
        every = product(*[values[name] for name in margin])
        shown[margin] = {key: None if 0 < known[key] < LEAST else known[key] for key in every}
    return Protected(shown, values)


def test_totals_give_away_what_alone_is_hidden() -> None:
    records = {("a0", "b0"): 3, ("a0", "b1"): 20, ("a1", "b0"): 30, ("a1", "b1"): 40}
    cells = list(attack(naive(records, ("a", "b"), [(), ("a",), ("b",), ("a", "b")]), records, ("a", "b")))
    assert cells == [(("a", "b"), ("a0", "b0"), 3, 3, 3)]


@pytest.mark.parametrize(("sizes", "tables"), [
    ((3,), [("a",)]), ((6,), [("a",)]), ((3, 3), [("a", "b")]), ((2, 4), [("a", "b")]), ((2, 2, 2), [("a", "b", "c")]),
    ((3, 3, 3), [("a", "b", "c")]), ((3, 3, 3), [("a", "b"), ("b", "c")]), ((3, 4, 2), [("a", "b"), ("c",)]), ((2, 3, 2, 2), [("a", "b"), ("c", "d")]),
])  # fmt: skip
def test_nobody_can_tell_a_hidden_cell_from_one_of_five(sizes: tuple[int, ...], tables: list[tuple[str, ...]]) -> None:
    rng, dimensions = random.Random(f"{sizes}{tables}"), tuple("abcd"[: len(sizes)])
    seen = 0
    for _ in range(3 if len(sizes) == 3 else 6):
        records = invented(rng, *sizes)
        if not records:
            continue
        found = protect(records, dimensions, tables)
        for margin, key, number, low, high in attack(found, records, dimensions):
            seen += 1
            assert found.shown[margin][key] is None
            assert high >= LEAST, (records, margin, key, number, low, high)
            assert high - low >= LEAST - 1, (records, margin, key, number, low, high)
        for margin, cells in found.shown.items():
            known = sums(records, dimensions, margin)
            assert all(value in (None, known[key]) for key, value in cells.items())
            assert all(value == 0 for key, value in cells.items() if not known[key]), "nobody is shown as nobody"
    assert seen


def test_whole_numbers_tell_no_more() -> None:
    """Integers alone can say what no line says: all whole tables are tried."""
    rng = random.Random(3)
    for sizes in ((3,), (2, 2), (2, 2)):
        records = invented(rng, *sizes, counts=(0, 1, 2, 4, 5, 6))
        found = protect(records, ("a", "b")[: len(sizes)], [("a", "b")[: len(sizes)]])
        for _, possible in exactly(found, records):
            assert max(possible) >= LEAST
            assert max(possible) - min(possible) >= LEAST - 1


def test_the_search_sees_through_half_measures() -> None:
    """Hiding a second cell of the row alone leaves the column: the search finds it."""
    records = {("a0", "b0"): 3, ("a0", "b1"): 20, ("a1", "b0"): 30, ("a1", "b1"): 40}
    half = naive(records, ("a", "b"), [(), ("a",), ("b",), ("a", "b")])
    half.shown["a", "b"]["a0", "b1"] = None
    assert [cell[3:] for cell in attack(half, records, ("a", "b"))] == [(3, 3)]


def test_nothing_is_hidden_without_need() -> None:
    records = {("a0", "b0"): 10, ("a0", "b1"): 20, ("a1", "b0"): 30, ("a1", "b1"): 0 + 40}
    assert all(value is not None for cells in protect(records, ("a", "b"), [("a", "b")]).shown.values() for value in cells.values())
    kept = protect({("x",): 2, ("y",): 9, ("z",): 50}, ("a",), [("a",)]).shown
    assert kept["a",] == {("x",): None, ("y",): None, ("z",): 50}
    assert kept[()][()] == 61


def test_fewer_than_five_in_all_show_nothing() -> None:
    found = protect({("x", "u"): 2, ("y", "u"): 1}, ("a", "b"), [("a",), ("b",)])
    assert all(value is None for cells in found.shown.values() for value in cells.values() if value != 0)


def test_where_one_table_cannot_show_its_total_no_other_does() -> None:
    """Five things, one of one kind and four of another: only without the total is it hidden that four is under five."""
    found = protect({("x", "u"): 1, ("y", "u"): 4}, ("a", "b"), [("a",), ("b",)])
    assert found.shown[()][()] is None
    assert found.shown["b",]["u",] is None


def test_tables_that_cannot_be_checked_are_refused() -> None:
    records = dict.fromkeys(product(*[[f"{name}{number}" for number in range(15)] for name in "abc"]), 1)
    with pytest.raises(Invalid, match="fewer dimensions"):
        protect(records, ("a", "b", "c"), [("a", "b", "c")])


def test_the_same_table_hides_the_same() -> None:
    records = invented(random.Random(5), 3, 4)
    turned = dict(reversed(records.items()))
    assert protect(records, ("a", "b"), [("a", "b")]) == protect(turned, ("a", "b"), [("a", "b")])


def test_tables_that_share_a_dimension_are_looked_at_together() -> None:
    """Each of these two tables is safe alone; the other one gives it away."""
    records = {("a0", "b0", "c1"): 9, ("a0", "b1", "c0"): 2, ("a1", "b1", "c0"): 9, ("a1", "b1", "c1"): 9}
    found = protect(records, ("a", "b", "c"), [("a", "b"), ("b", "c")])
    for *_, low, high in attack(found, records, ("a", "b", "c")):
        assert high >= LEAST
        assert high - low >= LEAST - 1
