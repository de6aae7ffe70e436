"""All of Vigie's saved objects, from the fields, the panels and the names of values, as the lines of an import file. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from index.fields import BY_NAME
from index.kibana.filters import filters
from index.kibana.lens import lens
from index.kibana.shape import identifier, reference, saved_object, text
from index.kibana.views import DOCUMENTS_TIME, Place, view_id, views
from index.panels import GRID

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from index.kibana.shape import Reference, SavedObject
    from index.panels import Dashboard, Panel, Panels, Search

_SOURCE = "kibanaSavedObjectMeta.searchSourceJSON"
_NO_QUERY = {"language": "kuery", "query": ""}
_PANEL_VERSION = "8.11.0"  # of the grammar of panels by value
_SEARCH_HEIGHT = 20
_OPTIONS = {"hidePanelTitles": False, "syncColors": True, "syncCursor": True, "syncTooltips": False, "useMargins": True}
_CONTROLS = {"ignoreFilters": False, "ignoreQuery": False, "ignoreTimerange": False, "ignoreValidations": False}


def build(panels: Panels, place: Place, *, names: Mapping[str, Mapping[str, str]]) -> list[SavedObject]:
    """Data views, then the searches and the dashboards that need them. ``names``: what people read for the values of a field."""
    return [*views(panels, place, names), *map(_search, panels.searches), *map(_dashboard, panels.dashboards)]


def to_ndjson(objects: Iterable[SavedObject]) -> str:
    """One object a line, the same text for the same objects."""
    return "".join(json.dumps(one, ensure_ascii=False, sort_keys=True) + "\n" for one in objects)


def _search(search: Search) -> SavedObject:
    view, chosen = view_id("documents", DOCUMENTS_TIME), filters(search.where, "")
    references = [reference(f"{_SOURCE}.index", "index-pattern", view)]
    for number, one in enumerate(chosen):  # in a search source, a filter names its reference here
        del one["meta"]["index"]
        one["meta"]["indexRefName"] = f"{_SOURCE}.filter[{number}].meta.index"
        references.append(reference(one["meta"]["indexRefName"], "index-pattern", view))
    source = {
        "filter": chosen,
        "highlightAll": True,
        "indexRefName": f"{_SOURCE}.index",
        "query": {"language": "kuery", "query": ""},
        "version": True,
    }
    attributes = {
        "columns": list(search.columns),
        "description": search.about,
        "grid": {},
        "hideChart": False,
        "isTextBasedQuery": False,
        "kibanaSavedObjectMeta": {"searchSourceJSON": text(source)},
        "sort": [[search.sort, "desc"]],
        "timeRestore": False,
        "title": f"Vigie, {search.title}",
    }
    return saved_object("search", search.id, attributes, references)


def _dashboard(dashboard: Dashboard) -> SavedObject:
    grid, references = _laid_out(dashboard)
    attributes = {
        "controlGroupInput": _controls(dashboard, references),
        "description": dashboard.about,
        "kibanaSavedObjectMeta": {"searchSourceJSON": text({"filter": [], "query": _NO_QUERY})},
        "optionsJSON": text(_OPTIONS),
        "panelsJSON": text(grid),
        "refreshInterval": {"pause": True, "value": 60000},
        "timeFrom": f"now-{dashboard.days}d",
        "timeRestore": True,
        "timeTo": "now",
        "title": f"Vigie, {dashboard.title}",
        "version": 1,
    }
    return saved_object("dashboard", dashboard.id, attributes, references)


def _laid_out(dashboard: Dashboard) -> tuple[list[dict[str, Any]], list[Reference]]:
    """The panels in rows of GRID columns, the list below them; and what they need."""
    grid, references, x, y, row = [], [], 0, 0, 0
    for panel in dashboard.panels:
        if x + panel.width > GRID:
            x, y, row = 0, y + row, 0
        grid.append(_by_value(panel, dashboard, {"h": panel.height, "w": panel.width, "x": x, "y": y}))
        references += [{**one, "name": f"{grid[-1]['panelIndex']}:{one['name']}"} for one in lens(panel)["references"]]
        x, row = x + panel.width, max(row, panel.height)
    if dashboard.search:
        index = identifier("panel", dashboard.id, dashboard.search)
        place = {"h": _SEARCH_HEIGHT, "i": index, "w": GRID, "x": 0, "y": y + row}
        grid.append(
            {
                "embeddableConfig": {"enhancements": {}},
                "gridData": place,
                "panelIndex": index,
                "panelRefName": f"panel_{index}",
                "type": "search",
                "version": _PANEL_VERSION,
            }
        )
        references.append(reference(f"{index}:panel_{index}", "search", identifier("search", dashboard.search)))
    return grid, references


def _by_value(panel: Panel, dashboard: Dashboard, place: dict[str, Any]) -> dict[str, Any]:
    index = identifier("panel", panel.id)
    shown: dict[str, Any] = {"attributes": lens(panel), "enhancements": {}, "hidePanelTitles": False}
    if panel.days != dashboard.days:
        shown["timeRange"] = {"from": f"now-{panel.days}d", "to": "now"}
    return {
        "embeddableConfig": shown,
        "gridData": {**place, "i": index},
        "panelIndex": index,
        "title": panel.title,
        "type": "lens",
        "version": _PANEL_VERSION,
    }


def _controls(dashboard: Dashboard, references: list[Reference]) -> dict[str, Any]:
    """Drop-down lists that filter the whole dashboard."""
    lists = dict(_control_lists(dashboard, references))
    return {
        "chainingSystem": "HIERARCHICAL",
        "controlStyle": "oneLine",
        "ignoreParentSettingsJSON": text(_CONTROLS),
        "panelsJSON": text(lists),
    }


def _control_lists(dashboard: Dashboard, references: list[Reference]) -> Iterator[tuple[str, dict[str, Any]]]:
    for order, name in enumerate(dashboard.controls):
        index = identifier("control", dashboard.id, name)
        references.append(reference(f"controlGroup_{index}:optionsListDataView", "index-pattern", view_id("documents", DOCUMENTS_TIME)))
        explicit = {"enhancements": {}, "fieldName": name, "id": index, "title": BY_NAME[name].label}
        yield index, {"explicitInput": explicit, "grow": True, "order": order, "type": "optionsListControl", "width": "medium"}


__all__ = ["Place", "build", "to_ndjson"]
