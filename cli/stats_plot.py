"""``vigie stats plot``: the dashboards as pictures, for those who have no Kibana."""

from __future__ import annotations

import textwrap
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.context import console, start

if TYPE_CHECKING:
    from collections.abc import Mapping

    from index.panels import Dashboard, Panel
    from index.protocol import Index
    from index.tables import Row

WIDTH, PANEL_UNIT, DPI = 15.0, 0.30, 110  # inches, inches a line of Kibana's grid, dots an inch
# labels come from the web and are never read as formulas
STYLE: Any = {"text.parse_math": False, "font.family": "DejaVu Sans", "hatch.linewidth": 0.7, "hatch.color": "white", "text.color": "#1B1F23"}


@click.command()
@click.option("--dashboard", "names", multiple=True, help="Only this one; may be repeated. By default all.")
@click.option(
    "--output", type=click.Path(file_okay=False, path_type=Path), default=None, help="Folder of the pictures; by default <data_dir>/pictures."
)
@click.pass_context
def plot(ctx: click.Context, *, names: tuple[str, ...], output: Path | None) -> int:
    """Draw each dashboard's panels as one PNG, with a text beside it for those who do not see it."""
    from cli.value_names import value_names
    from index.open import open_index
    from index.panels import load_panels

    settings = start(ctx)
    panels = load_panels()
    chosen = [panels.dashboard(name) for name in names] or panels.dashboards
    folder, now = output or settings.data_dir / "pictures", datetime.now(UTC)
    index = open_index(settings)
    try:
        for dashboard in chosen:
            path = draw_dashboard(dashboard, index, folder=folder, now=now, names=value_names())
            console().print(str(path), markup=False, soft_wrap=True)
    finally:
        index.close()
    return 0


def draw_dashboard(dashboard: Dashboard, index: Index, *, folder: Path, now: datetime, names: Mapping[str, Mapping[str, str]]) -> Path:
    """Write <folder>/<id>.png and <id>.txt, the same for the same answers at the same moment; the picture. Raises Unavailable, ConfigError."""
    from cli.figures import in_words
    from core.files import atomic, write_text
    from index.panels import to_query

    answers = {panel.id: index.table(*to_query(panel, now)) for panel in dashboard.panels}
    heading = f"Vigie, {dashboard.title}. {dashboard.about} Au {now.day:02}/{now.month:02}/{now.year}."
    words = [heading, *(in_words(panel, answers[panel.id], names=names) for panel in dashboard.panels)]
    picture = folder / f"{dashboard.id}.png"
    with atomic(picture) as temporary:
        _write(_figure(dashboard, answers, now=now, names=names), temporary, heading)
    write_text(picture.with_suffix(".txt"), "\n".join(words) + "\n")
    return picture


def rows_of(panels: tuple[Panel, ...]) -> list[list[Panel]]:
    """The panels as they stand in Kibana: left to right, in rows of its grid."""
    from index.panels import GRID

    rows: list[list[Panel]] = [[]]
    for panel in panels:
        if sum(one.width for one in rows[-1]) + panel.width > GRID:
            rows.append([])
        rows[-1].append(panel)
    return rows


def _figure(dashboard: Dashboard, answers: Mapping[str, tuple[Row, ...]], *, now: datetime, names: Mapping[str, Mapping[str, str]]) -> Any:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    rows = rows_of(dashboard.panels)
    heights = [max(panel.height for panel in row) for row in rows]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, PANEL_UNIT * sum(heights) + 0.9), dpi=DPI, layout="constrained", facecolor="white")
        figure.suptitle(f"Vigie, {dashboard.title}, au {now.day:02}/{now.month:02}/{now.year}", x=0.01, ha="left", fontsize=16, weight="bold")
        bands = figure.subfigures(len(rows), 1, height_ratios=heights, squeeze=False)[:, 0]
        for band, row in zip(bands, rows, strict=True):
            parts = band.subfigures(1, len(row), width_ratios=[panel.width for panel in row], squeeze=False)[0]
            for part, panel in zip(parts, row, strict=True):
                _panel(part, panel, answers[panel.id], names=names)
    return figure


def _panel(part: Any, panel: Panel, rows: tuple[Row, ...], *, names: Mapping[str, Mapping[str, str]]) -> None:
    from cli.charts import INK, QUIET, draw

    about = textwrap.wrap(panel.about.replace(" ;", "\u00a0;").replace(" :", "\u00a0:"), width=int(panel.width * 3.1))
    high = 0.32 + 0.16 * len(about)  # inches of the heading
    head, body = part.subfigures(2, 1, height_ratios=[high, panel.height * PANEL_UNIT - high])
    head.text(0.02, 1 - 0.06 / high, panel.title, va="top", fontsize=11.5, weight="bold", color=INK)
    head.text(0.02, 1 - 0.28 / high, "\n".join(about), va="top", fontsize=8.5, color=QUIET)
    draw(body.subplots(), panel, rows, names=names)


def _write(figure: Any, path: Path, heading: str) -> None:
    """A PNG without the time of its making, so that the same figures give the same bytes."""
    import warnings

    import matplotlib as mpl

    with mpl.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")  # a sign of a label that the font lacks is drawn as a box
        figure.savefig(path, format="png", metadata={"Software": None, "Title": heading, "Description": "Texte équivalent : fichier .txt voisin"})
