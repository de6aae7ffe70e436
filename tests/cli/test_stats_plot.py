"""``vigie stats plot``: every kind of panel drawn, readable without colours and without sight, the same each time."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matplotlib import colormaps, rc_context
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

import cli.stats_plot
from cli.charts import COLOURS, DARKEST, HATCHES, INK, MARKERS, QUIET, draw, luminance, readable_on
from cli.figures import EMPTY, MOST, OTHERS, cells, in_words, label, moment, number
from cli.stats_plot import STYLE, draw_dashboard, plot
from cli.value_names import value_names
from index.panels import Dashboard, Panel, load_panels
from index.tables import Row

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
NAMES = value_names()
TABLES: dict[str, dict[str, Any]] = {
    "bar": {"by": "platform", "split": "decision"},
    "line": {"by": "collected_at", "interval": "day", "split": "decision"},
    "area": {"by": "collected_at", "interval": "week", "split": "platform"},
    "heatmap": {"by": "platform", "split": "markers"},
    "table": {"by": "id", "split": "funding_currency", "measure": "max", "of": "funding_raised"},
    "metric": {"by": "decision"},
    "donut": {"by": "status"},
}
HOSTILE = st.sampled_from(
    ["$\\frac{1}{0}$", "$\\frac{$", "\x1b[31mrouge", "a\nb", "\u202egauche", "<b>gras</b>", "😀", "漢字", "x" * 500, " ", "$", "alerte"]
)


def panel_of(chart: str, **changes: Any) -> Panel:
    base = {"id": f"un_{chart}", "title": f"Un panneau {chart}", "about": "Ce qu'il montre.", "chart": chart, "days": 90, "table": TABLES[chart]}
    return Panel.model_validate({**base, **changes})


def rows_for(panel: Panel, *, many: int = 4) -> tuple[Row, ...]:
    if panel.dated:
        step = 7 if panel.table.interval == "week" else 1
        bys = [(date(2026, 10, 5) + timedelta(days=step * number)).isoformat() for number in range(many * 3)]
    else:
        bys = [f"valeur{number}.example" for number in range(many)]
    splits = ["alerte", "a_lire"] if panel.table.split else [None]
    return tuple((by, split, float(place * 3 + len(split or "") % 5 + 1)) for place, by in enumerate(bys) for split in splits)


class Answers:
    """An index that gives each table the rows of its panel."""

    def __init__(self, *, empty: bool = False) -> None:
        self.empty = empty
        self.closed = False

    def table(self, query: Any, table: Any) -> tuple[Row, ...]:
        if self.empty:
            return ()
        chart = "line" if table.interval else "bar"
        panel = panel_of(chart)
        return rows_for(panel.model_copy(update={"table": table}))

    def close(self) -> None:
        self.closed = True


def drawn(panel: Panel, rows: tuple[Row, ...]) -> Any:
    with rc_context(STYLE), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        figure = Figure(figsize=(6, 3), layout="constrained")
        ax = figure.subplots()
        draw(ax, panel, rows, names=NAMES)
        figure.savefig(io.BytesIO(), format="png", dpi=40)
    return ax


def said(ax: Any) -> str:
    legend = ax.get_legend()
    ticks = [*ax.get_xticklabels(), *ax.get_yticklabels()] if ax.axison else []
    texts = [*ax.texts, *ticks, *(legend.get_texts() if legend else ())]
    return "\n".join(text.get_text() for text in texts)


@pytest.mark.parametrize("chart", TABLES)
def test_each_kind_of_panel_says_its_names_and_numbers(chart: str) -> None:
    panel = panel_of(chart)
    rows = rows_for(panel)
    ax = drawn(panel, rows)
    if chart == "table":
        (table,) = ax.tables
        shown = "\n".join(cell.get_text().get_text() for cell in table.get_celld().values())
        assert "Montant collecté (maximum)" in shown
        assert number(rows[-1][2]) in shown
    elif panel.dated:
        assert "5 oct.\n2026" in said(ax)
        assert "Alerte" in said(ax) and "À lire" in said(ax) if panel.table.split == "decision" else True
    else:
        assert "valeur0" in said(ax)
        assert number(max(row[2] for row in rows)) in said(ax) or chart == "bar"


@pytest.mark.parametrize("chart", TABLES)
def test_no_data_is_said_in_words(chart: str) -> None:
    panel = panel_of(chart)
    assert said(drawn(panel, ())) == EMPTY
    assert in_words(panel, (), names=NAMES) == f"Un panneau {chart} : {EMPTY}."


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(["bar", "heatmap", "table"]),
    st.lists(st.tuples(HOSTILE, HOSTILE, st.floats(0, 1e12)), min_size=1, max_size=6, unique_by=lambda row: row[:2]),
)
def test_what_comes_from_the_web_is_drawn_and_never_obeyed(chart: str, rows: list[Row]) -> None:
    panel = panel_of(chart, table={**TABLES[chart], "by": "platform", "split": "source"})
    ax = drawn(panel, tuple(rows))
    words = in_words(panel, rows, names=NAMES)
    for text in (said(ax), words):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "\n" not in words
    assert len(words) < 2500


def test_parts_differ_by_more_than_colour() -> None:
    assert len(set(HATCHES)) == len(set(MARKERS)) == len(set(COLOURS)) == MOST
    ax = drawn(panel_of("bar"), rows_for(panel_of("bar")))
    hatches = {next(bar.get_hatch() for bar in container) for container in ax.containers}
    assert len(hatches) == 2
    ax = drawn(panel_of("line"), rows_for(panel_of("line")))
    assert len({(line.get_marker(), line.get_linestyle()) for line in ax.lines}) == 2
    (donut,) = [drawn(panel_of("donut"), (("a_examiner", None, 3.0), ("decide", None, 1.0)))]
    assert len({patch.get_hatch() for patch in donut.patches}) == 2
    assert "À examiner : 3 (75\u00a0%)" in said(donut)


def contrast(one: float, other: float) -> float:
    high, low = max(one, other), min(one, other)
    return (high + 0.05) / (low + 0.05)


def test_words_stand_out_from_what_is_behind_them() -> None:
    for ink in (INK, QUIET):
        assert contrast(luminance(to_rgb(ink)), 1.0) >= 7
    for step in range(101):
        shade = colormaps["Blues"](step / 100 / DARKEST)
        assert contrast(luminance(to_rgb(readable_on(shade))), luminance(shade)) >= 4.5
    for colour in COLOURS:
        assert contrast(luminance(to_rgb(colour)), 1.0) >= 1.9  # beside hatches and labels


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from("klmnopqrstuv"), st.integers(1, 9).map(float)), unique_by=lambda row: row[:2], min_size=1
    )
)
def test_what_is_too_much_to_tell_apart_is_added_up(rows: list[Row]) -> None:
    panel = panel_of("bar", table={"by": "platform", "split": "source"})
    grid = cells(panel, rows, names={})
    assert sum(grid.total(by) for by in grid.bys) == sum(row[2] for row in rows)
    assert len(grid.splits) <= MOST
    assert (OTHERS in grid.splits) == (len({row[1] for row in rows}) > MOST)


def test_a_day_without_anything_is_drawn_as_zero() -> None:
    panel = panel_of("line")
    grid = cells(panel, [("2026-10-05", "alerte", 2.0), ("2026-10-08", "alerte", 1.0)], names=NAMES)
    assert grid.of("alerte") == [2.0, 0.0, 0.0, 1.0]


def test_the_same_value_looks_the_same_in_every_panel() -> None:
    for rows in ([("a", "a_lire", 9.0), ("a", "alerte", 1.0)], [("a", "alerte", 9.0), ("a", "a_lire", 1.0)]):
        assert cells(panel_of("bar"), rows, names=NAMES).splits == ("alerte", "a_lire")


def test_numbers_dates_and_labels_are_french() -> None:
    assert (number(1234567.0), number(0.5), number(3.0), number(1234.6)) == ("1\u202f234\u202f567", "0,50", "3", "1\u202f235")
    assert (moment("2026-08-03", "week"), moment("2026-02-01", "month")) == ("3 août", "févr. 2026")
    assert label("flags", "T7", NAMES) == "T7 Urgence vitale possible"
    assert label("campaign", "0123456789abcdef", {}) == "0123456789"


def test_a_panel_in_words_gives_its_largest_figures_or_its_course() -> None:
    rows = (("alerte", None, 7.0), ("a_lire", None, 12.0))
    assert in_words(panel_of("metric"), rows, names=NAMES) == "Un panneau metric (nombre de contenus). Ce qu'il montre. À lire : 12 ; Alerte : 7."
    dated = (("2026-10-05", "alerte", 2.0), ("2026-10-08", "alerte", 5.0), ("2026-10-08", "a_lire", 1.0))
    text = in_words(panel_of("line"), dated, names=NAMES)
    assert "Du 5 oct. 2026 au 8 oct. 2026, en tout Alerte : 7 ; À lire : 1 ; au plus haut 8 oct. 2026, Alerte : 5." in text


def small() -> Dashboard:
    panels = [panel_of(chart, width=24, height=8) for chart in ("metric", "bar", "line")]
    return Dashboard(id="essai", title="Essai", about="Pour voir.", days=90, panels=tuple(panels))


def test_the_same_answers_give_the_same_bytes(tmp_path: Path) -> None:
    made = [draw_dashboard(small(), Answers(), folder=tmp_path / name, now=NOW, names=NAMES) for name in "ab"]  # type: ignore[arg-type]
    assert made[0].read_bytes() == made[1].read_bytes()
    assert made[0].with_suffix(".txt").read_text() == made[1].with_suffix(".txt").read_text()
    words = texts(made[0])
    assert "Vigie, Essai. Pour voir. Au 22/11/2026." in words
    assert "Software" not in words
    assert made[0].with_suffix(".txt").read_text().count("\n") == 4


def texts(path: Path) -> str:
    """The text chunks of a PNG."""
    data, place, found = path.read_bytes(), 8, []
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        kind, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        if kind == b"tEXt":
            found.append(body.decode("latin-1"))
        elif kind == b"iTXt":
            name, _, rest = body.partition(b"\0")
            found.append(name.decode() + (zlib.decompress(rest[4:]) if rest[0] else rest[4:]).decode())
        place += 12 + length
    return "\n".join(found)


def test_the_command_draws_what_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    index = Answers(empty=True)
    monkeypatch.setenv("VIGIE_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("index.open.open_index", lambda _: index)
    assert plot.main(["--dashboard", "couverture"], obj={"verbose": False}, standalone_mode=False) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "pictures" / "couverture.png")
    assert (tmp_path / "pictures" / "couverture.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "pictures" / "couverture.txt").read_text().count(EMPTY) == len(load_panels().dashboard("couverture").panels)
    assert index.closed


def test_an_unknown_dashboard_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_DATA_DIR", str(tmp_path))
    with pytest.raises(Exception, match="did you mean 'triage'"):
        plot.main(["--dashboard", "triages"], obj={"verbose": False}, standalone_mode=False)


def test_panels_stand_as_in_kibana() -> None:
    for dashboard in load_panels().dashboards:
        rows = cli.stats_plot.rows_of(dashboard.panels)
        assert [panel for row in rows for panel in row] == list(dashboard.panels)
        assert all(sum(panel.width for panel in row) == 48 for row in rows)
