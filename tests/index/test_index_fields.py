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
from core.records import MARKERS, ScoredDocument, Standing
from index.documents import from_entry, milliseconds, price, problem, reach
from index.fields import BY_NAME, FACETS, FIELDS, MAPPING_VERSION, elastic_mapping, sqlite_schema
from tests.index.making import entry_of

NOW = datetime(2026, 1, 2, tzinfo=UTC)
# what each mapping version is: when this fails, bump MAPPING_VERSION and add a line
FINGERPRINTS = {1: "bd8fd56b7aa0a9b3", 2: "09d1b772bb2d9598", 3: "76fb04d8d276cef4", 4: "7773b8431e0b5585"}


def test_a_changed_mapping_has_a_new_version() -> None:
    content = json.dumps([elastic_mapping(), sqlite_schema()], sort_keys=True)
    assert hashlib.sha256(content.encode()).hexdigest()[:16] == FINGERPRINTS[MAPPING_VERSION]


def test_table_and_builder_agree(full: ScoredDocument, make_scored: Any) -> None:
    for scored in (full, make_scored(1)):
        entry = entry_of(scored, indexed_at=NOW)
        assert entry.keys() == BY_NAME.keys()
        assert problem(entry) is None
    standing = Standing(status="decide", qualification="urgence", decided_at=NOW, notice_state="envoyee", notified_at=NOW, retain_until=NOW)
    whole = entry_of(full, indexed_at=NOW, campaign="c-1", standing=standing)
    assert not [name for name, value in whole.items() if value is None], "the full document leaves a field untested"


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
    assert columns == {"row", *(field.name for field in FIELDS if field.type not in {"text", "stored", "vector"})}
    connection.close()


@given(st.text(), st.text() | st.none(), st.lists(st.text(), max_size=3))
def test_round_trip_of_any_text(full: ScoredDocument, text: str, title: str | None, links: list[str]) -> None:
    document = full.document.model_copy(update={"text": text, "title": title, "links": tuple(links)})
    scored = full.model_copy(update={"document": document, "assessment": full.assessment.model_copy(update={"evidence": ()})})
    entry = json.loads(json.dumps(entry_of(scored, indexed_at=NOW)))
    assert from_entry(entry) == scored


def test_round_trip_keeps_moments(make_scored: Any) -> None:
    paris = timezone(timedelta(hours=2))
    scored = make_scored(1, published_at=datetime(2026, 7, 1, 12, 0, 0, 1, tzinfo=paris))
    assert from_entry(entry_of(scored, indexed_at=NOW)) == scored


def test_round_trip_of_a_partial_assessment(full: ScoredDocument) -> None:
    assessment = full.assessment.model_copy(update={"scores": {"complotisme": 0.6}, "decision": {"complotisme": "a_lire"}, "evidence": ()})
    scored = full.model_copy(update={"assessment": assessment})
    entry = entry_of(scored, indexed_at=NOW)
    assert (entry["markers"], entry["alerts"], entry["decision"], entry["score_gourou"]) == (["complotisme"], [], "a_lire", None)
    assert from_entry(entry) == scored


def test_document_and_assessment_belong_together(full: ScoredDocument) -> None:
    other = full.assessment.model_copy(update={"document_id": "0" * 32})
    with pytest.raises(Invalid, match="pair each document"):
        entry_of(full.model_copy(update={"assessment": other}), indexed_at=NOW)
    undecided = full.assessment.model_copy(update={"decision": {}})
    with pytest.raises(Invalid, match="one decision for each score"):
        entry_of(full.model_copy(update={"assessment": undecided}), indexed_at=NOW)


def test_reach_is_the_largest_count_and_price_the_largest_amount(full: ScoredDocument) -> None:
    assert reach(full.document) == 5
    assert price(full.assessment) == 4997.0
    assert reach(full.document.model_copy(update=dict.fromkeys(("views", "likes", "reposts", "replies", "followers", "funding")))) is None
    assert price(full.assessment.model_copy(update={"flags": ()})) is None


def test_milliseconds_round_down() -> None:
    assert milliseconds("1970-01-01T00:00:00.001999Z") == 1
    assert milliseconds("1969-12-31T23:59:59.999999+00:00") == -1
    assert milliseconds(datetime(1970, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))) == 0
