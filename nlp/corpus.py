"""The training texts in nlp/corpus: rows written for the project, checked at load, split by hand and by topic."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from core.errors import ConfigError, nearest
from core.files import read_json_lines
from core.records import Marker, Record, Stance

if TYPE_CHECKING:
    from pathlib import Path

LEAST_WORD, ALIKE = 3, 0.75  # topics of which three quarters of the words longer than three letters are the same are one topic
Part = Literal["train", "validation", "test"]
LETTERS: dict[Marker, str] = {"abandon_soins": "A", "gourou": "B", "complotisme": "C"}  # first letter of a marker's sub-markers
# the sub-markers of nlp/markers, in the order of the judge's head
SUBMARKERS = tuple(f"{letter}{number}" for letter, most in (("A", 12), ("B", 12), ("C", 11)) for number in range(1, most + 1))


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
    stance: Stance
    exclusion: str
    topic: str
    hand: str
    pair: str = ""  # two rows of one hand that share it say like words, one of them promotes

    @model_validator(mode="after")
    def _quotes_stand_in_the_text(self) -> Row:
        if bool(self.markers) != (self.kind == "positive"):
            raise ValueError("a row is positive exactly when it has a marker")
        for quote in self.quotes:
            if quote.quote not in self.text or quote.marker not in self.markers:
                raise ValueError(f"quote {quote.quote[:40]!r} is not verbatim, or its marker is not set")
            if quote.submarker not in SUBMARKERS or quote.submarker[0] != LETTERS[quote.marker]:
                raise ValueError(f"sub-marker {quote.submarker!r} is none of {quote.marker}; {nearest(quote.submarker, SUBMARKERS)}")
        return self


def load_rows(folder: Path) -> list[Row]:
    """All rows of all hands. Raises ConfigError and Invalid that name file and line."""
    rows = []
    for path in sorted(folder.glob("h*.jsonl")):
        for number, value in read_json_lines(path):
            try:
                rows.append(Row.model_validate(value))
            except ValidationError as error:
                raise ConfigError(f"{path}:{number}: {' '.join(str(error).split())[:300]}") from error
    if not rows:
        raise ConfigError(f"{folder}: no training rows (h*.jsonl) were found")
    return rows


class Split(Record):
    """nlp/corpus/split.yml: the hands whose rows validate and test; all others train."""

    validation: frozenset[str]
    test: frozenset[str]


def load_parts(folder: Path) -> dict[Part, list[Row]]:
    """The rows by part: a hand stands in one part, and so does a topic.

    A row to train on whose topic is validated or tested is left out, and so is one to validate whose topic is tested. Raises ConfigError.
    """
    rows, split = load_rows(folder), _load_split(folder / "split.yml")
    hands = {row.hand for row in rows}
    for hand in sorted((split.validation | split.test) - hands):
        raise ConfigError(f"{folder / 'split.yml'}: no row is by hand {hand!r}; {nearest(hand, hands)}")
    test = [row for row in rows if row.hand in split.test]
    tested = {_topic(row) for row in test}
    validation = [row for row in rows if row.hand in split.validation and not _near(_topic(row), tested)]
    held = tested | {_topic(row) for row in validation}
    train = [row for row in rows if row.hand not in split.validation | split.test and not _near(_topic(row), held)]
    found: dict[Part, list[Row]] = {"train": train, "validation": validation, "test": test}
    empty = [part for part, chosen in found.items() if not chosen]
    if empty:
        raise ConfigError(f"{folder / 'split.yml'} leaves no row to {', '.join(empty)}; name other hands")
    return found


def _load_split(path: Path) -> Split:
    try:
        return Split.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split())[:300]}") from error


def _topic(row: Row) -> frozenset[str]:
    """The words of a topic without case, accents, punctuation and small words."""
    plain = unicodedata.normalize("NFD", row.topic.lower())
    words = "".join(char if char.isalnum() else " " for char in plain if unicodedata.category(char) != "Mn").split()
    return frozenset(word for word in words if len(word) > LEAST_WORD) or frozenset(words)


def _near(topic: frozenset[str], others: set[frozenset[str]]) -> bool:
    return topic in others or any(len(topic & other) >= ALIKE * len(topic | other) for other in others)
