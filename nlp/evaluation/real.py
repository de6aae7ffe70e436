"""The section ``real``: texts that people published, labelled by a reader or by where they come from, for measuring only.

Labels: 1 asserted or promoted, 0 not, 2 ambiguous, -1 or null not read. What is ambiguous or not read is left out of every figure.
Thresholds were chosen on half of the ordinary streams (``nlp.calibrate.chooses``): figures of the other half, ``held_out``, are the honest ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import ConfigDict

from core.records import MARKERS, Marker, Record
from nlp.calibrate import UNKNOWN, chooses
from nlp.evaluation.answers import any_marker
from nlp.evaluation.intervals import Estimate, draws, percentile, share_of
from nlp.evaluation.lines import load_lines
from nlp.evaluation.metrics import above_share, average_precision

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from nlp.evaluation.answers import Scored
    from nlp.evaluation.intervals import Bools, Floats

Label = Literal[-1, 0, 1, 2] | None

EXPECTED = "JSON Lines with id, text, domain and a label (1, 0, 2, -1 or null) for each marker"
STREAM, HARD = "stream:", "hard_negative:"
TWEETS = ("tweet", "tweet/forum")
# the recalls and average precisions that the project set itself as goals: name, marker, domains
RECALLS: dict[str, tuple[Marker, tuple[str, ...]]] = {
    "gourou_secte_recall": ("gourou", ("texte_interne_secte",)),
    "abandon_soins_blog_recall": ("abandon_soins", ("site/blog",)),
    "complotisme_tweets_recall": ("complotisme", TWEETS),
}
STREAM_SHARE = 0.01  # the operating point at which systems are compared


class RealRow(Record):
    """One text."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    text: str
    domain: str
    gourou: Label = None
    complotisme: Label = None
    abandon_soins: Label = None

    @property
    def labels(self) -> tuple[Label, ...]:
        """In the order of MARKERS."""
        return tuple(getattr(self, marker) for marker in MARKERS)


class DomainMarker(Record):
    """One marker on the texts of a domain that were read for it."""

    n: int
    positives: int
    recall: Estimate
    average_precision: Estimate
    flagged: Estimate
    alerte: Estimate


class Domain(Record):
    """One domain; ``flagged`` and ``alerte`` are shares of its texts with any marker, whatever their labels."""

    n: int
    flagged: Estimate
    alerte: Estimate
    markers: dict[Marker, DomainMarker]


class AtOnePercent(Record):
    """Recall where ``threshold`` lets at most 1 % of the ordinary streams through for this marker: comparable between systems."""

    threshold: float
    recall: Estimate


class RealFigures(Record):
    """All figures on real texts; ``unread`` domains have no labels and count nowhere else."""

    n: int
    pooled: dict[str, Estimate]
    at_one_percent: dict[str, AtOnePercent]
    domains: dict[str, Domain]
    unread: dict[str, Domain]


def load_real(path: Path) -> list[RealRow]:
    """The texts of a file, empty ones left out. Raises Invalid that names file and line."""
    return [row for row in load_lines(path, RealRow, expected=EXPECTED) if row.text.strip()]


def real_figures(rows: Sequence[RealRow], scored: Scored) -> RealFigures:
    """The figures of a system's scores and decisions."""
    names = sorted({row.domain for row in rows})
    domains = {name: _domain(rows, scored, [place for place, row in enumerate(rows) if row.domain == name]) for name in names}
    known = {name: found for name, found in domains.items() if not _unread(name)}
    apart = {name: found for name, found in domains.items() if _unread(name)}
    return RealFigures(n=len(rows), pooled=_pooled(rows, scored), at_one_percent=_at_one_percent(rows, scored), domains=known, unread=apart)


def _unread(domain: str) -> bool:
    return any(word in domain for word in UNKNOWN)


def _at(rows: Sequence[RealRow], chosen: Callable[[RealRow], bool]) -> list[int]:
    return [place for place, row in enumerate(rows) if chosen(row)]


def _innocent(rows: Sequence[RealRow], start: str) -> list[int]:
    """Places of the texts of some domains that are labelled 0 for every marker."""
    return _at(rows, lambda row: row.domain.startswith(start) and not _unread(row.domain) and set(row.labels) == {0})


def _domain(rows: Sequence[RealRow], scored: Scored, places: list[int]) -> Domain:
    markers = {marker: _marker(rows, scored, number, places) for number, marker in enumerate(MARKERS)}
    return Domain(n=len(places), flagged=_any(scored.flagged, places), alerte=_any(scored.alerted, places), markers=markers)


def _marker(rows: Sequence[RealRow], scored: Scored, number: int, places: list[int]) -> DomainMarker:
    read = [place for place in places if rows[place].labels[number] in (0, 1)]
    positive = [place for place in read if rows[place].labels[number] == 1]
    return DomainMarker(
        n=len(read),
        positives=len(positive),
        recall=share_of(scored.flagged[positive, number]),
        average_precision=_precision(rows, scored, number, read),
        flagged=share_of(scored.flagged[read, number]),
        alerte=share_of(scored.alerted[read, number]),
    )


def _precision(rows: Sequence[RealRow], scored: Scored, number: int, read: list[int]) -> Estimate:
    if not any(rows[place].labels[number] == 1 for place in read):
        return Estimate(value=None, n=len(read))
    return percentile(_precision_draws(rows, scored, number, read), n=len(read))


def _precision_draws(rows: Sequence[RealRow], scored: Scored, number: int, read: list[int]) -> Floats:
    truth = np.array([rows[place].labels[number] == 1 for place in read], dtype=np.bool_)
    return average_precision(truth, scored.scores[read, number], draws(len(read)))


def tweets_precision_draws(rows: Sequence[RealRow], scored: Scored) -> tuple[int, Floats]:
    """How many tweets were read for complotisme, and its average precision on them, on ``draws``: comparable case by case between systems."""
    read = _tweets_read(rows)
    return len(read), _precision_draws(rows, scored, MARKERS.index("complotisme"), read)


def _tweets_read(rows: Sequence[RealRow]) -> list[int]:
    return _at(rows, lambda row: row.domain in TWEETS and row.complotisme in (0, 1))


def _any(flagged: Bools, places: Sequence[int]) -> Estimate:
    return share_of(any_marker(flagged[list(places)]))


def _pooled(rows: Sequence[RealRow], scored: Scored) -> dict[str, Estimate]:
    streams, hard = _innocent(rows, STREAM), _innocent(rows, HARD)
    held = [place for place in streams if not chooses(rows[place].id)]
    found = {
        "streams_flagged": _any(scored.flagged, streams),
        "streams_flagged_held_out": _any(scored.flagged, held),
        "streams_alerte": _any(scored.alerted, streams),
        "streams_alerte_held_out": _any(scored.alerted, held),
        "hard_negatives_flagged": _any(scored.flagged, hard),
        "hard_negatives_alerte": _any(scored.alerted, hard),
    }
    found["complotisme_tweets_average_precision"] = _precision(rows, scored, MARKERS.index("complotisme"), _tweets_read(rows))
    return found | {name: share_of(scored.flagged[_positives(rows, name), MARKERS.index(marker)]) for name, (marker, _) in RECALLS.items()}


def _positives(rows: Sequence[RealRow], name: str) -> list[int]:
    marker, domains = RECALLS[name]
    return _at(rows, lambda row: row.domain in domains and row.labels[MARKERS.index(marker)] == 1)


def _at_one_percent(rows: Sequence[RealRow], scored: Scored) -> dict[str, AtOnePercent]:
    streams = _innocent(rows, STREAM)
    found = {}
    for name, (marker, _) in RECALLS.items():
        column = scored.scores[:, MARKERS.index(marker)]
        threshold = above_share(column[streams], STREAM_SHARE)
        found[name] = AtOnePercent(threshold=threshold, recall=share_of(column[_positives(rows, name)] > threshold))
    return found
