"""A panel as a Lens visualization: columns that say what is counted, and a picture of them. Pure.

The columns stand in the order [by, split, measure], so that Kibana asks Elasticsearch the very table that an index answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from index.kibana.filters import filters
from index.kibana.shape import identifier, reference
from index.kibana.views import view_id
from index.panels import MOMENT, to_query

if TYPE_CHECKING:
    from index.kibana.shape import Reference
    from index.panels import Panel

BY, SPLIT, MEASURE = "by", "split", "measure"
FILTER_INDEX = "filter-index-pattern-0"
_INTERVALS = {"day": "1d", "week": "1w", "month": "1M"}
_OPERATIONS = {"count": "count", "sum": "sum", "max": "max", "distinct": "unique_count"}
_SHAPES = {"line": "line", "area": "area_stacked"}
# colour alone says nothing to some readers: values stand on the parts, and legends beside
_SHOWN = {"x": True, "yLeft": True, "yRight": True}


def lens(panel: Panel) -> dict[str, Any]:
    """The attributes of a Lens visualization, with its references."""
    layer = layer_id(panel)
    visualization, state = _visualization(panel, layer)
    return {
        "description": panel.about,
        "references": references(panel),
        "state": {
            "adHocDataViews": {},
            "datasourceStates": {"formBased": {"layers": {layer: _layer(panel)}}, "textBased": {"layers": {}}},
            "filters": filters(panel.where, FILTER_INDEX),
            "internalReferences": [],
            "query": {"language": "kuery", "query": ""},
            "visualization": state,
        },
        "title": panel.title,
        "type": "lens",
        "visualizationType": visualization,
    }


def references(panel: Panel) -> list[Reference]:
    """The data view, once for what is counted and once for its filters."""
    view = view_id(panel.table.over, panel.time)
    found = [reference(f"indexpattern-datasource-layer-{layer_id(panel)}", "index-pattern", view)]
    return [*found, reference(FILTER_INDEX, "index-pattern", view)] if filters(panel.where, FILTER_INDEX) else found


def layer_id(panel: Panel) -> str:
    """Of the one layer of a panel."""
    return identifier("layer", panel.id)


def column_id(panel: Panel, part: str) -> str:
    """Of a column: BY, SPLIT or MEASURE."""
    return identifier("column", panel.id, part)


def _layer(panel: Panel) -> dict[str, Any]:
    columns = {column_id(panel, BY): _time(panel) if panel.dated else _values(panel, panel.table.by)}
    if panel.table.split:
        columns[column_id(panel, SPLIT)] = _values(panel, panel.table.split)
    columns[column_id(panel, MEASURE)] = _measure(panel)
    return {"columnOrder": list(columns), "columns": columns, "ignoreGlobalFilters": False, "incompleteColumns": {}, "sampling": 1}


def _time(panel: Panel) -> dict[str, Any]:
    params = {"dropPartials": False, "includeEmptyRows": True, "interval": _INTERVALS[panel.table.interval or "day"]}
    return _column(panel, panel.table.by, "date_histogram", data="date", scale="interval", params=params)


def _values(panel: Panel, name: str) -> dict[str, Any]:
    """The most frequent values, or those of the largest measure; what has no value is left out, as in an index's table."""
    size = to_query(panel, MOMENT)[1].size
    params = {
        "exclude": [],
        "excludeIsRegex": False,
        "include": [],
        "includeIsRegex": False,
        "missingBucket": False,
        "orderBy": {"columnId": column_id(panel, MEASURE), "type": "column"},
        "orderDirection": "desc",
        "otherBucket": False,
        "parentFormat": {"id": "terms"},
        "size": size,
    }
    return _column(panel, name, "terms", data="string", scale="ordinal", params=params)


def _column(panel: Panel, name: str, operation: str, *, data: str, scale: str, params: dict[str, Any]) -> dict[str, Any]:
    return {
        "customLabel": True,
        "dataType": data,
        "isBucketed": True,
        "label": panel.fields()[name].label,
        "operationType": operation,
        "params": params,
        "scale": scale,
        "sourceField": name,
    }


def _measure(panel: Panel) -> dict[str, Any]:
    table = panel.table
    return {
        "customLabel": True,
        "dataType": "number",
        "isBucketed": False,
        "label": measured(panel),
        "operationType": _OPERATIONS[table.measure],
        "params": {"emptyAsNull": True},
        "scale": "ratio",
        "sourceField": table.of or "___records___",
    }


def measured(panel: Panel) -> str:
    """What the numbers of a panel are, in French."""
    table = panel.table
    if table.of is None:
        return "Nombre de contenus"
    label = panel.fields()[table.of].label
    return {"sum": f"{label} (somme)", "max": f"{label} (maximum)", "distinct": f"{label} (valeurs différentes)"}[table.measure]


def _visualization(panel: Panel, layer: str) -> tuple[str, dict[str, Any]]:
    by, split, measure = (column_id(panel, part) for part in (BY, SPLIT, MEASURE))
    own = {"layerId": layer, "layerType": "data"}
    if panel.chart == "metric":
        return "lnsMetric", {**own, "breakdownByAccessor": by, "maxCols": 4, "metricAccessor": measure}
    if panel.chart == "donut":
        return "lnsPie", {"layers": [{**own, **_DONUT, "metrics": [measure], "primaryGroups": [by]}], "shape": "donut"}
    if panel.chart == "table":
        columns = [by, split, measure] if panel.table.split else [by, measure]
        return "lnsDatatable", {**own, "columns": [{"columnId": one, "isTransposed": False} for one in columns]}
    if panel.chart == "heatmap":
        return "lnsHeatmap", {**own, **_HEATMAP, "valueAccessor": measure, "xAccessor": by, "yAccessor": split}
    return "lnsXY", _xy(panel, own, by=by, split=split, measure=measure)


_DONUT = {"categoryDisplay": "default", "legendDisplay": "show", "nestedLegend": False, "numberDisplay": "value"}
_HEATMAP = {
    "gridConfig": {
        "isCellLabelVisible": True,
        "isXAxisLabelVisible": True,
        "isXAxisTitleVisible": False,
        "isYAxisLabelVisible": True,
        "isYAxisTitleVisible": False,
        "type": "heatmap_grid",
    },
    "legend": {"isVisible": True, "position": "right", "type": "heatmap_legend"},
    "shape": "heatmap",
}


def _xy(panel: Panel, own: dict[str, str], *, by: str, split: str, measure: str) -> dict[str, Any]:
    series = _SHAPES.get(panel.chart) or ("bar_stacked" if panel.dated else "bar_horizontal_stacked")
    layer: dict[str, Any] = {**own, "accessors": [measure], "seriesType": series, "xAccessor": by}
    if panel.table.split:
        layer["splitAccessor"] = split
    return {
        "axisTitlesVisibilitySettings": {**_SHOWN, "x": False},
        "fittingFunction": "None",
        "gridlinesVisibilitySettings": _SHOWN,
        "layers": [layer],
        "legend": {"isVisible": True, "position": "right"},
        "preferredSeriesType": series,
        "tickLabelsVisibilitySettings": _SHOWN,
        "valueLabels": "hide" if panel.dated or panel.table.split else "show",
    }
