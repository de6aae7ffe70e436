"""What the scores miss: counts of the index and decisions of people, put before the estimator of index/sampling.py."""

from __future__ import annotations

import math
from collections import Counter
from datetime import timedelta
from itertools import chain, combinations
from typing import TYPE_CHECKING

from cases import decisions
from core.records import MARKERS
from index.queries import Query, Range
from index.sampling import FlaggedCount, StratumCount, recall_estimate, stratum

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from cases.database import Database
    from cases.decisions import Decided
    from core.records import Lane, Marker
    from index.documents import Entry
    from index.protocol import Index
    from index.sampling import Recall, Sounding


def recall(index: Index, database: Database, *, rules: Sounding, now: datetime, days: int) -> Recall:
    """The estimate for what was collected in the last ``days``, which no retention period has thinned out. Raises Unavailable, ConfigError."""
    since = Range(field="collected_at", gte=now - timedelta(days=days), lte=now)
    return recall_estimate(strata_counts(index, database, rules=rules, since=since), flagged_count(index, database, since=since), rules=rules)


def strata_counts(index: Index, database: Database, *, rules: Sounding, since: Range) -> tuple[StratumCount, ...]:
    """What is known of each stratum, exactly."""
    drawn: Counter[str] = Counter()
    reviewed: Counter[str] = Counter()
    positives: dict[str, Counter[Marker]] = {part.name: Counter() for part in rules.strata}
    entries = {entry["id"]: stratum(scores_of(entry), rules=rules).name for entry in _lane(index, "sondage", since)}
    drawn.update(entries.values())
    for name, decided in decisions.standing(database, entries).items():
        reviewed[entries[name]] += 1
        positives[entries[name]].update(decided.markers)
    population = _populations(index, rules, since)
    return tuple(
        StratumCount(
            stratum=part.name,
            population=max(population[part.name], drawn[part.name]),  # what was published between the two counts
            drawn=drawn[part.name],
            reviewed=reviewed[part.name],
            positives=dict(positives[part.name]),
        )
        for part in rules.strata
    )


def flagged_count(index: Index, database: Database, *, since: Range) -> FlaggedCount:
    """What is known of the flagged documents."""
    ids = [entry["id"] for entry in _lane(index, "signale", since)]
    found = decisions.standing(database, ids)
    return FlaggedCount(population=len(ids), reviewed=len(found), confirmed=_markers(found.values()))


def scores_of(entry: Entry) -> Mapping[str, float | None]:
    """The probability of each marker."""
    return {marker: entry[f"score_{marker}"] for marker in MARKERS}


def _markers(decided: Iterable[Decided]) -> dict[Marker, int]:
    return dict(Counter(marker for one in decided for marker in one.markers))


def _lane(index: Index, lane: Lane, since: Range) -> Iterable[Entry]:
    return index.scan(Query(terms={"lane": (lane,)}, ranges=(since,), sort="collected_at"))


def _populations(index: Index, rules: Sounding, since: Range) -> dict[str, int]:
    """Unflagged documents of each stratum: those that reach its thresholds or those of an earlier one, less those of the earlier ones."""
    least, earlier, found = dict.fromkeys(MARKERS, math.inf), 0, dict[str, int]()
    for part in rules.strata:
        least = {marker: min(bound, part.at_least.get(marker, math.inf)) for marker, bound in least.items()}
        reaching = _reaching(index, least, since)
        found[part.name], earlier = reaching - earlier, reaching
    return found


def _reaching(index: Index, least: Mapping[Marker, float], since: Range) -> int:
    """How many unflagged documents have a probability that reaches its bound, by inclusion and exclusion; one that a model does not give is 0."""
    if any(bound <= 0 for bound in least.values()):
        return _count(index, {}, since)
    bounded = [marker for marker, bound in least.items() if bound <= 1]
    ways = chain.from_iterable(combinations(bounded, size) for size in range(1, len(bounded) + 1))
    return sum((-1) ** (len(all_of) + 1) * _count(index, {marker: least[marker] for marker in all_of}, since) for all_of in ways)


def _count(index: Index, bounds: Mapping[Marker, float], since: Range) -> int:
    reached = (Range(field=f"score_{marker}", gte=bound) for marker, bound in bounds.items())
    return index.search(Query(without={"lane": ("signale",)}, ranges=(since, *reached), size=1)).total
