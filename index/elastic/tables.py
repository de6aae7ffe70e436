"""Aggregations as Elasticsearch is asked for them, and its answers as rows. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from index.queries import elastic_match

if TYPE_CHECKING:
    from collections.abc import Iterable

    from index.queries import Query
    from index.tables import Row, Table

PRECISION = 40_000  # distinct values that are counted exactly, or nearly; the most that the node offers
# an alias over several indices adds up what each of them finds most frequent: far more of it is asked than shown
_LOOKED_AT = 1000


def values_of(field: str, *, size: int, measure: str = "_count") -> dict[str, Any]:
    """The values of a field by measure descending, then by value."""
    order = [{measure: "desc"}, {"_key": "asc"}]
    return {"terms": {"field": field, "size": size, "shard_size": max(size, _LOOKED_AT), "order": order}}


def dates_of(field: str, interval: str) -> dict[str, Any]:
    """The days, weeks or months in UTC that hold anything."""
    # the empty ones are left out: one wrong date would make the node build too many of them
    return {"date_histogram": {"field": field, "calendar_interval": interval, "time_zone": "UTC", "format": "yyyy-MM-dd", "min_doc_count": 1}}


def leading(query: Query, campaigns: list[str]) -> dict[str, Any]:
    """The body of a search for the first result and the number of results of each campaign."""
    chosen = {"bool": {"must": [elastic_match(query)], "filter": [{"terms": {"campaign": campaigns}}]}}
    first = {"size": 1, "_source": False, "sort": [{"priority": {"order": "desc", "missing": "_last"}}, {"id": {"order": "asc"}}]}
    counted = {**values_of("campaign", size=len(campaigns)), "aggs": {"first": {"top_hits": first}}}
    return {"query": chosen, "size": 0, "aggs": {"campaigns": counted}}


def leaders_of(buckets: Iterable[dict[str, Any]]) -> dict[str, tuple[str, int]]:
    """The answer to ``leading``."""
    return {bucket["key"]: (bucket["first"]["hits"]["hits"][0]["_id"], bucket["doc_count"]) for bucket in buckets}


def aggregation(table: Table) -> dict[str, Any]:
    """What is asked for a table, under the name ``by``."""
    measured = _measured(table)
    inner = dict(measured)
    if table.split:
        inner["split"] = _grouped(table, table.split, measured)
    return {"by": _grouped(table, table.by, inner) if table.interval is None else {**dates_of(table.by, table.interval), "aggs": inner}}


def _grouped(table: Table, field: str, inner: dict[str, Any]) -> dict[str, Any]:
    return {**values_of(field, size=table.size, measure="_count" if table.of is None else "measure"), "aggs": inner}


def _measured(table: Table) -> dict[str, Any]:
    if table.of is None:
        return {}
    if table.measure == "distinct":
        return {"measure": {"cardinality": {"field": table.of, "precision_threshold": PRECISION}}}
    return {"measure": {table.measure: {"field": table.of}}}


def rows(table: Table, buckets: list[dict[str, Any]]) -> tuple[Row, ...]:
    """The rows of an answer; a group without any number to measure has none."""
    found: list[Row] = []
    for bucket in _ordered(table, buckets):
        by = str(bucket.get("key_as_string", bucket["key"]))
        if not table.split:
            found += _row(table, by, None, bucket)
            continue
        for part in sorted(bucket["split"]["buckets"], key=lambda part: str(part["key"])):
            found += _row(table, by, str(part["key"]), part)
    return tuple(found)


def _ordered(table: Table, buckets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The last dates, or the values as they were asked for: what several indices add up to comes in a rough order."""
    if table.interval is not None:
        return buckets[-table.size :]
    return sorted(buckets, key=lambda bucket: (-(_number(table, bucket) or 0.0), bucket["key"]))


def _number(table: Table, bucket: dict[str, Any]) -> float | None:
    measure = bucket["doc_count"] if table.of is None else bucket["measure"]["value"]
    return None if measure is None else float(measure)


def _row(table: Table, by: str, split: str | None, bucket: dict[str, Any]) -> list[Row]:
    measure = _number(table, bucket)
    return [] if measure is None else [(by, split, measure)]
