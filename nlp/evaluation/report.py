"""All that one evaluation found, and its two lasting forms: metrics.json and a Markdown table for the model card."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from core.files import write_text
from core.records import MARKERS, Marker, Record
from nlp.corpus import Part
from nlp.evaluation.baselines import Baselines
from nlp.evaluation.faithfulness import Faithfulness
from nlp.evaluation.goals import goals
from nlp.evaluation.intervals import rounded
from nlp.evaluation.needle import Needle
from nlp.evaluation.neutrality import Neutrality
from nlp.evaluation.own import OwnFigures
from nlp.evaluation.real import RealFigures
from nlp.evaluation.robustness import Robustness

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from nlp.corpus import Row
    from nlp.evaluation.goals import Goal
    from nlp.evaluation.intervals import Estimate


class PartCounts(Record):
    """What one part of the corpus holds."""

    rows: int
    hands: int
    kinds: dict[str, int]
    markers: dict[Marker, int]


class Report(Record):
    """Sections that did not run are None; ``skipped`` says why where somebody may wonder."""

    model: str
    revision: str
    part: Part
    quick: bool
    model_mb: float | None
    corpus: dict[Part, PartCounts]
    skipped: dict[str, str]
    test: OwnFigures | None = None
    real: RealFigures | None = None
    neutrality: Neutrality | None = None
    robustness: Robustness | None = None
    needle: Needle | None = None
    faithfulness: Faithfulness | None = None
    baselines: Baselines | None = None


def counts(parts: Mapping[Part, Sequence[Row]]) -> dict[Part, PartCounts]:
    """What the corpus holds, per part."""
    return {
        part: PartCounts(
            rows=len(rows),
            hands=len({row.hand for row in rows}),
            kinds={kind: sum(row.kind == kind for row in rows) for kind in ("positive", "hard_negative", "ordinary")},
            markers={marker: sum(marker in row.markers for row in rows) for marker in MARKERS},
        )
        for part, rows in parts.items()
    }


def as_json(report: Report) -> dict[str, Any]:
    """The stable form: the report's fields and ``goals``, floats with 4 decimals."""
    found: dict[str, Any] = rounded(report.model_dump(mode="json") | {"goals": [found.model_dump() for found in goals(report)]})
    return found


def write_json(report: Report, path: Path) -> None:
    """metrics.json."""
    write_text(path, json.dumps(as_json(report), ensure_ascii=False, indent=1) + "\n")


def markdown(report: Report) -> str:
    """The goals as a Markdown table in French, then the markers'."""
    lines = ["| mesure | valeur | intervalle à 95 % | n | objectif | atteint |", "| --- | ---: | ---: | ---: | ---: | --- |"]
    lines += [f"| {' | '.join(goal_cells(found))} |" for found in goals(report)]
    if report.test is not None:
        head = ["marqueur", "positifs", "précision", "rappel", "F1", "MCC", "précision moyenne", "erreur de calibration"]
        lines += ["", f"| {' | '.join(head)} |", f"| --- {'| ---: ' * (len(head) - 1)}|"]
        lines += [f"| {' | '.join(cells)} |" for cells in marker_rows(report.test)]
    return "\n".join(lines) + "\n"


def goal_cells(found: Goal) -> list[str]:
    """Label, value, interval, n, goal, met."""
    sign = "≥" if found.side == "at_least" else "≤"
    met = {True: "oui", False: "non", None: "non mesuré"}[found.met]
    interval = "" if found.low is None or found.high is None else f"{number(found.low)} à {number(found.high)}"
    value = "" if found.value is None else number(found.value)
    return [found.label, value, interval, "" if found.n is None else str(found.n), f"{sign} {found.goal:g}".replace(".", ","), met]


def marker_rows(own: OwnFigures) -> list[list[str]]:
    """One row of cells per marker."""
    found = []
    for marker, figures in own.markers.items():
        every = (figures.precision, figures.recall, figures.f1, figures.mcc, figures.average_precision, figures.calibration_error)
        found.append([marker, str(figures.positives), *(shown(figure) for figure in every)])
    return found


def shown(figure: Estimate) -> str:
    """A figure with its interval, short enough to stand beside others."""
    if figure.value is None:
        return "–"
    between = "" if figure.low is None or figure.high is None else f" [{number(figure.low, 3)} ; {number(figure.high, 3)}]"
    return f"{number(figure.value, 3)}{between}"


def number(value: float, decimals: int = 4) -> str:
    """With a French comma, and fewer decimals above 1."""
    text = f"{value:.{decimals}f}" if abs(value) <= 1 else f"{value:.{decimals - 2}f}"
    return text.replace(".", ",")
