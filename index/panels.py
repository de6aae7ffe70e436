"""The dashboards: what each panel counts, as reviewed data in panels.yml. Kibana's objects and the pictures are both made of it."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from core.errors import ConfigError, Invalid, NotFound, nearest
from core.records import Record
from index.fields import BY_NAME, RUN_FIELDS
from index.queries import Query, Range
from index.tables import Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import ValidatorFunctionWrapHandler

    from index.fields import Field as IndexField

FILE = Path(__file__).parent / "panels.yml"
GRID = 48  # columns of Kibana's grid: panels flow into rows of it
LENGTHS = {"day": 1, "week": 7, "month": 28}  # days, at least
RUN_NAMES = {field.name: field for field in RUN_FIELDS}
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)  # any: each choice is asked once when it is read

Chart = Literal["bar", "line", "area", "heatmap", "table", "metric", "donut"]
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{2,50}$")]
Plain = Annotated[str, Field(pattern=r"^[^<>`*\[\]{}\\]{3,200}$")]  # what people read: no markup, whoever shows it
Days = Annotated[int, Field(ge=1, le=3650)]


class Age(Record):
    """Only what happened more than so many days ago."""

    field: str
    days: Days


class Number(Record):
    """Bounds of a number, both included."""

    field: str
    gte: float | None = None
    lte: float | None = None


class Choice(Record):
    """Which documents are counted, whatever the period: the words of index.queries.Query."""

    terms: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    without: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    ranges: tuple[Number, ...] = ()
    older: tuple[Age, ...] = ()

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        try:
            self.query(MOMENT)
        except Invalid as error:
            raise ValueError(str(error)) from error
        return self

    def query(self, now: datetime, *, ranges: Iterable[Range] = ()) -> Query:
        """The query at a moment, with these ranges besides. Raises Invalid."""
        numbers = [Range(field=one.field, gte=one.gte, lte=one.lte) for one in self.ranges]
        ages = [Range(field=one.field, lte=now - timedelta(days=one.days)) for one in self.older]
        found: dict[str, Any] = self.model_dump(include={"terms", "without", "present", "absent"})
        return Query(**found, ranges=(*numbers, *ages, *ranges))


class Panel(Record):
    """One picture: ``table`` of the documents that ``where`` chooses and whose date ``time`` lies in the last ``days``."""

    id: Identifier
    title: Plain
    about: Plain
    chart: Chart
    table: Table
    where: Choice = Choice()
    time: str = "collected_at"
    days: Days | None = None  # the dashboard's, unless given
    width: int = Field(24, ge=8, le=GRID)
    height: int = Field(12, ge=4, le=40)

    @field_validator("table", mode="wrap")
    @classmethod
    def _table_can_be_answered(cls, value: Any, handler: ValidatorFunctionWrapHandler) -> Table:
        try:
            table: Table = handler(value)
        except Invalid as error:  # pydantic says where it stands only for a ValueError
            raise ValueError(str(error)) from error
        return table

    @property
    def dated(self) -> bool:
        """Whether it is grouped by time."""
        return self.table.interval is not None

    @model_validator(mode="after")
    def _fits_its_chart(self) -> Self:
        table, by = self.table, self.fields()[self.table.by]
        if self.chart in {"line", "area"} and not self.dated:
            raise ValueError(f"chart {self.chart}: found {table.by}, expected a date to group by, or chart bar")
        if self.chart == "heatmap" and table.split is None:
            raise ValueError("chart heatmap: found no split, expected a second field")
        if self.chart in {"metric", "donut"} and (self.dated or table.split is not None):
            raise ValueError(f"chart {self.chart}: expected one field that is no date, without split")
        if self.chart == "donut" and (by.type == "keywords" or table.measure not in {"count", "sum"}):
            found = f"{table.by} with measure {table.measure}"
            raise ValueError(f"chart donut: {found} is not parts of a whole; expected a field of one value, counted or summed")
        return self

    @model_validator(mode="after")
    def _chooses_what_can_be_chosen(self) -> Self:
        dates = [field.name for field in self.fields().values() if field.type == "date"]
        if self.time not in dates:
            raise ValueError(f"time: field {self.time!r} is unknown or no date; {nearest(self.time, dates)}")
        if self.table.over == "runs" and self.where != Choice():
            raise ValueError("where: a panel over the runs counts all of them; remove it")
        if self.dated and self.table.by != self.time and "size" not in self.table.model_fields_set:
            raise ValueError(f"table: grouped by {self.table.by} but the period is of {self.time}; give size: how many are shown")
        return self

    def fields(self) -> dict[str, IndexField]:
        """The fields of what it counts."""
        return BY_NAME if self.table.over == "documents" else RUN_NAMES


class Search(Record):
    """A list of documents for Kibana's Discover."""

    id: Identifier
    title: Plain
    about: Plain
    columns: tuple[str, ...] = Field(min_length=1)
    sort: str = "priority"
    where: Choice = Choice()

    @model_validator(mode="after")
    def _names_fields(self) -> Self:
        shown = [field.name for field in BY_NAME.values() if field.type not in {"vector"}]
        for name in (*self.columns, self.sort):
            if name not in shown:
                raise ValueError(f"field {name!r} is unknown; {nearest(name, shown)}")
        return self


class Dashboard(Record):
    """Panels in reading order. ``search``: the list below them."""

    id: Identifier
    title: Plain
    about: Plain
    days: Days
    panels: tuple[Panel, ...] = Field(min_length=1)
    controls: tuple[str, ...] = ()  # fields that the reader filters by
    search: str | None = None

    @model_validator(mode="after")
    def _filters_by_keywords(self) -> Self:
        keywords = [field.name for field in BY_NAME.values() if field.type in {"keyword", "keywords"}]
        for name in self.controls:
            if name not in keywords:
                raise ValueError(f"controls: field {name!r} is unknown or of another type; {nearest(name, keywords)}")
        return self


class Panels(Record):
    """All of panels.yml."""

    dashboards: tuple[Dashboard, ...] = Field(min_length=1)
    searches: tuple[Search, ...]

    def dashboard(self, name: str) -> Dashboard:
        """The dashboard of an id. Raises NotFound."""
        for one in self.dashboards:
            if one.id == name:
                return one
        raise NotFound(f"dashboard {name!r} does not exist; {nearest(name, [one.id for one in self.dashboards])}")

    @model_validator(mode="after")
    def _names_once(self) -> Self:
        panels = [panel.id for dashboard in self.dashboards for panel in dashboard.panels]
        names = [*panels, *(one.id for one in self.dashboards), *(one.id for one in self.searches)]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"id {twice[0]!r} stands twice; expected another one")
        searches = [one.id for one in self.searches]
        for dashboard in self.dashboards:
            if dashboard.search is not None and dashboard.search not in searches:
                raise ValueError(f"dashboard {dashboard.id}: search {dashboard.search!r} does not exist; {nearest(dashboard.search, searches)}")
        return self


KEYS = {key for record in (Panels, Dashboard, Panel, Search, Choice, Age, Number, Table) for key in record.model_fields}


def to_query(panel: Panel, now: datetime) -> tuple[Query, Table]:
    """What an index is asked for a panel at a moment. Runs are all counted: their period is ``table.size``. Raises Invalid."""
    table = panel.table
    if panel.dated and table.by == panel.time:
        table = table.model_copy(update={"size": periods(panel)})
    if table.over == "runs":
        return Query(), table
    return panel.where.query(now, ranges=[Range(field=panel.time, gte=now - timedelta(days=days_of(panel)), lte=now)]), table


def periods(panel: Panel) -> int:
    """How many days, weeks or months the panel's period touches, at most."""
    return min(1000, math.ceil(days_of(panel) / LENGTHS[panel.table.interval or "day"]) + 1)


def days_of(panel: Panel) -> int:
    """The length of a panel's period. Raises ConfigError for a panel that was not loaded with its dashboard."""
    if panel.days is None:
        raise ConfigError(f"panel {panel.id} has no days; load it with its dashboard")
    return panel.days


@cache
def load_panels(path: Path = FILE) -> Panels:
    """The reviewed dashboards, every panel with its period. Raises ConfigError that names file, key and nearest valid name."""
    data = None
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        panels = Panels.model_validate(data)
    except ValidationError as error:
        first = min(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")  # a misspelt key comes before the missing one
        hint = f"; {nearest(str(first['loc'][-1]), KEYS)}" if first["type"] == "extra_forbidden" else ""
        raise ConfigError(f"{path}: {_where(data, first['loc'])}{first['msg'].removeprefix('Value error, ')}{hint}") from error
    except (OSError, yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{path}: not readable as YAML in UTF-8 ({' '.join(str(error).split())[:200]})") from error
    return panels.model_copy(update={"dashboards": tuple(_dated(one) for one in panels.dashboards)})


def _dated(dashboard: Dashboard) -> Dashboard:
    """With the period in every panel."""
    panels = tuple(panel if panel.days else panel.model_copy(update={"days": dashboard.days}) for panel in dashboard.panels)
    return dashboard.model_copy(update={"panels": panels})


def _where(data: Any, place: tuple[int | str, ...]) -> str:
    """Where a mistake stands, in the ids that the file gives."""
    names = []
    for step in place:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            data = None
        names.append(data["id"] if isinstance(step, int) and isinstance(data, dict) and isinstance(data.get("id"), str) else str(step))
    return f"{'.'.join(names)}: " if names else ""
