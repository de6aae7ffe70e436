"""Kibana's saved objects: their structure, what they refer to, and that each panel asks Elasticsearch what an index answers."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch
from pydantic import ValidationError

from cli.figures import EMPTY, number
from cli.kibana import ALIAS, BUILT, PLACEHOLDER, saved_objects
from cli.stats_plot import draw_dashboard
from cli.value_names import value_names
from core.records import ScoredDocument
from index.documents import Entry
from index.elastic.templates import runs_alias
from index.fields import BY_NAME, FIELDS, RUN_FIELDS
from index.kibana.access import FEATURES, HIDDEN, role, space
from index.kibana.build import to_ndjson
from index.kibana.shape import identifier
from index.panels import load_panels, to_query
from tests.index import kibana_play, panel_data
from tests.index.conftest import Backend
from tests.index.kibana_shapes import ATTRIBUTES, read

OBJECTS = saved_objects(alias=ALIAS, console_url=PLACEHOLDER)
BY_KEY = kibana_play.by_key(OBJECTS)
DASHBOARDS = [one for one in OBJECTS if one["type"] == "dashboard"]
VIEWS = [one for one in OBJECTS if one["type"] == "index-pattern"]
PANELS = load_panels()
KINDS = {"keyword": "string", "keywords": "string", "date": "date", "float": "number", "integer": "number"}


def test_the_built_file_is_up_to_date() -> None:
    assert BUILT.read_text(encoding="utf-8") == to_ndjson(OBJECTS), "run vigie kibana build"


@pytest.mark.parametrize("one", OBJECTS, ids=lambda one: f"{one['type']}-{one['attributes'].get('name') or one['attributes']['title']}")
def test_each_object_has_the_documented_structure(one: dict[str, Any]) -> None:
    read(one)


@pytest.mark.parametrize("kind", ATTRIBUTES)
def test_the_structure_refuses_what_is_not_documented(kind: str) -> None:
    one = copy.deepcopy(next(one for one in OBJECTS if one["type"] == kind))
    one["attributes"]["unknown"] = 1
    with pytest.raises(ValidationError, match="unknown"):
        read(one)
    one = copy.deepcopy(next(one for one in OBJECTS if one["type"] == "dashboard"))
    grid = json.loads(one["attributes"]["panelsJSON"])
    ((_, layer),) = grid[0]["embeddableConfig"]["attributes"]["state"]["datasourceStates"]["formBased"]["layers"].items()
    layer["columnOrder"].reverse()
    one["attributes"]["panelsJSON"] = json.dumps(grid)
    with pytest.raises(ValidationError, match="expected the buckets"):
        read(one)


def test_every_reference_resolves_and_every_id_stands_once() -> None:
    assert len(BY_KEY) == len(OBJECTS)
    wanted = [(reference["type"], reference["id"]) for one in OBJECTS for reference in one["references"]]
    assert wanted
    assert all(key in BY_KEY for key in wanted)
    for one in OBJECTS:
        names = [reference["name"] for reference in one["references"]]
        assert len(names) == len(set(names))


def test_panels_name_their_references_in_the_dashboard_too() -> None:
    for dashboard in DASHBOARDS:
        names = {one["name"]: one["id"] for one in dashboard["references"]}
        for panel in kibana_play.panels(dashboard):
            for own in panel["embeddableConfig"]["attributes"]["references"]:
                assert names.pop(f"{panel['panelIndex']}:{own['name']}") == own["id"]
        for panel in json.loads(dashboard["attributes"]["panelsJSON"]):
            if panel["type"] == "search":
                assert BY_KEY["search", names.pop(f"{panel['panelIndex']}:{panel['panelRefName']}")]
        for index, control in json.loads(dashboard["attributes"]["controlGroupInput"]["panelsJSON"]).items():
            assert control["explicitInput"]["id"] == index
            names.pop(f"controlGroup_{index}:optionsListDataView")
        assert not names


def test_columns_are_fields_of_their_data_view_and_of_the_right_type() -> None:
    for dashboard in DASHBOARDS:
        for panel in kibana_play.panels(dashboard):
            title, _ = kibana_play.request(panel, dashboard, BY_KEY, datetime.now(UTC))
            fields = {field.name: field for field in (RUN_FIELDS if title == f"{ALIAS}-runs" else FIELDS)}
            ((_, layer),) = panel["embeddableConfig"]["attributes"]["state"]["datasourceStates"]["formBased"]["layers"].items()
            for column in layer["columns"].values():
                if column["operationType"] != "count":
                    field = fields[column["sourceField"]]
                    expected = "string" if column["operationType"] == "unique_count" else column["dataType"]
                    assert KINDS[field.type] == expected, (panel["title"], field.name)
            for one in panel["embeddableConfig"]["attributes"]["state"]["filters"]:
                assert one["meta"]["key"] in fields


def test_nothing_that_readers_may_not_see_is_shown() -> None:
    shown = to_ndjson([one for one in OBJECTS if one["type"] != "index-pattern"])
    assert not [name for name in HIDDEN if f'"{name}"' in shown or f'\\"{name}\\"' in shown]
    for one in OBJECTS:
        if one["type"] == "search":
            assert set(one["attributes"]["columns"]) <= {field.name for field in FIELDS if field.name not in HIDDEN and field.type != "vector"}
            assert one["attributes"]["sort"] == [["priority", "desc"]]


def test_data_views_label_and_format_the_fields() -> None:
    assert {view["attributes"]["title"] for view in VIEWS} == {ALIAS, runs_alias(ALIAS)}
    for view in VIEWS:
        runs = view["attributes"]["title"] == runs_alias(ALIAS)
        labels, formats = json.loads(view["attributes"]["fieldAttrs"]), json.loads(view["attributes"]["fieldFormatMap"])
        known = {field.name: field for field in (RUN_FIELDS if runs else FIELDS) if field.type not in {"stored", "vector"}}
        assert {name: one["customLabel"] for name, one in labels.items()} == {name: field.label for name, field in known.items()}
        assert set(formats) <= set(known)
        assert known[view["attributes"]["timeFieldName"]].type == "date"
        assert formats["id"]["params"]["urlTemplate"] == f"{PLACEHOLDER}/contenus/{{{{value}}}}" if not runs else "id" not in formats
    formats = json.loads(VIEWS[0]["attributes"]["fieldFormatMap"])
    assert formats["score_gourou"]["id"] == "percent"
    assert {"key": "a_lire", "value": "À lire"} in formats["decision"]["params"]["lookupEntries"]
    assert {"key": "T7", "value": "T7 Urgence vitale possible"} in formats["flags"]["params"]["lookupEntries"]


def test_links_lead_to_the_console_that_is_named() -> None:
    view = saved_objects(alias="autre", console_url="https://console.example/")[0]
    assert view["attributes"]["title"] == "autre"
    assert '"https://console.example/contenus/{{value}}"' in view["attributes"]["fieldFormatMap"]


def test_panels_do_not_overlap_and_fill_their_rows() -> None:
    for dashboard in DASHBOARDS:
        cells: set[tuple[int, int]] = set()
        for panel in json.loads(dashboard["attributes"]["panelsJSON"]):
            grid = panel["gridData"]
            assert grid["x"] + grid["w"] <= 48
            own = {(x, y) for x in range(grid["x"], grid["x"] + grid["w"]) for y in range(grid["y"], grid["y"] + grid["h"])}
            assert not own & cells
            cells |= own


def test_ids_and_text_never_change_between_builds() -> None:
    assert to_ndjson(saved_objects(alias=ALIAS, console_url=PLACEHOLDER)) == to_ndjson(OBJECTS)
    assert identifier("dashboard", "triage") == "3a11125d-a608-5c53-9eb0-9dc89f1301ac"  # addresses that people kept


def test_role_reads_only_the_alias_and_not_what_is_hidden() -> None:
    made = role("vigie-documents", space_id="vigie")
    documents, runs = made["elasticsearch"]["indices"]
    assert (documents["names"], runs["names"]) == (["vigie-documents"], [runs_alias("vigie-documents")])
    assert all(one["privileges"] == ["read", "view_index_metadata"] for one in (documents, runs))
    assert documents["field_security"]["grant"] == ["*"]
    assert {"author", "embedding", "warc", "warc.*", "contacts", "payments", "links", "url"} <= set(documents["field_security"]["except"])
    assert "text" not in documents["field_security"]["except"]
    assert set(HIDDEN) <= set(BY_NAME)
    assert made["kibana"] == [{"base": [], "feature": {name: ["read"] for name in FEATURES}, "spaces": ["vigie"]}]
    assert "field_security" not in role("vigie-documents", limits=False)["elasticsearch"]["indices"][0]


def test_space_switches_off_all_but_what_readers_use() -> None:
    made = space("vigie", ["ml", "siem", "discover", "discover_v2", "dashboard_v2", "visualize_v2", "savedObjectsManagement", "canvas"])
    assert made["disabledFeatures"] == ["canvas", "ml", "siem"]


# --- what a panel asks


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def filled_for_panels(backend: Backend, make_scored: Callable[..., ScoredDocument], now: datetime) -> Iterator[tuple[Backend, Any]]:
    index = backend.open()
    entries: list[Entry] = panel_data.documents(make_scored, now)
    assert index.write(entries).failed == ()
    index.write_runs(panel_data.runs(now))
    yield backend, index
    index.close()


@pytest.fixture
def asked(elastic_url: str, make_scored: Callable[..., ScoredDocument], now: datetime, elastic_backend: Backend) -> Callable[..., Any]:
    """Asks the node as Kibana does, of an index with the same documents."""
    index = elastic_backend.open()
    index.write(panel_data.documents(make_scored, now))
    index.write_runs(panel_data.runs(now))
    index.close()
    objects = kibana_play.by_key(saved_objects(alias=elastic_backend.settings.index_name, console_url=PLACEHOLDER))

    def ask(one: dict[str, Any], dashboard: dict[str, Any] | None = None) -> Any:
        with Elasticsearch(elastic_url) as client:
            if dashboard is None:
                where, body = kibana_play.listed(one, objects)
                return [hit["_id"] for hit in client.search(index=where, **body)["hits"]["hits"]]
            where, body = kibana_play.request(one, dashboard, objects, now)
            return kibana_play.rows(one, client.search(index=where, **body).body)

    return ask


def test_every_panel_counts_in_kibana_what_the_index_counts(filled_for_panels: tuple[Backend, Any], asked: Callable[..., Any], now: datetime) -> None:
    _, index = filled_for_panels
    shown = {identifier("panel", panel.id): (panel, dashboard) for dashboard in PANELS.dashboards for panel in dashboard.panels}
    for dashboard in DASHBOARDS:
        for drawn in kibana_play.panels(dashboard):
            panel, _ = shown.pop(drawn["panelIndex"])
            assert drawn["title"] == panel.title
            answered = asked(drawn, dashboard)
            counted = index.table(*to_query(panel, now))
            assert answered, f"{panel.id}: no document of the test falls into this panel"
            assert {row[:2]: row[2] for row in answered} == pytest.approx({row[:2]: row[2] for row in counted}), panel.id
            assert len(answered) == len(counted)
    assert not shown


def test_every_saved_search_lists_in_kibana_what_the_index_finds(
    filled_for_panels: tuple[Backend, Any], asked: Callable[..., Any], now: datetime
) -> None:
    _, index = filled_for_panels
    for search in PANELS.searches:
        listed = asked(BY_KEY["search", identifier("search", search.id)])
        found = index.search(search.where.query(now).model_copy(update={"size": 1000})).entries
        assert listed, search.id
        assert listed == [entry["id"] for entry in found]


def test_every_dashboard_has_a_picture_of_the_same_numbers(filled_for_panels: tuple[Backend, Any], now: datetime, tmp_path: Path) -> None:
    _, index = filled_for_panels
    for dashboard in PANELS.dashboards[2:3]:  # the others take as long and show no more
        picture = draw_dashboard(dashboard, index, folder=tmp_path, now=now, names=value_names())
        words = picture.with_suffix(".txt").read_text(encoding="utf-8")
        assert EMPTY not in words
        for panel in dashboard.panels:
            assert number(max(row[2] for row in index.table(*to_query(panel, now)))) in words, panel.id
