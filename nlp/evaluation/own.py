"""The section ``test``: the rows of one part of the corpus."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from core.records import MARKERS, Marker, Record
from nlp.evaluation.answers import Scored, as_arrays, true_positives, truth_of
from nlp.evaluation.hits import Hits, hit_rates
from nlp.evaluation.intervals import Estimate, share_of
from nlp.evaluation.metrics import MarkerFigures, Slice, macro_f1, marker_figures, slice_figures

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.records import Assessment
    from nlp.corpus import Row
    from nlp.evaluation.intervals import Bools

LENGTHS = ((20, "1-20"), (60, "21-60"), (200, "61-200"))  # words up to, name
LONGEST = "201+"


class Decisions(Record):
    """Figures that scores and decisions alone give: the same for the model and for every baseline. Decisions are those at ``a_lire``."""

    n: int
    markers: dict[Marker, MarkerFigures]
    macro_f1: Estimate
    hard_negatives: Estimate  # share with any marker flagged
    ordinary: Estimate


class Alerts(Record):
    """Decisions ``alerte``."""

    markers: dict[Marker, Slice]
    hard_negatives: Estimate
    ordinary: Estimate


class OwnFigures(Decisions):
    """Everything that is measured on rows of the corpus."""

    alerts: Alerts
    evidence: Hits
    by_format: dict[str, Slice]
    by_register: dict[str, Slice]
    by_length: dict[str, Slice]  # words
    by_exclusion: dict[str, Estimate]  # hard negatives with any marker flagged, per reason why they are none


def decisions(rows: Sequence[Row], scored: Scored) -> Decisions:
    """The figures of a system's scores and decisions."""
    truth = truth_of(rows)
    markers = {marker: marker_figures(truth[:, at], scored.scores[:, at], scored.flagged[:, at]) for at, marker in enumerate(MARKERS)}
    hard = _any_flagged(rows, scored.flagged, lambda row: row.kind == "hard_negative")
    ordinary = _any_flagged(rows, scored.flagged, lambda row: row.kind == "ordinary")
    return Decisions(n=len(rows), markers=markers, macro_f1=macro_f1(truth, scored.flagged), hard_negatives=hard, ordinary=ordinary)


def own_figures(rows: Sequence[Row], answers: Sequence[Assessment]) -> OwnFigures:
    """All figures of the model on rows."""
    scored, truth = as_arrays(answers), truth_of(rows)
    return OwnFigures(
        **decisions(rows, scored).model_dump(),
        alerts=_alerts(rows, scored.alerted),
        evidence=hit_rates(true_positives(rows, answers)),
        by_format=_slices(rows, truth, scored.flagged, lambda row: row.format),
        by_register=_slices(rows, truth, scored.flagged, lambda row: row.register_),
        by_length=_slices(rows, truth, scored.flagged, lambda row: length_class(row.text)),
        by_exclusion=_exclusions(rows, scored.flagged),
    )


def length_class(text: str) -> str:
    """By words."""
    words = len(text.split())
    return next((name for most, name in LENGTHS if words <= most), LONGEST)


def _alerts(rows: Sequence[Row], alerted: Bools) -> Alerts:
    truth = truth_of(rows)
    markers = {marker: slice_figures(truth[:, [at]], alerted[:, [at]]) for at, marker in enumerate(MARKERS)}
    hard = _any_flagged(rows, alerted, lambda row: row.kind == "hard_negative")
    return Alerts(markers=markers, hard_negatives=hard, ordinary=_any_flagged(rows, alerted, lambda row: row.kind == "ordinary"))


def _any_flagged(rows: Sequence[Row], flagged: Bools, chosen: Callable[[Row], bool]) -> Estimate:
    return share_of(bool(flagged[place].any()) for place, row in enumerate(rows) if chosen(row))


def _slices(rows: Sequence[Row], truth: Bools, flagged: Bools, key: Callable[[Row], str]) -> dict[str, Slice]:
    groups = defaultdict(list)
    for place, row in enumerate(rows):
        groups[key(row)].append(place)
    return {name: slice_figures(truth[groups[name]], flagged[groups[name]]) for name in sorted(groups)}


def _exclusions(rows: Sequence[Row], flagged: Bools) -> dict[str, Estimate]:
    groups = defaultdict(list)
    for place, row in enumerate(rows):
        if row.kind == "hard_negative":
            groups[row.exclusion or "(none)"].append(bool(flagged[place].any()))
    return {kind: share_of(found) for kind, found in sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0]))}
