"""The reviewed dashboards: what is read of panels.yml, what is refused, and what an index is asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cli.value_names import value_names
from core import records
from core.errors import ConfigError, NotFound
from index.fields import BY_NAME
from index.panels import FILE, GRID, Panel, load_panels, periods, to_query
from index.queries import Query, Range
from index.values import VALUE_NAMES

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
PANELS = load_panels()
ALL = [panel for dashboard in PANELS.dashboards for panel in dashboard.panels]


def written(tmp_path: Path, change: Any) -> Path:
    data = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    change(data)
    path = tmp_path / "panels.yml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return path


def first(data: Any) -> Any:
    return data["dashboards"][0]["panels"][0]


def test_the_six_dashboards_are_there() -> None:
    assert [one.title for one in PANELS.dashboards] == ["Triage", "Tendances", "Cagnottes", "Campagnes", "Couverture", "Suivi DSA"]
    assert all(5 <= len(one.panels) <= 9 for one in PANELS.dashboards)
    assert [one.id for one in PANELS.searches] == ["a_lire", "alertes", "urgences", "liste_cagnottes", "sondage"]


@pytest.mark.parametrize("panel", ALL, ids=lambda panel: panel.id)
def test_each_panel_asks_what_an_index_can_answer(panel: Panel) -> None:
    query, table = to_query(panel, NOW)
    if table.over == "runs":
        assert query == Query()
        return
    period = query.ranges[-1]
    assert (period.field, period.lte) == (panel.time, NOW)
    assert NOW - period.gte == timedelta(days=panel.days or 0)  # type: ignore[operator]
    assert panel.about.endswith((".", "vu"))
    assert len(panel.title) <= 70


def test_amounts_of_several_currencies_are_never_added() -> None:
    for panel in ALL:
        if panel.table.of in {"funding_raised", "funding_goal"}:
            assert "funding_currency" in {panel.table.by, panel.table.split}
            assert panel.table.split is None or panel.chart in {"line", "table"}, "stacked parts would show a sum"


def test_controls_filter_every_panel_of_their_dashboard() -> None:
    for dashboard in PANELS.dashboards:
        fields = set.intersection(*(set(panel.fields()) for panel in dashboard.panels))
        assert set(dashboard.controls) <= fields, dashboard.id


def test_no_panel_counts_persons() -> None:
    assert not [panel.id for panel in ALL if "author" in {panel.table.by, panel.table.split, panel.table.of}]


@given(st.integers(1, 1000), st.sampled_from(["day", "week", "month"]), st.integers(0, 10_000))
def test_every_period_has_room(days: int, interval: str, shift: int) -> None:
    base = {"id": "abc", "title": "abc", "about": "abc", "chart": "line", "days": days}
    panel = Panel.model_validate({**base, "table": {"by": "collected_at", "interval": interval}})
    end = (NOW + timedelta(days=shift)).date()
    start = end - timedelta(days=days)
    touched = [start + timedelta(days=back) for back in range(days + 1)]
    buckets = {"day": lambda day: day, "week": lambda day: day.isocalendar()[:2], "month": lambda day: (day.year, day.month)}
    seen = set(map(buckets[interval], touched))
    assert len(seen) <= periods(panel) or periods(panel) == 1000  # the most that an index shows


MISTAKES = [
    (
        lambda data: first(data).update(chrat="bar"),
        "dashboards.triage.panels.triage_decisions.chrat: Extra inputs are not permitted; did you mean 'chart'?",
    ),
    (lambda data: first(data).update(chart="pie"), "triage_decisions.chart"),
    (
        lambda data: first(data)["table"].update(by="decison"),
        "triage_decisions.table: table over documents: field 'decison' is unknown or of another type; did you mean 'decision'?",
    ),
    (lambda data: first(data)["where"]["terms"].update(statut=["x"]), "triage_decisions.where: field 'statut' is unknown; did you mean 'status'?"),
    (lambda data: first(data)["where"].update(older=[{"field": "platform", "days": 3}]), "takes no range"),
    (lambda data: first(data).update(time="collected"), "time: field 'collected' is unknown or no date; did you mean 'collected_at'?"),
    (lambda data: first(data).update(chart="line"), "chart line: found decision, expected a date"),
    (lambda data: first(data).update(chart="heatmap"), "chart heatmap: found no split"),
    (lambda data: first(data).update(chart="donut", table={"by": "flags"}), "is not parts of a whole"),
    (lambda data: first(data).update(title="Un <b>titre</b>"), "triage_decisions.title"),
    (lambda data: first(data).update(id="Triage 1"), "dashboards.triage.panels.Triage 1.id"),
    (lambda data: data["dashboards"][0]["panels"][1].update(id="triage_decisions"), "id 'triage_decisions' stands twice"),
    (lambda data: data["dashboards"][0].update(search="a_lir"), "search 'a_lir' does not exist; did you mean 'a_lire'?"),
    (lambda data: data["dashboards"][0].update(controls=["text"]), "controls: field 'text' is unknown or of another type"),
    (lambda data: data["searches"][0].update(columns=["titre"]), "searches.a_lire: field 'titre' is unknown; did you mean 'title'?"),
    (lambda data: data["dashboards"][4]["panels"][0].update(where={"present": ["url"]}), "a panel over the runs counts all of them"),
    (lambda data: data["dashboards"][5]["panels"][-1]["table"].pop("size"), "give size"),
]


@pytest.mark.parametrize(("change", "message"), MISTAKES, ids=[message[:40] for _, message in MISTAKES])
def test_a_mistake_names_its_place_and_the_nearest_name(tmp_path: Path, change: Any, message: str) -> None:
    path = written(tmp_path, change)
    with pytest.raises(ConfigError) as caught:
        load_panels(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\xff", b"dashboards: [", b"[]", b"dashboards: 3\nsearches: []"])
def test_what_is_no_such_file_is_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "panels.yml"
    path.write_bytes(content)
    with pytest.raises(ConfigError):
        load_panels(path)


def test_a_dashboard_that_does_not_exist_is_named() -> None:
    with pytest.raises(NotFound, match="did you mean 'tendances'"):
        PANELS.dashboard("tendance")


def test_ages_and_numbers_become_ranges() -> None:
    panel = next(one for one in ALL if one.id == "cagnottes_prix")
    assert Range(field="price", gte=1000.0) in to_query(panel, NOW)[0].ranges
    panel = next(one for one in ALL if one.id == "triage_attente")
    assert Range(field="collected_at", lte=NOW - timedelta(days=3)) in to_query(panel, NOW)[0].ranges


def test_rows_fill_the_grid() -> None:
    for dashboard in PANELS.dashboards:
        widths = [panel.width for panel in dashboard.panels]
        while widths:
            total = 0
            while widths and total + widths[0] <= GRID:
                total += widths.pop(0)
            assert total == GRID, dashboard.id


def test_every_value_that_records_fix_has_a_french_name() -> None:
    kinds = {
        "decision": records.Decision,
        "lane": records.Lane,
        "status": records.CaseStatus,
        "qualification": records.Qualification,
        "notice_state": records.NoticeState,
        "kind": records.Kind,
        "access_mode": records.AccessMode,
        "content_type": records.ContentType,
        "stance": records.Stance,
    }
    assert {name: set(VALUE_NAMES[name]) for name in kinds} == {name: set(get_args(kind)) for name, kind in kinds.items()}
    names = value_names()
    assert set(names["markers"]) == set(records.MARKERS)
    assert set(names) - set(BY_NAME) == {"measure", "reason"}
    assert names["reason"]["bot_wall"] == "un mur anti-robot est servi à la place de la page"
    assert all(name == name.strip() and name for values in names.values() for name in values.values())
