"""What two hands say of one text: Cohen's kappa per marker, from nlp/corpus/labels/second.jsonl."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pydantic import ValidationError
from sklearn.metrics import cohen_kappa_score

from core.errors import ConfigError
from core.files import read_json_lines
from core.records import MARKERS, Marker, Record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nlp.corpus import Row


class SecondLabel(Record):
    """A row labelled again by another hand that had not seen the first label; ``final`` is what adjudication kept, and what the row says."""

    row: str  # key_of the row
    hand: str
    first: tuple[Marker, ...]
    second: tuple[Marker, ...]
    final: tuple[Marker, ...]
    why: str = ""  # of the adjudication, where the two differed


def key_of(row: Row) -> str:
    """16 hexadecimal digits, from the text."""
    return hashlib.sha256(row.text.encode()).hexdigest()[:16]


def load_labels(path: Path) -> list[SecondLabel]:
    """All second labels. Raises ConfigError and Invalid that name file and line."""
    found = []
    for number, value in read_json_lines(path):
        try:
            found.append(SecondLabel.model_validate(value))
        except ValidationError as error:
            raise ConfigError(f"{path}:{number}: {' '.join(str(error).split())[:300]}") from error
    return found


def kappas(labels: Sequence[SecondLabel]) -> dict[Marker, float]:
    """Cohen's kappa of the first and the second label, per marker."""
    found = {}
    for marker in MARKERS:
        first, second = ([marker in getattr(label, name) for label in labels] for name in ("first", "second"))
        found[marker] = float(cohen_kappa_score(first, second))
    return found
