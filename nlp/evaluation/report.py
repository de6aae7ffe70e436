"""All that one evaluation found, and metrics.json."""

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
