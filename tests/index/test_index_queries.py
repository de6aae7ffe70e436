"""Queries as records and their pure translations."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from core.errors import Invalid
from index.batches import MAX_ENTRIES, batches
from index.buckets import day_of, filled, first_day
from index.queries import Query, Range, phrases, to_elastic

DAY = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"terms": {"sorce": ("a",)}}, "field 'sorce' is unknown; did you mean 'source'?"),
        ({"terms": {"text": ("a",)}}, "is of type text and takes no list of values"),
        ({"terms": {"priority": ("1",)}}, "is of type float"),
        ({"terms": {"source": ("a",) * 1001}}, "1001 values of source; expected at most 1000"),
        ({"ranges": (Range(field="source", gte=1),)}, "takes no range"),
        ({"ranges": (Range(field="publishedat", gte=DAY),)}, "did you mean 'published_at'"),
        ({"ranges": (Range(field="published_at", gte=3.0),)}, "expected a time with its zone"),
        ({"ranges": (Range(field="priority", lte=DAY),)}, "expected a number"),
        ({"ranges": (Range(field="priority"),)}, "has no bound"),
        ({"size": 0}, "size 0 is out of range"),
        ({"size": 1001}, "size 1001 is out of range"),
        ({"words": "a" * 1001}, "search of 1001 characters"),
    ],
)
def test_what_cannot_be_answered(given: dict[str, Any], message: str) -> None:
    with pytest.raises(Invalid) as error:
        Query(**given)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_phrases() -> None:
    assert phrases('un "deux trois" quatre « cinq » “six”') == ("un   quatre    ", ("deux trois", " cinq ", "six"))
    assert phrases('un "deux')[1] == ()
    assert phrases('"" "?!"')[1] == ()


def test_elastic_body() -> None:
    query = Query(
        words='école "le maître"',
        terms={"source": ("a", "b")},
        ranges=(Range(field="published_at", gte=DAY), Range(field="priority", lte=2)),
        sort="published_at",
        size=5,
        after=(None, "x"),
    )
    assert to_elastic(query) == {
        "query": {
            "bool": {
                "must": [
                    {"multi_match": {"query": "école", "fields": ["title^2.0", "text^1.0"], "type": "most_fields"}},
                    {"multi_match": {"query": "le maître", "fields": ["title.exact^2.0", "text.exact^1.0"], "type": "phrase"}},
                ],
                "filter": [
                    {"terms": {"source": ["a", "b"]}},
                    {"range": {"published_at": {"gte": 1767225600000, "format": "epoch_millis"}}},
                    {"range": {"priority": {"lte": 2.0}}},
                ],
                "must_not": [],
            }
        },
        "sort": [{"published_at": {"order": "desc", "missing": "_last"}}, {"id": {"order": "asc"}}],
        "size": 6,
        "track_total_hits": True,
        "search_after": [-(2**63), "x"],
    }


def test_buckets() -> None:
    assert first_day(date(2026, 1, 4), "week") == date(2025, 12, 29)
    assert day_of(-1) == date(1969, 12, 31)
    assert filled({}, "day") == ()
    assert filled({date(2024, 1, 31): 2, date(2024, 3, 1): 1}, "month") == (("2024-01-01", 2), ("2024-02-01", 0), ("2024-03-01", 1))


def test_batches_are_bounded(make_entry: Any) -> None:
    refused: list[tuple[str, str]] = []
    sizes = [len(batch) for batch in batches((make_entry(number) for number in range(1201)), refused)]
    assert (sizes, refused) == ([MAX_ENTRIES, MAX_ENTRIES, 201], [])
    heavy = [len(batch) for batch in batches((make_entry(number, text="x" * 2_600_000) for number in range(3)), refused)]
    assert heavy == [1, 1, 1]
