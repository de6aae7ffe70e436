"""The section ``robustness``: what each noise of nlp/noise.py costs, in points of recall and of false positives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.records import MARKERS, Marker, Record
from nlp.evaluation.answers import any_marker, seeded, truth_of
from nlp.evaluation.intervals import Estimate, draws, percentile
from nlp.evaluation.metrics import ratio
from nlp.noise import NOISES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nlp.corpus import Row
    from nlp.evaluation.answers import Answers
    from nlp.evaluation.intervals import Bools, Floats

POINTS = 100


class Cost(Record):
    """One noise: falls are recall without noise minus recall with it, the rise is that of negatives with any marker flagged; all in points."""

    recall_fall: dict[Marker, Estimate]
    overall_fall: Estimate  # all markers together
    false_positive_rise: Estimate


class Robustness(Record):
    """Each noise, and how many texts bore it."""

    positives: int
    negatives: int
    noises: dict[str, Cost]


def robustness(positives: Sequence[Row], negatives: Sequence[Row], answers: Answers) -> Robustness:
    """The cost of each noise; each text draws its noise by a seed of its own."""
    noises = {name: _cost(name, positives, negatives, answers) for name in NOISES}
    return Robustness(positives=len(positives), negatives=len(negatives), noises=noises)


def noisy(name: str, text: str) -> str:
    """A text under a noise, always the same."""
    return NOISES[name](text, seeded(name, text))


def _cost(name: str, positives: Sequence[Row], negatives: Sequence[Row], answers: Answers) -> Cost:
    truth = truth_of(positives)
    before, after = (found & truth for found in _read(name, positives, answers))
    clean, noised = (any_marker(found)[:, None] for found in _read(name, negatives, answers))
    every = np.ones_like(clean)
    return Cost(
        recall_fall={marker: _change(before[:, [at]], after[:, [at]], truth[:, [at]]) for at, marker in enumerate(MARKERS)},
        overall_fall=_change(before, after, truth),
        false_positive_rise=_change(noised, clean, every),
    )


def _read(name: str, rows: Sequence[Row], answers: Answers) -> tuple[Bools, Bools]:
    clean = answers.scored([row.text for row in rows], what="robustness")
    return clean.flagged, answers.scored([noisy(name, row.text) for row in rows], what=f"robustness: {name}").flagged


def _change(first: Bools, second: Bools, whole: Bools) -> Estimate:
    """Share of ``whole`` in ``first`` minus that in ``second``, in points; resampled by text, so that the pairs stay together."""
    weights = draws(len(whole))
    total = weights @ _count(whole)
    return percentile(ratio(weights @ _count(first) - weights @ _count(second), total), n=int(whole.sum())).times(POINTS)


def _count(found: Bools) -> Floats:
    return np.asarray(found.sum(axis=1), dtype=np.float64)
