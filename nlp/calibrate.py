"""From a trained folder to its registry entry: ``python -m nlp.calibrate FOLDER [--real FILE]`` prints it with the figures it rests on.

Calibration is Platt's: logistic regression on the logit of each marker, over the validation hands and, where FILE is given, the real streams,
so that a probability means something where few texts are positive. Thresholds are quantiles of what innocent texts
score: at most 1 % of them reach ``a_lire`` and 0.1 % ``alerte`` for each marker. The
innocent texts are the validation hands' negatives and, where FILE is given, its rows of domain ``stream:*`` with known labels.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, precision_recall_fscore_support

from core.records import MARKERS
from core.settings import Settings
from nlp.classify import Passage
from nlp.corpus import load_rows, part_of
from nlp.judge import JudgeClassifier, load_judge
from nlp.registry import ModelEntry, Thresholds
from nlp.segment import sentences
from nlp.weights import sha256

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

A_LIRE, ALERTE = 0.01, 0.001  # share of innocent texts, per marker
UNKNOWN = ("NONETIQUETE", "BORDERLINE")  # domains of the real texts whose labels nobody read


def logits(folder: Path, texts: Sequence[str]) -> NDArray[np.float64]:
    """Uncalibrated logits ``[texts, markers]``."""
    entry = ModelEntry(folder=folder.name, title="", files={}, thresholds={})
    judge = JudgeClassifier(*load_judge(folder, dtype=_dtype()), entry=entry, name=folder.name)
    found = []
    for first in range(0, len(texts), 256):
        readings = judge.read([Passage(text, sentences(text)) for text in texts[first : first + 256]])
        found += [[reading.scores[marker] for marker in MARKERS] for reading in readings]
    share = np.clip(np.array(found, dtype=np.float64), 1e-7, 1 - 1e-7)
    return np.log(share / (1 - share))


def _dtype() -> Any:
    from nlp.device import precision

    return precision(Settings())


def calibrate(folder: Path, real: Path | None) -> dict[str, Any]:
    """The registry entry of a folder."""
    rows = load_rows(Path(__file__).parent / "corpus")
    parts = part_of(rows)
    held = [row for row in rows if parts[row.hand] == "validation"]
    told = logits(folder, [row.text for row in held])
    streams = logits(folder, innocent(real)) if real else np.empty((0, len(MARKERS)))
    calibration, thresholds = {}, {}
    for place, marker in enumerate(MARKERS):
        truth = np.array([marker in row.markers for row in held])
        every, answers = np.concatenate([told[:, place], streams[:, place]]), np.concatenate([truth, np.zeros(len(streams), dtype=bool)])
        fitted = LogisticRegression(C=1.0).fit(every[:, None], answers)
        slope, intercept = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
        calibration[marker] = {"slope": round(slope, 4), "intercept": round(intercept, 4)}
        clean = every[~answers]
        share = 1 / (1 + np.exp(-(clean * slope + intercept)))
        thresholds[marker] = {name: round(float(np.quantile(share, 1 - rate)), 4) for name, rate in (("a_lire", A_LIRE), ("alerte", ALERTE))}
    files = {name: sha256(folder / name) for name in ("config.json", "tokenizer.json", "weights.safetensors")}
    return {"folder": folder.name, "title": "First judge", "files": files, "thresholds": thresholds, "calibration": calibration}


def innocent(path: Path) -> list[str]:
    """The texts of the ordinary streams."""
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return [row["text"] for row in rows if row["domain"].startswith("stream:") and not any(word in row["domain"] for word in UNKNOWN)]


def figures(folder: Path, entry: dict[str, Any]) -> str:
    """Precision, recall, F1 at ``a_lire`` and average precision on the test hands, per marker."""
    rows = load_rows(Path(__file__).parent / "corpus")
    parts = part_of(rows)
    held = [row for row in rows if parts[row.hand] == "test"]
    told = logits(folder, [row.text for row in held])
    lines = []
    for place, marker in enumerate(MARKERS):
        scale, limit = entry["calibration"][marker], Thresholds(**entry["thresholds"][marker])
        share = 1 / (1 + np.exp(-(told[:, place] * scale["slope"] + scale["intercept"])))
        truth = np.array([marker in row.markers for row in held])
        precision, recall, f1, _ = precision_recall_fscore_support(truth, share >= limit.a_lire, average="binary", zero_division=0)
        average = average_precision_score(truth, share)
        lines.append(f"# {marker}: precision {precision:.2f} recall {recall:.2f} F1 {f1:.2f} AP {average:.2f}, {truth.sum()} positive")
    return "\n".join(lines)


def main() -> None:
    """Print the entry."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--real", type=Path)
    given = parser.parse_args()
    entry = calibrate(given.folder, given.real)
    print(yaml.safe_dump({"models": {given.folder.name: entry}}, sort_keys=False, allow_unicode=True))
    print(figures(given.folder, entry))


if __name__ == "__main__":
    main()
