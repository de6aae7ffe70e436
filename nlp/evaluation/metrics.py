"""Figures of one marker: precision, recall, F1, MCC, average precision, calibration error, each with its bootstrap interval. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.records import Record
from nlp.evaluation.intervals import Estimate, draws, percentile, wilson

if TYPE_CHECKING:
    from nlp.evaluation.intervals import Bools, Floats

BINS = 15  # of equal mass: each holds as many texts, so that the many low scores do not hide the few high ones


class MarkerFigures(Record):
    """How well one marker is found at a decision; ``calibration_error`` is the expected one over 15 equal-mass bins of the score."""

    n: int
    positives: int
    precision: Estimate
    recall: Estimate
    f1: Estimate
    mcc: Estimate
    average_precision: Estimate
    calibration_error: Estimate


class Slice(Record):
    """The decisions on a part of the texts, all markers together; ``n`` counts texts, ``positives`` markers that stand in them."""

    n: int
    positives: int
    precision: Estimate
    recall: Estimate
    f1: Estimate


class Confusion(NamedTuple):
    """Weighted counts, one per resample."""

    tp: Floats
    fp: Floats
    fn: Floats
    tn: Floats


def confusion(truth: Bools, flagged: Bools, weights: Floats) -> Confusion:
    """The counts of each row of ``weights[draws, n]``."""
    masks = (truth & flagged, ~truth & flagged, truth & ~flagged, ~truth & ~flagged)
    return Confusion(*(weights @ mask.astype(np.float64) for mask in masks))


def ratio(part: Floats, whole: Floats) -> Floats:
    """Their ratio, NaN where it is not defined."""
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)


def f1(counts: Confusion) -> Floats:
    """NaN where there is nothing to find and nothing was flagged."""
    return ratio(2 * counts.tp, 2 * counts.tp + counts.fp + counts.fn)


def mcc(counts: Confusion) -> Floats:
    """Matthews' correlation; NaN where a row or a column of the table is empty."""
    tp, fp, fn, tn = counts
    return ratio(tp * tn - fp * fn, np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)))


def average_precision(truth: Bools, scores: Floats, weights: Floats) -> Floats:
    """As scikit-learn's, of each row of ``weights[draws, n]``: equal scores are one step."""
    if not len(scores):
        return np.full(len(weights), np.nan)
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, values=True))
    found = np.cumsum(weights[:, order] * truth[order], axis=1)[:, ends]
    read = np.cumsum(weights[:, order], axis=1)[:, ends]
    precise = np.divide(found, read, out=np.zeros_like(found), where=read > 0)
    return ratio((precise * np.diff(found, axis=1, prepend=0)).sum(axis=1), found[:, -1])


def calibration_error(truth: Bools, scores: Floats, weights: Floats) -> Floats:
    """Expected calibration error over BINS equal-mass bins. The bins are the sample's; resampling adds noise, so the interval leans upwards."""
    if not len(scores):
        return np.full(len(weights), np.nan)
    gap, order = scores - truth, np.argsort(scores, kind="stable")
    bins = np.zeros((len(scores), BINS))
    for number, places in enumerate(np.array_split(order, BINS)):
        bins[places, number] = gap[places]
    error: Floats = np.abs(weights @ bins).sum(axis=1) / len(scores)
    return error


def marker_figures(truth: Bools, scores: Floats, flagged: Bools) -> MarkerFigures:
    """All figures of one marker, from arrays ``[n]``."""
    n, weights = len(truth), draws(len(truth))
    counts = confusion(truth, flagged, weights)
    return MarkerFigures(
        n=n,
        positives=int(truth.sum()),
        precision=percentile(ratio(counts.tp, counts.tp + counts.fp), n=int(flagged.sum())),
        recall=percentile(ratio(counts.tp, counts.tp + counts.fn), n=int(truth.sum())),
        f1=percentile(f1(counts), n=n),
        mcc=percentile(mcc(counts), n=n),
        average_precision=percentile(average_precision(truth, scores, weights), n=n),
        calibration_error=percentile(calibration_error(truth, scores, weights), n=n),
    )


def macro_f1_draws(truth: Bools, flagged: Bools) -> Floats:
    """The mean F1 of the columns of ``[n, markers]``, on ``draws``: comparable case by case between systems."""
    weights = draws(len(truth))
    columns = [f1(confusion(truth[:, place], flagged[:, place], weights)) for place in range(truth.shape[1])]
    return np.asarray(np.mean(columns, axis=0), dtype=np.float64)


def macro_f1(truth: Bools, flagged: Bools) -> Estimate:
    """The mean F1 of the columns of ``[n, markers]``."""
    return percentile(macro_f1_draws(truth, flagged), n=len(truth))


def slice_figures(truth: Bools, flagged: Bools) -> Slice:
    """Decisions of ``[n, markers]``, all markers together; precision and recall with Wilson's interval, F1 by bootstrap over texts."""
    tp, found, real = int((truth & flagged).sum()), int(flagged.sum()), int(truth.sum())
    weights = draws(len(truth))
    hits, total = (weights @ counts.sum(axis=1).astype(np.float64) for counts in (truth & flagged, truth.astype(int) + flagged))
    harmonic = percentile(ratio(2 * hits, total), n=len(truth))
    return Slice(n=len(truth), positives=real, precision=wilson(tp, found), recall=wilson(tp, real), f1=harmonic)


def best_f1_threshold(truth: Bools, scores: Floats) -> float:
    """The score from which flagging gives the best F1. The lowest score of all never flags: to flag every text is no decision."""
    candidates = np.unique(scores[truth & (scores > scores.min(initial=np.inf))])
    if not len(candidates):
        return float(scores.max(initial=0.0)) + 1
    flagged = scores[None, :] >= candidates[:, None]
    hits = (flagged & truth).sum(axis=1)
    return float(candidates[int((2 * hits / (flagged.sum(axis=1) + truth.sum())).argmax())])


def above_share(scores: Floats, share: float) -> float:
    """The score that at most ``share`` of the texts exceed: flag what is strictly above it."""
    return float(np.quantile(scores, 1 - share, method="higher")) if len(scores) else 0.0
