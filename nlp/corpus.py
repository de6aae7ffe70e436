"""The training texts in nlp/corpus: rows written for the project, checked at load, split by the hand that wrote them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from pydantic import Field, ValidationError, model_validator

from core.errors import ConfigError
from core.records import Marker, Record

if TYPE_CHECKING:
    from pathlib import Path

Part = Literal["train", "validation", "test"]


class Quote(Record):
    """A verbatim passage that carries a sub-marker of shared taxonomy (A = abandon_soins, B = gourou, C = complotisme)."""

    marker: Marker
    submarker: str = Field(pattern=r"^[ABC]\d{1,2}$")
    quote: str = Field(min_length=2)


class Row(Record):
    """One text with its labels; see nlp/corpus/README.md."""

    text: str = Field(min_length=10)
    format: Literal["post", "comment", "forum", "article", "telegram", "video_transcript", "crowdfunding", "page"]
    register_: Literal["standard", "soutenu", "familier", "sms", "regional", "oral"] = Field(alias="register")
    kind: Literal["positive", "hard_negative", "ordinary"]
    markers: tuple[Marker, ...]
    quotes: tuple[Quote, ...]
    stance: Literal["assert", "quote", "denounce", "testify", "ask", "joke", "inform"]
    exclusion: str
    topic: str
    hand: str

    @model_validator(mode="after")
    def _quotes_stand_in_the_text(self) -> Row:
        if bool(self.markers) != (self.kind == "positive"):
            raise ValueError("a row is positive exactly when it has a marker")
        for quote in self.quotes:
            if quote.quote not in self.text or quote.marker not in self.markers:
                raise ValueError(f"quote {quote.quote[:40]!r} is not verbatim, or its marker is not set")
        return self


def load_rows(folder: Path) -> list[Row]:
    """All rows of all hands. Raises ConfigError that names file and line."""
    rows = []
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            try:
                rows.append(Row.model_validate(json.loads(line)))
            except (ValueError, ValidationError) as error:
                raise ConfigError(f"{path}:{number}: {' '.join(str(error).split())[:300]}") from error
    if not rows:
        raise ConfigError(f"{folder}: no training rows (*.jsonl) were found")
    return rows


def part_of(rows: list[Row]) -> dict[str, Part]:
    """Each hand's part: per group of hands (``h1-...``) the first in alphabetical order validates, the last of every other group tests."""
    groups: dict[str, list[str]] = {}
    for hand in sorted({row.hand for row in rows}):
        groups.setdefault(hand.split("-")[0], []).append(hand)
    parts: dict[str, Part] = {}
    for number, hands in enumerate(groups.values()):
        for place, hand in enumerate(hands):
            parts[hand] = "validation" if place == 0 else "test" if place == len(hands) - 1 and number % 2 == 0 else "train"
    return parts
