"""What the project set out to show, each goal with the figure reached; without a value where its section did not run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from core.records import MARKERS, Record
from nlp.evaluation.intervals import Estimate
from nlp.evaluation.words import POOLED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlp.evaluation.report import Report

    Found = Estimate | float | None

Side = Literal["at_least", "at_most"]
ELSEWHERE: dict[str, tuple[str, float, Side]] = {  # measured by another command on this machine, never by an evaluation
    "speed_against_pipeline": ("débit, en multiple de transformers.pipeline (bench/score.py)", 8.0, "at_least"),
    "decisions_equal_to_pipeline": ("décisions égales à celles de transformers.pipeline (bench/score.py)", 0.995, "at_least"),
    "memory_mb": ("mémoire, en Mo (bench/score.py)", 900.0, "at_most"),
    "cold_start_seconds": ("premier score à froid, en secondes (bench)", 4.0, "at_most"),
}


class Goal(Record):
    """One goal; ``met`` compares ``value`` itself, not its interval."""

    name: str
    label: str  # French
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    goal: float
    side: Side
    met: bool | None


def goal(name: str, label: str, found: Found, limit: float, side: Side) -> Goal:
    """A goal with its figure."""
    figure = found if isinstance(found, Estimate) else Estimate(value=found, n=0)
    met = None if figure.value is None else figure.value >= limit if side == "at_least" else figure.value <= limit
    count = found.n if isinstance(found, Estimate) else None
    return Goal(name=name, label=label, value=figure.value, low=figure.low, high=figure.high, n=count, goal=limit, side=side, met=met)


def goals(report: Report) -> list[Goal]:
    """All goals of a report, in the order in which they were set."""
    every = (_own(report), _real(report), _calibration(report), _stress(report), _elsewhere(report))
    return [found for part in every for found in part]


def _own(report: Report) -> Iterator[Goal]:
    own = report.test
    yield goal("macro_f1", "F1 moyen des trois marqueurs", own.macro_f1 if own else None, 0.90, "at_least")
    for marker in MARKERS:
        yield goal(f"mcc_{marker}", f"MCC, {marker}", own.markers[marker].mcc if own else None, 0.85, "at_least")
    yield goal("hard_negatives", "faux amis signalés", own.hard_negatives if own else None, 0.05, "at_most")


def _real(report: Report) -> Iterator[Goal]:
    wanted: list[tuple[str, float, Side]] = [
        ("streams_flagged", 0.01, "at_most"),
        ("streams_flagged_held_out", 0.01, "at_most"),
        ("streams_alerte", 0.001, "at_most"),
        ("streams_alerte_held_out", 0.001, "at_most"),
        ("hard_negatives_flagged", 0.04, "at_most"),
        ("complotisme_tweets_average_precision", 0.75, "at_least"),
        ("gourou_secte_recall", 0.70, "at_least"),
        ("abandon_soins_blog_recall", 0.70, "at_least"),
    ]
    for name, limit, side in wanted:
        yield goal(f"real_{name}", f"réel, {POOLED[name][0]}", report.real.pooled[name] if report.real else None, limit, side)


def _calibration(report: Report) -> Iterator[Goal]:
    own = report.test
    for marker in MARKERS:
        found = own.markers[marker].calibration_error if own else None
        yield goal(f"calibration_error_{marker}", f"erreur de calibration (15 tranches de même effectif), {marker}", found, 0.03, "at_most")
    yield goal("evidence", "preuve qui touche la citation", own.evidence.evidence["all"] if own else None, 0.90, "at_least")


def _stress(report: Report) -> Iterator[Goal]:
    yield goal("needle", "aiguille trouvée", report.needle.found if report.needle else None, 0.90, "at_least")
    shift = report.neutrality.outside if report.neutrality else None
    yield goal("neutrality_mean", "neutralité hors des échanges appris : écart moyen", shift.mean if shift else None, 0.02, "at_most")
    yield goal("neutrality_p99", "neutralité hors des échanges appris : 99e centile de l'écart", shift.p99 if shift else None, 0.10, "at_most")
    for name, cost in (report.robustness.noises if report.robustness else {}).items():
        known = [fall for fall in cost.recall_fall.values() if fall.value is not None]
        worst = max(known, key=lambda fall: fall.value or 0.0, default=None)
        yield goal(f"robustness_{name}", f"bruit {name} : points de rappel perdus (pire marqueur)", worst, 10.0, "at_most")
    if report.robustness is None:
        yield goal("robustness", "bruits : points de rappel perdus (pire marqueur)", None, 10.0, "at_most")


def _elsewhere(report: Report) -> Iterator[Goal]:
    yield goal("model_mb", "taille du modèle, en Mo", report.model_mb, 45.0, "at_most")
    for name, (label, limit, side) in ELSEWHERE.items():
        yield goal(name, label, None, limit, side)
