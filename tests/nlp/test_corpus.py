"""The training texts: what they hold, how they are split, how hands agree."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from core.errors import ConfigError
from core.records import MARKERS
from core.settings import ROOT
from core.taxonomy import load_taxonomy
from nlp.agreement import kappas, key_of, load_labels
from nlp.corpus import Row, load_parts, load_rows

CORPUS = ROOT / "nlp" / "corpus"


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return load_rows(CORPUS)


def test_the_mix(rows: list[Row]) -> None:
    kinds = Counter(row.kind for row in rows)
    assert len(rows) >= 6000
    assert kinds["hard_negative"] / len(rows) >= 0.40
    assert kinds["ordinary"] / len(rows) >= 0.20
    assert min(Counter(marker for row in rows for marker in row.markers).values()) >= 700
    assert len({row.hand for row in rows}) >= 100
    assert min(Counter(row.format for row in rows).values()) >= 250
    assert all(4 <= len(row.text.split()) <= 750 for row in rows)


def test_exclusions_and_submarkers_are_those_of_the_taxonomy(rows: list[Row]) -> None:
    taxonomy = load_taxonomy()
    assert {row.exclusion for row in rows if row.kind == "hard_negative"} <= set(taxonomy.exclusions())
    assert {quote.submarker for row in rows for quote in row.quotes} == {submarker.id for submarker in taxonomy.submarkers()}


def test_no_two_texts_are_nearly_the_same(rows: list[Row]) -> None:
    matrix = TfidfVectorizer(analyzer="char_wb", ngram_range=(4, 5), min_df=2, max_features=60_000, dtype=np.float32).fit_transform(
        row.text for row in rows
    )
    near = []  # but for pairs, whose two halves say like words by design
    for first in range(0, len(rows), 1000):
        close = (matrix[first : first + 1000] @ matrix.T).tocoo()
        close_ones = [
            (rows[first + a], rows[b]) for a, b, alike in zip(close.row, close.col, close.data, strict=True) if alike > 0.8 and b > first + a
        ]
        near += [(one.text, other.text) for one, other in close_ones if not one.pair or one.pair != other.pair]
    assert near == []


def test_no_hand_and_no_topic_stands_in_two_parts() -> None:
    parts = load_parts(CORPUS)
    hands = {part: {row.hand for row in rows} for part, rows in parts.items()}
    topics = {part: {row.topic.casefold() for row in rows} for part, rows in parts.items()}
    for first, second in (("train", "validation"), ("train", "test"), ("validation", "test")):
        assert not hands[first] & hands[second]  # type: ignore[index]
        assert not topics[first] & topics[second]  # type: ignore[index]
    assert len(parts["test"]) >= 900
    assert all(sum(marker in row.markers for row in parts["test"]) >= 100 for marker in MARKERS)


def test_a_tenth_is_labelled_twice(rows: list[Row]) -> None:
    labels = load_labels(CORPUS / "labels" / "second.jsonl")
    by_key = {key_of(row): row for row in rows}
    assert len({label.row for label in labels}) == len(labels) >= len(rows) / 10
    assert all(set(by_key[label.row].markers) == set(label.final) for label in labels), "a row says what adjudication kept"
    assert all(label.why for label in labels if set(label.first) != set(label.second))
    assert all(by_key[label.row].hand != label.hand for label in labels)
    assert min(kappas(labels).values()) >= 0.6


def test_a_wrong_row_names_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "h.jsonl").write_text('{"text": "x"}\n')
    with pytest.raises(ConfigError, match=r"h\.jsonl:1"):
        load_rows(tmp_path)


def test_a_split_that_names_nobody_is_refused(tmp_path: Path, rows: list[Row]) -> None:
    (tmp_path / "h.jsonl").write_text("\n".join(row.model_dump_json(by_alias=True) for row in rows[:5]))
    (tmp_path / "split.yml").write_text(f"validation: [{rows[0].hand}x]\ntest: []\n")
    with pytest.raises(ConfigError, match=f"did you mean '{rows[0].hand}'"):
        load_parts(tmp_path)
    (tmp_path / "split.yml").write_text("validation: []\ntests: []\n")
    with pytest.raises(ConfigError, match=r"split\.yml"):
        load_parts(tmp_path)


def test_a_wrong_label_names_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "second.jsonl"
    path.write_text(json.dumps({"row": "x", "hand": "h", "first": [], "second": ["gourous"], "final": []}))
    with pytest.raises(ConfigError, match=r"second\.jsonl:1"):
        load_labels(path)
