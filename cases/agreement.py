"""How far two readers agree beyond chance: Cohen's kappa and Krippendorff's alpha for nominal values, with intervals. Pure.

Our own few lines, because the library for alpha is under the GPL. The tests hold them against scikit-learn's kappa and against the worked examples of
Krippendorff (2011), "Computing Krippendorff's alpha-reliability", and of Cohen (1960). The intervals are of a bootstrap over items: percentiles of
the same figure on as many items, drawn again with replacement.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SEED = 11
INTERVAL = (2.5, 97.5)  # percentiles
Value = str | bool | None  # None: not answered


class Figure(NamedTuple):
    """A figure with its interval of 95 %; all None where all answers are the same, so that chance alone would agree, or where there are none."""

    value: float | None
    low: float | None
    high: float | None


UNKNOWN = Figure(None, None, None)


def kappa(pairs: Sequence[tuple[Value, Value]], *, samples: int = 1000) -> Figure:
    """Cohen's kappa of items that two people answered; items with a missing answer do not count."""
    full = [pair for pair in pairs if None not in pair]
    values = sorted({value for pair in full for value in pair}, key=str)
    if len(values) < 2:
        return UNKNOWN
    place = {value: number for number, value in enumerate(values)}
    table = np.zeros((len(values), len(values)))
    for first, second in full:
        table[place[first], place[second]] += 1
    flat = table.reshape(1, -1)
    return _figure(_kappas(flat), _kappas(_drawn(flat[0], samples)))


def alpha(units: Sequence[Sequence[Value]], *, samples: int = 1000) -> Figure:
    """Krippendorff's alpha, nominal, of items with the answers of any number of people; items with fewer than two answers do not count."""
    full = [answers for answers in ([value for value in unit if value is not None] for unit in units) if len(answers) > 1]
    values = sorted({value for answers in full for value in answers}, key=str)
    if len(values) < 2:
        return UNKNOWN
    patterns = Counter(tuple(answers.count(value) for value in values) for answers in full)
    counts = np.array(list(patterns), dtype=float)  # pattern x value: how many people gave it
    times = np.array(list(patterns.values()), dtype=float)
    return _figure(_alphas(times.reshape(1, -1), counts), _alphas(_drawn(times, samples), counts))


def _kappas(tables: Floats) -> Floats:
    """Of flat square tables, one a row; NaN where chance agrees always."""
    size = int(np.sqrt(tables.shape[1]))
    shares = tables.reshape(-1, size, size) / tables.sum(axis=1).reshape(-1, 1, 1)
    observed = np.trace(shares, axis1=1, axis2=2)
    expected = (shares.sum(axis=1) * shares.sum(axis=2)).sum(axis=1)
    return _ratio(observed - expected, 1 - expected)


def _alphas(weights: Floats, counts: Floats) -> Floats:
    """Of draws x patterns, how often each pattern was drawn; NaN where all answers of a draw are alike."""
    people = counts.sum(axis=1)
    differing = (people**2 - (counts**2).sum(axis=1)) / (people - 1)  # ordered pairs that differ, each answer counted once
    totals = weights @ counts
    number = totals.sum(axis=1)
    expected = (number**2 - (totals**2).sum(axis=1)) / (number - 1)
    return 1 - _ratio(weights @ differing, expected)


def _ratio(above: Floats, below: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(np.abs(below) < 1e-12, np.nan, above / below)


def _drawn(times: Floats, samples: int) -> Floats:
    number = int(times.sum())
    return np.random.default_rng(SEED).multinomial(number, times / times.sum(), size=samples).astype(float)


def _figure(found: Floats, drawn: Floats) -> Figure:
    """Draws in which nothing varies have no figure and are left out."""
    known = drawn[~np.isnan(drawn)]
    if np.isnan(found[0]) or not len(known):
        return UNKNOWN
    low, high = np.percentile(known, INTERVAL)
    return Figure(float(found[0]), float(low), float(high))
