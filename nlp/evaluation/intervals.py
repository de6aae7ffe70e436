"""Figures with 95 % intervals: Wilson's for shares, percentile bootstrap for everything else."""

from __future__ import annotations

from functools import lru_cache
from math import sqrt
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from pydantic import model_validator

from core.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

DRAWS = 1000
SEED = 20261
Z = 1.959963984540054  # two-sided 95 % of the normal distribution


class Estimate(Record):
    """A figure, its 95 % interval and the number of cases behind it. ``value`` is None where the figure is not defined (0 cases, 0 positives)."""

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int

    @model_validator(mode="after")
    def _nothing_from_nothing(self) -> Self:
        if self.value is None and (self.low is not None or self.high is not None):
            raise ValueError("an undefined figure has no interval")
        return self

    def times(self, factor: float) -> Estimate:
        """In another unit, for instance points instead of shares."""
        low, value, high = (None if figure is None else figure * factor for figure in (self.low, self.value, self.high))
        return Estimate(value=value, low=low, high=high, n=self.n)


def wilson(hits: int, n: int) -> Estimate:
    """A share with its Wilson score interval."""
    if n == 0:
        return Estimate(value=None, n=0)
    share = hits / n
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return Estimate(value=share, low=max(middle - half, 0.0), high=min(middle + half, 1.0), n=n)


def share_of(hits: Iterable[bool]) -> Estimate:
    """The share of true among some booleans, Wilson."""
    found = [bool(hit) for hit in hits]
    return wilson(sum(found), len(found))


@lru_cache(maxsize=4)
def draws(n: int, *, count: int = DRAWS, seed: int = SEED) -> Floats:
    """How often each of ``n`` cases stands in each resample: ``[1 + count, n]``; the first row is the sample itself.

    The same ``n`` and seed give the same resamples, so that two systems can be compared case by case.
    """
    if n == 0:
        return np.zeros((1 + count, 0))
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=count)
    found = np.concatenate([np.ones((1, n)), drawn.astype(np.float64)])
    found.setflags(write=False)  # it is shared
    return found


def percentile(column: Floats, *, n: int) -> Estimate:
    """The estimate of a figure computed on ``draws``: first the sample's, then the resamples'. Resamples where it is undefined (NaN) are left out."""
    value, rest = float(column[0]), column[1:][~np.isnan(column[1:])]
    if np.isnan(value):
        return Estimate(value=None, n=n)
    if not len(rest):
        return Estimate(value=value, n=n)
    low, high = np.percentile(rest, [2.5, 97.5])
    return Estimate(value=value, low=float(low), high=float(high), n=n)


def mean_of(values: Floats) -> Estimate:
    """A mean with its bootstrap interval."""
    if not len(values):
        return Estimate(value=None, n=0)
    return percentile(draws(len(values)) @ values / len(values), n=len(values))


def share_by_group(hits: Floats, cases: Floats) -> Estimate:
    """A share over cases that stand in groups, from both counts per group: whole groups are resampled, since the cases of one resemble each other.

    Where every case hits, or none, resampling shows no doubt at all: then Wilson's interval over the groups, as if each were one case.
    """
    n, groups = int(cases.sum()), int((cases > 0).sum())
    if not n:
        return Estimate(value=None, n=0)
    if hits.sum() in (0, n):
        return wilson(groups if hits.sum() else 0, groups).model_copy(update={"n": n})
    weights = draws(len(cases))
    total = weights @ cases
    column = np.divide(weights @ hits, total, out=np.full_like(total, np.nan), where=total > 0)
    return percentile(column, n=n)


def quantile_of(values: Floats, share: float) -> Estimate:
    """A quantile with its bootstrap interval."""
    if not len(values):
        return Estimate(value=None, n=0)
    places = np.random.default_rng(SEED).integers(len(values), size=(DRAWS, len(values)))
    column = np.concatenate([[np.quantile(values, share)], np.quantile(values[places], share, axis=1)])
    return percentile(column, n=len(values))


def rounded(found: Any) -> Any:
    """JSON values with floats rounded to 4 decimals."""
    if isinstance(found, float):
        return round(found, 4)
    if isinstance(found, dict):
        return {key: rounded(value) for key, value in found.items()}
    return [rounded(value) for value in found] if isinstance(found, (list, tuple)) else found
