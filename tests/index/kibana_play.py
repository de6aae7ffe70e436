"""What Kibana asks Elasticsearch for a Lens panel of a saved object, and what it reads from the answer: the part of esaggs that the panels use.

It knows the saved objects alone, never the panels that they were built from.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

Objects = dict[tuple[str, str], dict[str, Any]]
Row = tuple[str, str | None, float]


def by_key(objects: list[dict[str, Any]]) -> Objects:
    """Saved objects by type and id."""
    return {(one["type"], one["id"]): one for one in objects}


def panels(dashboard: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The Lens panels of a dashboard."""
    for panel in json.loads(dashboard["attributes"]["panelsJSON"]):
        if panel["type"] == "lens":
            yield panel


def request(panel: dict[str, Any], dashboard: dict[str, Any], objects: Objects, now: datetime) -> tuple[str, dict[str, Any]]:
    """(index, body of the search) of a panel whose dashboard was just opened."""
    attributes = panel["embeddableConfig"]["attributes"]
    ((layer_id, layer),) = attributes["state"]["datasourceStates"]["formBased"]["layers"].items()
    # references of the dashboard win: they are what Kibana injects
    names = {one["name"]: (one["type"], one["id"]) for one in dashboard["references"]}
    view = objects[names[f"{panel['panelIndex']}:indexpattern-datasource-layer-{layer_id}"]]["attributes"]
    period = panel["embeddableConfig"].get("timeRange") or {"from": dashboard["attributes"]["timeFrom"], "to": dashboard["attributes"]["timeTo"]}
    time = {
        "range": {
            view["timeFieldName"]: {"gte": _moment(period["from"], now), "lte": _moment(period["to"], now), "format": "strict_date_optional_time"}
        }
    }
    chosen = attributes["state"]["filters"]
    for one in chosen:
        assert objects[names[f"{panel['panelIndex']}:{one['meta']['index']}"]]["attributes"]["title"] == view["title"]
    match = {
        "filter": [time, *(one["query"] for one in chosen if not one["meta"]["negate"])],
        "must_not": [one["query"] for one in chosen if one["meta"]["negate"]],
    }
    return view["title"], {"size": 0, "query": {"bool": match}, "aggs": _aggregations(layer, layer["columnOrder"])}


def listed(search: dict[str, Any], objects: Objects) -> tuple[str, dict[str, Any]]:
    """(index, body) of a saved search in Discover, over all times."""
    source = json.loads(search["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])
    names = {one["name"]: (one["type"], one["id"]) for one in search["references"]}
    view = objects[names[source["indexRefName"]]]["attributes"]
    assert all(names[one["meta"]["indexRefName"]] for one in source["filter"])
    match = {
        "filter": [one["query"] for one in source["filter"] if not one["meta"]["negate"]],
        "must_not": [one["query"] for one in source["filter"] if one["meta"]["negate"]],
    }
    sort = [{field: {"order": order}} for field, order in search["attributes"]["sort"]]
    return view["title"], {"size": 1000, "query": {"bool": match}, "sort": sort, "_source": False}


def _moment(word: str, now: datetime) -> str:
    back = int(word.removeprefix("now-").removesuffix("d")) if word != "now" else 0
    return (now - timedelta(days=back)).isoformat().replace("+00:00", "Z")


def _aggregations(layer: dict[str, Any], order: list[str]) -> dict[str, Any]:
    if not order:
        return {}
    column = layer["columns"][order[0]]
    inner = _aggregations(layer, order[1:])
    match column["operationType"]:
        case "count":
            return {}
        case "sum" | "max" as name:
            return {order[0]: {name: {"field": column["sourceField"]}}}
        case "unique_count":
            return {order[0]: {"cardinality": {"field": column["sourceField"]}}}
        case "date_histogram":
            asked = {"field": column["sourceField"], "calendar_interval": column["params"]["interval"], "time_zone": "UTC", "min_doc_count": 1}
            return {order[0]: {"date_histogram": asked, "aggs": inner}}
    params = column["params"]
    by = params["orderBy"]["columnId"]
    counted = layer["columns"][by]["operationType"] == "count"
    measured = {} if counted else _aggregations(layer, [by])
    asked = {
        "field": column["sourceField"],
        "size": params["size"],
        "order": {"_count" if counted else by: params["orderDirection"]},
        "shard_size": 25,
    }
    return {order[0]: {"terms": asked, "aggs": {**measured, **inner}}}


def rows(panel: dict[str, Any], answer: dict[str, Any]) -> list[Row]:
    """The table that a panel draws."""
    ((_, layer),) = panel["embeddableConfig"]["attributes"]["state"]["datasourceStates"]["formBased"]["layers"].items()
    *buckets, measure = layer["columnOrder"]
    return [(by, split, value) for by, split, value in _rows(layer, buckets, measure, answer["aggregations"])]


def _rows(layer: dict[str, Any], buckets: list[str], measure: str, answer: dict[str, Any]) -> Iterator[Row]:
    for bucket in answer[buckets[0]]["buckets"]:
        by = bucket["key_as_string"][:10] if layer["columns"][buckets[0]]["operationType"] == "date_histogram" else bucket["key"]
        for split, inner in [(one["key"], one) for one in bucket[buckets[1]]["buckets"]] if len(buckets) == 2 else [(None, bucket)]:
            value = inner["doc_count"] if layer["columns"][measure]["operationType"] == "count" else inner[measure]["value"]
            if value is not None:
                yield by, split, float(value)
