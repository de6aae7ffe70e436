# ruff: noqa: N815 - the names are Kibana's
"""The documented structure of Kibana 8.19's saved objects, as far as Vigie uses it: whatever is not named here is an error.

Read in elastic/kibana: the config-schemas of the saved object types (saved_search/server/saved_objects/schema.ts, dashboard/server/
dashboard_saved_object/schema/v1, data_views content management), the types of Lens' formBased columns and visualization states, and exported
objects: Kibana's own sample data (ecommerce, logs) and the packages of elastic/integrations.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

UUID = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Plain = Annotated[str, Field(min_length=1, pattern=r"^[^<>`*\[\]\\]*$")]


def _parsed(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError(f"expected JSON as text, found {type(value).__name__}")
    return json.loads(value)


AsText = BeforeValidator(_parsed)


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Ref(Shape):
    id: UUID
    name: Annotated[str, Field(min_length=1)]
    type: Literal["index-pattern", "search"]


# --- filters


class FilterMeta(Shape):
    alias: None
    disabled: Literal[False]
    negate: bool
    field: str
    key: str
    type: Literal["phrase", "phrases", "exists", "range"]
    index: str | None = None
    indexRefName: str | None = None
    params: Any = None
    value: Literal["exists"] | None = None


class Filter(Shape):
    state: Annotated[dict[Literal["store"], Literal["appState"]], Field(alias="$state")]
    meta: FilterMeta
    query: dict[Literal["match_phrase", "bool", "exists", "range"], dict[str, Any]]

    @model_validator(mode="after")
    def _says_what_it_asks(self) -> Filter:
        name, asked = self.meta.key, self.query
        expected = {
            "phrase": lambda: {"match_phrase": {name: self.meta.params["query"]}},
            "phrases": lambda: {"bool": {"minimum_should_match": 1, "should": [{"match_phrase": {name: value}} for value in self.meta.params]}},
            "exists": lambda: {"exists": {"field": name}},
            "range": lambda: {"range": {name: self.meta.params}},
        }[self.meta.type]()
        if asked != expected or self.meta.field != name:
            raise ValueError(f"filter of {name} shows {expected} and asks {asked}")
        return self


class KQuery(Shape):
    language: Literal["kuery"]
    query: Literal[""]


# --- data views


class Format(Shape):
    id: Literal["number", "percent", "date", "url", "static_lookup"]
    params: dict[str, Any]

    @model_validator(mode="after")
    def _has_its_params(self) -> Format:
        wanted = {
            "number": {"pattern"},
            "percent": {"pattern"},
            "date": {"pattern"},
            "url": {"type", "urlTemplate", "labelTemplate", "openLinkInCurrentTab"},
            "static_lookup": {"lookupEntries", "unknownKeyValue"},
        }[self.id]
        if set(self.params) != wanted:
            raise ValueError(f"format {self.id} takes {sorted(wanted)}, found {sorted(self.params)}")
        for entry in self.params.get("lookupEntries", ()):
            if set(entry) != {"key", "value"} or not entry["value"]:
                raise ValueError(f"lookup entry {entry}")
        return self


class FieldAttributes(Shape):
    customLabel: Plain


class IndexPattern(Shape):
    allowHidden: bool
    fieldAttrs: Annotated[dict[str, FieldAttributes], AsText]
    fieldFormatMap: Annotated[dict[str, Format], AsText]
    fields: Annotated[list[Any], AsText]
    name: Plain
    runtimeFieldMap: Annotated[dict[str, Any], AsText]
    sourceFilters: Annotated[list[dict[Literal["value"], str]], AsText]
    timeFieldName: str
    title: str
    typeMeta: Annotated[dict[str, Any], AsText]


# --- searches


class SearchSource(Shape):
    filter: list[Filter]
    highlightAll: bool
    indexRefName: str
    query: KQuery
    version: bool


class SearchMeta(Shape):
    searchSourceJSON: Annotated[SearchSource, AsText]


class Search(Shape):
    columns: list[str]
    description: Plain
    grid: dict[str, Any]
    hideChart: bool
    isTextBasedQuery: Literal[False]
    kibanaSavedObjectMeta: SearchMeta
    sort: list[tuple[str, Literal["asc", "desc"]]]
    timeRestore: bool
    title: Plain


# --- Lens


class Column(Shape):
    customLabel: Literal[True]
    label: Plain
    sourceField: str


class OrderBy(Shape):
    type: Literal["column"]
    columnId: UUID


class TermsParams(Shape):
    size: Annotated[int, Field(ge=1, le=1000)]
    orderBy: OrderBy
    orderDirection: Literal["desc"]
    otherBucket: Literal[False]
    missingBucket: Literal[False]
    parentFormat: dict[Literal["id"], Literal["terms"]]
    include: list[Any]
    exclude: list[Any]
    includeIsRegex: bool
    excludeIsRegex: bool


class Terms(Column):
    operationType: Literal["terms"]
    dataType: Literal["string"]
    isBucketed: Literal[True]
    scale: Literal["ordinal"]
    params: TermsParams


class HistogramParams(Shape):
    interval: Literal["1d", "1w", "1M"]
    includeEmptyRows: bool
    dropPartials: Literal[False]


class Histogram(Column):
    operationType: Literal["date_histogram"]
    dataType: Literal["date"]
    isBucketed: Literal[True]
    scale: Literal["interval"]
    params: HistogramParams


class Metric(Column):
    operationType: Literal["count", "sum", "max", "unique_count"]
    dataType: Literal["number"]
    isBucketed: Literal[False]
    scale: Literal["ratio"]
    params: dict[Literal["emptyAsNull"], Literal[True]]

    @model_validator(mode="after")
    def _counts_records(self) -> Metric:
        if (self.operationType == "count") != (self.sourceField == "___records___"):
            raise ValueError(f"{self.operationType} of {self.sourceField}")
        return self


AnyColumn = Annotated[Terms | Histogram | Metric, Field(discriminator="operationType")]


class Layer(Shape):
    columnOrder: list[UUID]
    columns: dict[UUID, AnyColumn]
    ignoreGlobalFilters: Literal[False]
    incompleteColumns: dict[str, Any]
    sampling: Literal[1]

    @model_validator(mode="after")
    def _orders_its_columns(self) -> Layer:
        if sorted(self.columnOrder) != sorted(self.columns):
            raise ValueError("columnOrder names other columns")
        buckets = [self.columns[one].isBucketed for one in self.columnOrder]
        if buckets != sorted(buckets, reverse=True) or buckets.count(False) != 1:
            raise ValueError("expected the buckets, then one measure")
        for one in self.columns.values():
            if isinstance(one, Terms) and self.columns[one.params.orderBy.columnId].isBucketed:
                raise ValueError("ordered by a bucket")
        return self


class Layers(Shape):
    layers: Annotated[dict[UUID, Layer], Field(min_length=1, max_length=1)]


class NoLayers(Shape):
    layers: Annotated[dict[str, Any], Field(max_length=0)]


class Datasources(Shape):
    formBased: Layers
    textBased: NoLayers


class OwnLayer(Shape):
    layerId: UUID
    layerType: Literal["data"]


class XYLayer(OwnLayer):
    accessors: list[UUID]
    xAccessor: UUID
    splitAccessor: UUID | None = None
    seriesType: Literal["line", "area_stacked", "bar_stacked", "bar_horizontal_stacked"]


Axes = dict[Literal["x", "yLeft", "yRight"], bool]


class Legend(Shape):
    isVisible: bool
    position: Literal["right", "bottom", "left", "top"]
    type: Literal["heatmap_legend"] | None = None


class XY(Shape):
    axisTitlesVisibilitySettings: Axes
    fittingFunction: Literal["None"]
    gridlinesVisibilitySettings: Axes
    tickLabelsVisibilitySettings: Axes
    layers: Annotated[list[XYLayer], Field(min_length=1, max_length=1)]
    legend: Legend
    preferredSeriesType: str
    valueLabels: Literal["hide", "show"]


class LensMetric(OwnLayer):
    metricAccessor: UUID
    breakdownByAccessor: UUID
    maxCols: int


class PieLayer(OwnLayer):
    primaryGroups: list[UUID]
    metrics: list[UUID]
    categoryDisplay: Literal["default"]
    legendDisplay: Literal["show"]
    nestedLegend: bool
    numberDisplay: Literal["value"]


class Pie(Shape):
    shape: Literal["donut"]
    layers: Annotated[list[PieLayer], Field(min_length=1, max_length=1)]


class TableColumn(Shape):
    columnId: UUID
    isTransposed: bool


class Datatable(OwnLayer):
    columns: list[TableColumn]


class HeatmapGrid(Shape):
    type: Literal["heatmap_grid"]
    isCellLabelVisible: bool
    isXAxisLabelVisible: bool
    isXAxisTitleVisible: bool
    isYAxisLabelVisible: bool
    isYAxisTitleVisible: bool


class Heatmap(OwnLayer):
    shape: Literal["heatmap"]
    xAccessor: UUID
    yAccessor: UUID
    valueAccessor: UUID
    gridConfig: HeatmapGrid
    legend: Legend


VISUALIZATIONS: dict[str, type[Shape]] = {"lnsXY": XY, "lnsMetric": LensMetric, "lnsPie": Pie, "lnsDatatable": Datatable, "lnsHeatmap": Heatmap}


class LensState(Shape):
    adHocDataViews: Annotated[dict[str, Any], Field(max_length=0)]
    datasourceStates: Datasources
    filters: list[Filter]
    internalReferences: Annotated[list[Any], Field(max_length=0)]
    query: KQuery
    visualization: dict[str, Any]


class Lens(Shape):
    title: Plain
    description: Plain
    type: Literal["lens"]
    visualizationType: Literal["lnsXY", "lnsMetric", "lnsPie", "lnsDatatable", "lnsHeatmap"]
    references: list[Ref]
    state: LensState

    @model_validator(mode="after")
    def _shows_its_own_columns(self) -> Lens:
        ((layer_id, layer),) = self.state.datasourceStates.formBased.layers.items()
        shown = VISUALIZATIONS[self.visualizationType].model_validate(self.state.visualization).model_dump()
        text = json.dumps(shown)
        if layer_id not in text or any(column not in text for column in layer.columns):
            raise ValueError("a layer or a column is not shown")
        named = {one.name for one in self.references}
        used = {f"indexpattern-datasource-layer-{layer_id}", *(one.meta.index for one in self.state.filters)}
        if named != used:
            raise ValueError(f"references {sorted(named)}, used {sorted(map(str, used))}")
        return self


# --- dashboards


class Grid(Shape):
    x: Annotated[int, Field(ge=0, le=47)]
    y: Annotated[int, Field(ge=0)]
    w: Annotated[int, Field(ge=1, le=48)]
    h: Annotated[int, Field(ge=1)]
    i: UUID


class TimeRange(Shape):
    from_: Annotated[str, Field(alias="from", pattern=r"^now-\d+d$")]
    to: Literal["now"]


class LensConfig(Shape):
    attributes: Lens
    enhancements: dict[str, Any]
    hidePanelTitles: bool
    timeRange: TimeRange | None = None


class SearchConfig(Shape):
    enhancements: dict[str, Any]


class LensPanel(Shape):
    type: Literal["lens"]
    embeddableConfig: LensConfig
    gridData: Grid
    panelIndex: UUID
    title: Plain
    version: str


class SearchPanel(Shape):
    type: Literal["search"]
    embeddableConfig: SearchConfig
    gridData: Grid
    panelIndex: UUID
    panelRefName: str
    version: str


AnyPanel = Annotated[LensPanel | SearchPanel, Field(discriminator="type")]


class Options(Shape):
    hidePanelTitles: bool
    syncColors: bool
    syncCursor: bool
    syncTooltips: bool
    useMargins: bool


class Explicit(Shape):
    fieldName: str
    title: Plain
    id: UUID
    enhancements: dict[str, Any]


class Control(Shape):
    order: int
    width: Literal["small", "medium", "large"]
    grow: bool
    type: Literal["optionsListControl"]
    explicitInput: Explicit


class IgnoreParent(Shape):
    ignoreFilters: bool
    ignoreQuery: bool
    ignoreTimerange: bool
    ignoreValidations: bool


class Controls(Shape):
    controlStyle: Literal["oneLine", "twoLine"]
    chainingSystem: Literal["HIERARCHICAL", "NONE"]
    ignoreParentSettingsJSON: Annotated[IgnoreParent, AsText]
    panelsJSON: Annotated[dict[UUID, Control], AsText]


class DashboardSource(Shape):
    query: KQuery
    filter: list[Filter]


class DashboardMeta(Shape):
    searchSourceJSON: Annotated[DashboardSource, AsText]


class Refresh(Shape):
    pause: bool
    value: int


class Dashboard(Shape):
    title: Plain
    description: Plain
    kibanaSavedObjectMeta: DashboardMeta
    timeRestore: bool
    timeFrom: Annotated[str, Field(pattern=r"^now-\d+d$")]
    timeTo: Literal["now"]
    refreshInterval: Refresh
    controlGroupInput: Controls
    panelsJSON: Annotated[list[AnyPanel], AsText]
    optionsJSON: Annotated[Options, AsText]
    version: Literal[1]


ATTRIBUTES: dict[str, type[Shape]] = {"index-pattern": IndexPattern, "search": Search, "dashboard": Dashboard}


class Saved(Shape):
    """The envelope that /api/saved_objects/_export writes; its times and its version are optional."""

    id: UUID
    type: Literal["index-pattern", "search", "dashboard"]
    attributes: dict[str, Any]
    references: list[Ref]
    coreMigrationVersion: Literal["8.8.0"]
    typeMigrationVersion: Annotated[str, Field(pattern=r"^8\.\d+\.0$")]
    managed: bool


def read(one: dict[str, Any]) -> tuple[Saved, Any]:
    """The envelope and the attributes of a saved object. Raises ValidationError."""
    saved = Saved.model_validate(one)
    return saved, ATTRIBUTES[saved.type].model_validate(saved.attributes)
