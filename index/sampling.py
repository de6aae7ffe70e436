"""The sounding: a small random part of what the scores do not flag, read by people to estimate what is missed. Pure.

The lot of an item depends on its id and on a salt alone: a document is drawn or not whatever the run, the machine or the order of arrival. Each
stratum has its own rate, which is the known probability of being drawn; whoever counts may weigh an item by its inverse.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, NamedTuple, Self

from pydantic import Field, model_validator

from core.records import MARKERS, Marker, Probability, Record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    Scores = Mapping[str, float | None] | Mapping[Marker, float | None]

DRAWS = 20_000  # simulated totals behind an interval: its ends move by less than 1 % between seeds
SEED = 5


class Stratum(Record):
    """Unflagged items of which at least one marker's probability reaches ``at_least``; the first that fits is the item's."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z_]*$")]
    at_least: dict[Marker, Probability]
    rate: Annotated[float, Field(gt=0, le=1)]  # share that is drawn


class Sounding(Record):
    """How the sounding is drawn, and when its result may be told."""

    salt: Annotated[str, Field(min_length=1)]
    least_reviewed: Annotated[int, Field(ge=1)]  # per stratum: below it no estimate is told
    strata: Annotated[tuple[Stratum, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _each_item_has_a_stratum(self) -> Self:
        names = [one.name for one in self.strata]
        if len(set(names)) != len(names):
            raise ValueError(f"strata: a name stands twice in {', '.join(names)}")
        if set(self.strata[-1].at_least) != set(MARKERS) or any(self.strata[-1].at_least.values()):
            raise ValueError("strata: the last one takes what is left; give it at_least 0 for each marker")
        return self


class StratumCount(Record):
    """What is known of one stratum of unflagged items, over the time that is looked at."""

    stratum: str  # name of harm.yml
    population: Annotated[int, Field(ge=0)]  # unflagged documents of the stratum, drawn or not
    drawn: Annotated[int, Field(ge=0)]  # of these, in the sounding
    reviewed: Annotated[int, Field(ge=0)]  # of these, decided by a person
    positives: dict[Marker, int] = Field(default_factory=dict)  # reviewed documents in which people found the marker; absent: 0

    @model_validator(mode="after")
    def _nested(self) -> Self:
        found = self.positives.values()
        if not 0 <= min(found, default=0) <= max(found, default=0) <= self.reviewed <= self.drawn <= self.population:
            raise ValueError(f"stratum {self.stratum}: expected 0 <= positives <= reviewed <= drawn <= population")
        return self


class FlaggedCount(Record):
    """What is known of the flagged documents, whatever marker flagged them, over the same time."""

    population: Annotated[int, Field(ge=0)]
    reviewed: Annotated[int, Field(ge=0)]
    confirmed: dict[Marker, int] = Field(default_factory=dict)  # reviewed documents in which people found the marker; absent: 0

    @model_validator(mode="after")
    def _nested(self) -> Self:
        found = self.confirmed.values()
        if not 0 <= min(found, default=0) <= max(found, default=0) <= self.reviewed <= self.population:
            raise ValueError("flagged: expected 0 <= confirmed <= reviewed <= population")
        return self


class Interval(NamedTuple):
    """A number with the ends of its 95 % interval."""

    value: float
    low: float
    high: float


class Estimate(Record):
    """What is missed of one marker; ``missed`` and ``recall`` are None where too little was reviewed, and ``text`` says so."""

    marker: Marker
    missed: Interval | None  # documents that show the marker and that no score flagged
    recall: Interval | None  # share of the documents showing the marker that are flagged; None too where no such document is known
    needed: int  # further reviews that it takes before a number is told; 0: none
    text: str  # one French sentence


class Recall(Record):
    """The estimate for each marker, and what it takes for granted, in French."""

    estimates: tuple[Estimate, ...]
    assumptions: tuple[str, ...]


def stratum(scores: Scores, *, rules: Sounding) -> Stratum:
    """The stratum of an unflagged item, by its probability per marker; None or absent counts as 0."""
    return next(one for one in rules.strata if any((scores.get(marker) or 0) >= least for marker, least in one.at_least.items()))


def lot(document_id: str, *, salt: str) -> float:
    """The item's number in the draw, uniform in [0, 1): the same on every machine. Another salt gives another draw."""
    return int.from_bytes(hashlib.blake2b(f"{salt}\n{document_id}".encode(), digest_size=6).digest(), "big") / 2**48


def drawn(document_id: str, scores: Scores, *, rules: Sounding) -> bool:
    """Whether an unflagged item is in the sounding; its probability to be is ``stratum(...).rate``."""
    return lot(document_id, salt=rules.salt) < stratum(scores, rules=rules).rate


ASSUMPTIONS = (
    "Les items lus du sondage sont ceux que le tirage a donnés, ou une part d'entre eux prise sans regarder leur contenu.",
    "Dans les items signalés, ceux qui n'ont pas été lus ne sont pas plus souvent confirmés que ceux qui l'ont été ; le bas de l'intervalle suppose "
    "qu'aucun ne le serait.",
    "La lecture humaine fait foi : un signe qu'elle ne voit pas n'est pas compté.",
    "L'estimation porte sur ce qui a été collecté, avec le modèle et les seuils de la période ; elle ne dit rien des sources que l'on ne lit pas.",
)


def recall_estimate(strata: Sequence[StratumCount], flagged: FlaggedCount, *, rules: Sounding) -> Recall:
    """Missed documents and recall per marker with 95 % intervals. A document counts as found when it is flagged, whatever marker flagged it.

    The total over the strata is simulated from the two distributions that give Clopper and Pearson's interval in one stratum, so that it holds its
    promise with few reviews too; what is left to read in a finite stratum is drawn as a binomial. Deterministic.
    """
    read = [(part.population, part.reviewed) for part in strata] + [(flagged.population, flagged.reviewed)]
    needed = sum(max(0, min(rules.least_reviewed, population) - reviewed) for population, reviewed in read)
    return Recall(estimates=tuple(_estimate(marker, strata, flagged, needed=needed) for marker in MARKERS), assumptions=ASSUMPTIONS)


def _estimate(marker: Marker, strata: Sequence[StratumCount], flagged: FlaggedCount, *, needed: int) -> Estimate:
    if needed:
        text = f"Trop peu d'items lus pour donner un nombre : il en faut au moins {needed} de plus, pris dans le sondage et les signalés."
        return Estimate(marker=marker, missed=None, recall=None, needed=needed, text=text)
    missed = _missed(marker, strata)
    recall = _recall(missed, marker, flagged)
    text = f"Environ {missed.value:.0f} items manqués (entre {missed.low:.0f} et {missed.high:.0f}, à 95 %) ; "
    if recall:
        text += f"rappel estimé {100 * recall.value:.0f} % (entre {100 * recall.low:.0f} % et {100 * recall.high:.0f} %)."
    else:
        text += "aucun cas connu, donc aucun rappel."
    return Estimate(marker=marker, missed=missed, recall=recall, needed=0, text=text)


def _missed(marker: Marker, strata: Sequence[StratumCount]) -> Interval:
    import numpy as np

    rng = np.random.default_rng(SEED)
    value, low, high = 0.0, np.zeros(DRAWS), np.zeros(DRAWS)
    for part in strata:
        if not part.reviewed:
            continue  # an empty stratum: least_reviewed sees to it
        found, read, left = part.positives.get(marker, 0), part.reviewed, part.population - part.reviewed
        value += part.population * found / read
        low += found + _unread(found, read - found + 1, left, rng)
        high += found + _unread(found + 1, read - found, left, rng)
    return Interval(value, float(np.quantile(low, 0.025)), float(np.quantile(high, 0.975)))


def _unread(found: int, others: int, left: int, rng: np.random.Generator) -> np.ndarray:
    """Positives among ``left`` unread documents, simulated; a share of Beta(found, others), which is 0 or 1 where one of them is 0."""
    import numpy as np

    share = np.full(DRAWS, 0.0 if found == 0 else 1.0) if not found or not others else rng.beta(found, others, DRAWS)
    return rng.binomial(left, share)


def _recall(missed: Interval, marker: Marker, flagged: FlaggedCount) -> Interval | None:
    import numpy as np

    confirmed, read = flagged.confirmed.get(marker, 0), flagged.reviewed
    likely = confirmed * (flagged.population / read) if read else 0.0
    if likely + missed.value == 0:
        return None
    unread = _unread(confirmed + 1, read - confirmed, flagged.population - read, np.random.default_rng(SEED))
    most = confirmed + float(np.quantile(unread, 0.975))
    return Interval(likely / (likely + missed.value), _share(confirmed, missed.high), _share(most, missed.low))


def _share(found: float, missed: float) -> float:
    return found / (found + missed) if found + missed else 1.0
