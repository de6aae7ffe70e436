"""A panel's choice of documents as Kibana's filters, which people see as pills and can switch off. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from index.panels import Choice

Filter = dict[str, Any]


def filters(choice: Choice, index: str) -> list[Filter]:
    """The filters of a choice; ``index`` is the name of the reference to the data view."""
    return [
        *(_one_of(name, values, index) for name, values in choice.terms.items()),
        *(_one_of(name, values, index, negate=True) for name, values in choice.without.items()),
        *(_exists(name, index) for name in choice.present),
        *(_exists(name, index, negate=True) for name in choice.absent),
        *(_range(one.field, {"gte": one.gte, "lte": one.lte}, index) for one in choice.ranges),
        *(_range(one.field, {"lte": f"now-{one.days}d"}, index) for one in choice.older),
    ]


def _one_of(name: str, values: tuple[str, ...], index: str, *, negate: bool = False) -> Filter:
    if len(values) == 1:
        return _filter("phrase", name, {"query": values[0]}, {"match_phrase": {name: values[0]}}, index, negate=negate)
    query = {"bool": {"minimum_should_match": 1, "should": [{"match_phrase": {name: value}} for value in values]}}
    return _filter("phrases", name, list(values), query, index, negate=negate)


def _exists(name: str, index: str, *, negate: bool = False) -> Filter:
    return _filter("exists", name, None, {"exists": {"field": name}}, index, negate=negate, value="exists")


def _range(name: str, bounds: dict[str, Any], index: str) -> Filter:
    given = {side: bound for side, bound in bounds.items() if bound is not None}
    return _filter("range", name, given, {"range": {name: given}}, index)


def _filter(kind: str, name: str, params: Any, query: dict[str, Any], index: str, *, negate: bool = False, **meta: str) -> Filter:
    described = {"alias": None, "disabled": False, "field": name, "index": index, "key": name, "negate": negate, "type": kind, **meta}
    if params is not None:
        described["params"] = params
    return {"$state": {"store": "appState"}, "meta": described, "query": query}
