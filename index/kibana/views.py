"""Data views: which index, which date, and for every field the name and the format that people see. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from index.fields import BY_NAME, FIELDS, RUN_FIELDS
from index.kibana.access import HIDDEN
from index.kibana.shape import identifier, saved_object, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from index.fields import Field
    from index.kibana.shape import SavedObject
    from index.panels import Panels

RUNS_TIME = "at"
DOCUMENTS_TIME = "collected_at"  # the one date that every document has: with another, those without it would silently be missing
_DATE = {"id": "date", "params": {"pattern": "DD/MM/YYYY HH:mm"}}
_PERCENT = {"id": "percent", "params": {"pattern": "0.0%"}}
_INTEGER = {"id": "number", "params": {"pattern": "0,0"}}
_AMOUNT = {"id": "number", "params": {"pattern": "0,0.[00]"}}
_RANK = {"id": "number", "params": {"pattern": "0.000"}}
_FLOATS = {"priority": _RANK, "harm": _RANK}


class Place(NamedTuple):
    """Where Kibana looks and where it leads. ``console`` ends without a slash."""

    alias: str
    console: str


def view_id(over: str, time: str) -> str:
    """The id of the data view of documents or runs by one of their dates."""
    return identifier("index-pattern", f"{over}/{time}")


def views(panels: Panels, place: Place, names: Mapping[str, Mapping[str, str]]) -> list[SavedObject]:
    """One data view for the runs, and one of the documents for each date that panels choose a period by."""
    times = {panel.time for dashboard in panels.dashboards for panel in dashboard.panels if panel.table.over == "documents"}
    ordered = sorted(times | {DOCUMENTS_TIME}, key=lambda time: (time != DOCUMENTS_TIME, time))
    return [*(_documents(time, place, names) for time in ordered), _runs(place, names)]


def _documents(time: str, place: Place, names: Mapping[str, Mapping[str, str]]) -> SavedObject:
    name = f"Vigie, contenus ({_lower(BY_NAME[time].label)})"
    links = {"id": _link(place.console)}
    hidden = [field.name for field in FIELDS if field.name in HIDDEN]
    return _view("documents", time, title=place.alias, name=name, fields=FIELDS, names=names, links=links, hidden=hidden)


def _runs(place: Place, names: Mapping[str, Mapping[str, str]]) -> SavedObject:
    return _view(
        "runs", RUNS_TIME, title=f"{place.alias}-runs", name="Vigie, passages des sources", fields=RUN_FIELDS, names=names, links={}, hidden=[]
    )


def _view(
    over: str,
    time: str,
    *,
    title: str,
    name: str,
    fields: Iterable[Field],
    names: Mapping[str, Mapping[str, str]],
    links: Mapping[str, Any],
    hidden: list[str],
) -> SavedObject:
    shown = [field for field in fields if field.type not in {"stored", "vector"}]  # the others are no fields to Elasticsearch, or mean nothing
    formats = {field.name: found for field in shown if (found := links.get(field.name) or _format(field, names.get(field.name, {})))}
    attributes = {
        "allowHidden": False,
        "fieldAttrs": text({field.name: {"customLabel": field.label} for field in shown}),
        "fieldFormatMap": text(formats),
        "fields": "[]",
        "name": name,
        "runtimeFieldMap": "{}",
        "sourceFilters": text([{"value": one} for one in hidden]),
        "timeFieldName": time,
        "title": title,
        "typeMeta": "{}",
    }
    return saved_object("index-pattern", f"{over}/{time}", attributes, [])


def _format(field: Field, names: Mapping[str, str]) -> dict[str, Any] | None:
    """None where Kibana's own is right."""
    if names:
        entries = [{"key": value, "value": name} for value, name in names.items()]
        return {"id": "static_lookup", "params": {"lookupEntries": entries, "unknownKeyValue": None}}
    if field.type == "float":
        return _PERCENT if field.name.startswith("score_") else _FLOATS.get(field.name, _AMOUNT)
    return {"date": _DATE, "integer": _INTEGER}.get(field.type)


def _link(console: str) -> dict[str, Any]:
    """An id that opens its item; Kibana encodes the value."""
    template = f"{console}/contenus/{{{{value}}}}"
    return {"id": "url", "params": {"labelTemplate": "Ouvrir dans Vigie", "openLinkInCurrentTab": False, "type": "a", "urlTemplate": template}}


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:]
