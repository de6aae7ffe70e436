"""The table of fields, the entries made by it and both schemas agree."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from core.records import DECISIONS, MARKERS, Assessment, ScoredDocument
from index.documents import from_entry, milliseconds, priority, problem, strongest, to_entry
from index.fields import BY_NAME, FACETS, FIELDS, MAPPING_VERSION, elastic_mapping, sqlite_schema

NOW = datetime(2026, 1, 2, tzinfo=UTC)
# what each mapping version is: when this fails, bump MAPPING_VERSION and add a line
FINGERPRINTS = {1: "bd8fd56b7aa0a9b3", 2: "09d1b772bb2d9598", 3: "76fb04d8d276cef4"}


def test_a_changed_mapping_has_a_new_version() -> None:
    content = json.dumps([elastic_mapping(), sqlite_schema()], sort_keys=True)
    assert hashlib.sha256(content.encode()).hexdigest()[:16] == FINGERPRINTS[MAPPING_VERSION]


def test_table_and_builder_agree(full: ScoredDocument, make_scored: Any) -> None:
    for scored in (full, make_scored(1)):
        entry = to_entry(scored, indexed_at=NOW)
        assert entry.keys() == BY_NAME.keys()
        assert problem(entry) is None
    assert not [name for name, value in to_entry(full, indexed_at=NOW).items() if value is None], "the full document leaves a field untested"


def test_table_is_complete() -> None:
    assert len(BY_NAME) == len(FIELDS)
    assert all(field.label and field.description for field in FIELDS)
    assert {f"score_{marker}" for marker in MARKERS} <= BY_NAME.keys()
    assert {BY_NAME[name].type for name in FACETS} <= {"keyword", "keywords"}
    assert {"source", "kind", "platform", "language", "decision", "markers", "alerts", "model", "access_mode"} <= set(FACETS)


def test_elastic_mapping_is_strict() -> None:
    mapping = elastic_mapping()
    assert mapping["mappings"]["dynamic"] == "strict"
    assert mapping["mappings"]["_meta"] == {"mapping_version": MAPPING_VERSION}
    assert mapping["mappings"]["properties"].keys() == BY_NAME.keys()
    json.dumps(mapping)


def test_sqlite_schema_runs() -> None:
    connection = sqlite3.connect(":memory:")
    for statement in sqlite_schema():
        connection.execute(statement)
    columns = {row[1] for row in connection.execute("PRAGMA table_info(documents)")}
    assert columns == {field.name for field in FIELDS if field.type not in {"keywords", "text", "stored"}}
    connection.close()


@given(st.text(), st.text() | st.none(), st.lists(st.text(), max_size=3))
def test_round_trip_of_any_text(full: ScoredDocument, text: str, title: str | None, links: list[str]) -> None:
    document = full.document.model_copy(update={"text": text, "title": title, "links": tuple(links)})
    scored = full.model_copy(update={"document": document, "assessment": full.assessment.model_copy(update={"evidence": ()})})
    entry = json.loads(json.dumps(to_entry(scored, indexed_at=NOW)))
    assert from_entry(entry) == scored


def test_round_trip_keeps_moments(make_scored: Any) -> None:
    paris = timezone(timedelta(hours=2))
    scored = make_scored(1, published_at=datetime(2026, 7, 1, 12, 0, 0, 1, tzinfo=paris))
    assert from_entry(to_entry(scored, indexed_at=NOW)) == scored


def test_round_trip_of_a_partial_assessment(full: ScoredDocument) -> None:
    assessment = full.assessment.model_copy(update={"scores": {"complotisme": 0.6}, "decision": {"complotisme": "a_lire"}, "evidence": ()})
    scored = full.model_copy(update={"assessment": assessment})
    entry = to_entry(scored, indexed_at=NOW)
    assert (entry["markers"], entry["alerts"], entry["decision"], entry["score_gourou"]) == (["complotisme"], [], "a_lire", None)
    assert from_entry(entry) == scored


def test_document_and_assessment_belong_together(full: ScoredDocument) -> None:
    other = full.assessment.model_copy(update={"document_id": "0" * 32})
    with pytest.raises(Invalid, match="pair each document"):
        to_entry(full.model_copy(update={"assessment": other}), indexed_at=NOW)
    undecided = full.assessment.model_copy(update={"decision": {}})
    with pytest.raises(Invalid, match="one decision for each score"):
        to_entry(full.model_copy(update={"assessment": undecided}), indexed_at=NOW)


def assessment(**given: tuple[float, str]) -> Assessment:
    return Assessment.model_validate(
        {
            "document_id": "x",
            "model": "m",
            "revision": "r",
            "scores": {marker: score for marker, (score, _) in given.items()},
            "decision": {marker: decision for marker, (_, decision) in given.items()},
        }
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, 0.0),
        ({"gourou": (0.4, "rien"), "complotisme": (0.2, "rien")}, 0.4),
        ({"gourou": (0.4, "a_lire"), "complotisme": (0.9, "rien")}, 1.4),
        ({"gourou": (0.4, "alerte"), "complotisme": (0.9, "rien")}, 2.4),
        ({"gourou": (0.4, "alerte"), "complotisme": (0.6, "a_lire")}, 2.6),
    ],
)
def test_priority(given: dict[str, tuple[float, str]], expected: float) -> None:
    assert priority(assessment(**given)) == pytest.approx(expected)


decided = st.dictionaries(st.sampled_from(MARKERS), st.tuples(st.floats(0, 0.999), st.sampled_from(DECISIONS)))


@given(decided, decided)
def test_a_stronger_decision_is_read_first(one: dict[str, tuple[float, str]], other: dict[str, tuple[float, str]]) -> None:
    first, second = assessment(**one), assessment(**other)
    if DECISIONS.index(strongest(first)) > DECISIONS.index(strongest(second)):
        assert priority(first) > priority(second)


def test_milliseconds_round_down() -> None:
    assert milliseconds("1970-01-01T00:00:00.001999Z") == 1
    assert milliseconds("1969-12-31T23:59:59.999999+00:00") == -1
    assert milliseconds(datetime(1970, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))) == 0
