"""Panels drawn with matplotlib. Nothing is said by colour alone: bars are hatched, lines marked and labelled, cells and parts numbered."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from cli.figures import EMPTY, cells, label, moment, named_split, number
from index.kibana.lens import measured as unit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cli.figures import Cells
    from index.panels import Panel
    from index.tables import Row

INK, QUIET, GRID = "#1B1F23", "#4A5158", "#D8DCE0"  # both inks have a contrast above 7:1 on white
# Okabe and Ito's colours, apart for all kinds of sight, without the pale yellow; the order is that of use
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#5B5B5B")
HATCHES = ("", "///", "...", "\\\\\\", "xxx", "ooo", "---")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES = ("-", "--", "-.", ":", "-", "--", "-.")
DARKEST = 1.15  # the largest value is not quite the darkest shade
MOST_FOLDED = 6  # bars whose labels may take two lines without touching the next one's
LINE, LONG_LINE = 24, 36  # characters of a line of a label, in narrow and in wide panels
LEAST_BARS, LEAST_COLUMNS = 5, 12  # a bar is never thicker than if there were so many


def draw(ax: Any, panel: Panel, rows: Sequence[Row], *, names: Mapping[str, Mapping[str, str]]) -> None:
    """Draw a panel into a matplotlib Axes."""
    if not rows:
        ax.set_axis_off()
        ax.text(0.5, 0.5, EMPTY, ha="center", va="center", fontsize=12, color=QUIET, transform=ax.transAxes)
        return
    grid = cells(panel, rows, names=names)
    drawers = {"metric": _metric, "donut": _donut, "table": _table, "heatmap": _heatmap, "line": _lines, "area": _areas}
    drawer = drawers.get(panel.chart) or (_columns if panel.dated else _bars)
    drawer(ax, panel, grid, names)


def _metric(ax: Any, panel: Panel, grid: Cells, names: Mapping[str, Mapping[str, str]]) -> None:
    ax.set_axis_off()
    for place, by in enumerate(grid.bys[:5]):
        x = (place + 0.5) / min(5, len(grid.bys))
        ax.text(x, 0.58, number(grid.total(by)), ha="center", va="center", fontsize=24, weight="bold", color=INK, transform=ax.transAxes)
        said = _folded(label(panel.table.by, by, names), 16)
        ax.text(x, 0.18, said, ha="center", va="center", fontsize=9.5, color=QUIET, transform=ax.transAxes)


def _donut(ax: Any, panel: Panel, grid: Cells, names: Mapping[str, Mapping[str, str]]) -> None:
    sizes = [grid.total(by) for by in grid.bys]
    whole = sum(sizes) or 1.0
    parts, *_ = ax.pie(sizes, startangle=90, counterclock=False, radius=1.0, wedgeprops={"width": 0.38, "edgecolor": "white", "linewidth": 1.5})
    for place, part in enumerate(parts):
        _paint(part, place)
    said = [f"{label(panel.table.by, by, names)} : {number(size)} ({size / whole:.0%})" for by, size in zip(grid.bys, sizes, strict=True)]
    said = [one.replace("%", "\u00a0%") for one in said]
    beside = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5)} if panel.width > 16 else {"loc": "upper center", "bbox_to_anchor": (0.5, 0.02)}
    ax.legend(parts, said, frameon=False, fontsize=9, handlelength=1.6, **beside)
    ax.text(0, 0, number(sum(sizes)), ha="center", va="center", fontsize=13, weight="bold", color=INK)


def _table(ax: Any, panel: Panel, grid: Cells, names: Mapping[str, Mapping[str, str]]) -> None:
    ax.set_axis_off()
    lines = []
    for by in grid.bys:
        for split in grid.splits:
            if (by, split) in grid.values:
                named = [label(panel.table.split, split, names)] if panel.table.split else []
                lines.append([label(panel.table.by, by, names), *named, number(grid.values[by, split])])
    fields = panel.fields()
    heads = [fields[panel.table.by].label, *([fields[panel.table.split].label] if panel.table.split else []), unit(panel)]
    height = min(1.0, (len(lines) + 1) / panel.height)
    shown = ax.table(cellText=lines, colLabels=heads, cellLoc="left", colLoc="left", bbox=[0, 1 - height, 1, height])
    shown.auto_set_font_size(value=False)
    shown.set_fontsize(9)
    for (row, column), cell in shown.get_celld().items():
        cell.set(edgecolor=GRID, linewidth=0.8, facecolor="#EEF1F3" if row == 0 else "white")
        cell.visible_edges = "B"
        cell.get_text().set(color=INK, weight="bold" if row == 0 else "normal", ha="right" if column == len(heads) - 1 else "left")


def _heatmap(ax: Any, panel: Panel, grid: Cells, names: Mapping[str, Mapping[str, str]]) -> None:
    from matplotlib import colormaps

    values = [grid.of(split) for split in grid.splits]
    highest = max(map(max, values)) or 1.0
    shades = colormaps["Blues"]
    ax.imshow(values, aspect="auto", cmap=shades, vmin=0, vmax=highest * DARKEST)
    dense = len(grid.bys) > 30
    for row, line in enumerate(values):
        for column, value in enumerate(line):
            if value and not dense:
                ink = readable_on(shades(value / highest / DARKEST))
                ax.text(column, row, number(value), ha="center", va="center", fontsize=7.5 if len(grid.bys) > 15 else 8.5, color=ink)
    ax.set_yticks(range(len(grid.splits)), [_folded(label(panel.table.split or "", split, names)) for split in grid.splits], fontsize=8.5)
    if panel.table.interval:
        _dates(ax, panel, grid)
    else:
        said = [_folded(label(panel.table.by, by, names), 15) for by in grid.bys]
        ax.set_xticks(range(len(grid.bys)), said, fontsize=8, rotation=0 if len(said) <= 6 else 40, ha="center" if len(said) <= 6 else "right")
    for side in ax.spines.values():
        side.set_visible(False)
    ax.tick_params(length=0)
    for edge in range(1, max(len(grid.bys), len(grid.splits))):
        if edge < len(grid.bys):
            ax.axvline(edge - 0.5, color="white", linewidth=1.2)
        if edge < len(grid.splits):
            ax.axhline(edge - 0.5, color="white", linewidth=1.2)


def luminance(colour: Sequence[float]) -> float:
    """Relative luminance of red, green and blue from 0 to 1, as WCAG 2 defines it."""
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def readable_on(colour: Sequence[float]) -> str:
    """Black or white, whichever stands out more: always 4.5 to 1 or better."""
    return "black" if luminance(colour) > 0.179 else "white"


def _lines(ax: Any, panel: Panel, grid: Cells, names: Mapping[str, Mapping[str, str]]) -> None:
    step = max(1, len(grid.bys) // 12)
    for place, split in enumerate(grid.splits):
        values = grid.of(split)
        style = {"color": COLOURS[place], "marker": MARKERS[place], "linestyle": DASHES[place]}
        ax.plot(range(len(values)), values, markevery=step, markersize=5, linewidth=1.7, label=named_split(panel, split, names), **style)
    _axes(ax, panel, grid)
    if panel.table.split:
        _legend(ax, columns=min(4, len(grid.splits)))


def _areas(ax: Any, panel: Panel, grid: Cells, names: Mapping[str, Mapping[str, str]]) -> None:
    shapes = ax.stackplot(
        range(len(grid.bys)), *(grid.of(split) for split in grid.splits), labels=[named_split(panel, one, names) for one in grid.splits]
    )
    for place, shape in enumerate(shapes):
        _paint(shape, place)
    _axes(ax, panel, grid)
    if panel.table.split:
        _legend(ax, columns=min(4, len(grid.splits)))


def _columns(ax: Any, panel: Panel, grid: Cells, names: Mapping[str, Mapping[str, str]]) -> None:
    below = [0.0] * len(grid.bys)
    for place, split in enumerate(grid.splits):
        values = grid.of(split)
        for bar in ax.bar(range(len(values)), values, bottom=below, width=0.82, label=named_split(panel, split, names)):
            _paint(bar, place)
        below = [low + value for low, value in zip(below, values, strict=True)]
    ax.set_xlim(-0.6, max(len(grid.bys), LEAST_COLUMNS) - 0.4)
    _axes(ax, panel, grid)
    if panel.table.split:
        _legend(ax, columns=min(4, len(grid.splits)))


def _bars(ax: Any, panel: Panel, grid: Cells, names: Mapping[str, Mapping[str, str]]) -> None:
    places, left = range(len(grid.bys)), [0.0] * len(grid.bys)
    for place, split in enumerate(grid.splits):
        values = grid.of(split)
        for bar in ax.barh(places, values, left=left, height=0.7, label=named_split(panel, split, names)):
            _paint(bar, place)
        left = [low + value for low, value in zip(left, values, strict=True)]
    for place, end in zip(places, left, strict=True):
        ax.annotate(number(end), (end, place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8.5, color=INK)
    width, written = LONG_LINE if panel.width > 16 else LINE, [label(panel.table.by, by, names) for by in grid.bys]
    fold = _folded if len(written) <= MOST_FOLDED else _cut
    ax.set_yticks(places, [fold(one, width) for one in written], fontsize=8.5)
    ax.set_ylim(max(len(grid.bys), LEAST_BARS) - 0.5, -0.5)
    ax.set_xlim(0, max(left) * 1.12 or 1)
    _quiet(ax, "x")
    ax.set_xlabel(unit(panel), fontsize=8.5, color=QUIET)
    if panel.table.split:
        _legend(ax, columns=min(4, len(grid.splits)))


def _paint(shape: Any, place: int) -> None:
    shape.set(facecolor=COLOURS[place], hatch=HATCHES[place], edgecolor="white", linewidth=0.6)


def _axes(ax: Any, panel: Panel, grid: Cells) -> None:
    _dates(ax, panel, grid)
    ax.set_ylim(bottom=0)
    _quiet(ax, "y")
    ax.set_ylabel(unit(panel), fontsize=8.5, color=QUIET)


def _dates(ax: Any, panel: Panel, grid: Cells) -> None:
    step = max(1, -(-len(grid.bys) // 9))
    places = range(0, len(grid.bys), step)
    said = [moment(grid.bys[place], panel.table.interval or "day") for place in places]
    if panel.table.interval != "month":  # the year, where it begins or changes
        years = ["", *(grid.bys[place][:4] for place in places)]
        said = [one if years[place] == years[place + 1] else f"{one}\n{years[place + 1]}" for place, one in enumerate(said)]
    ax.set_xticks(places, said, fontsize=8)


def _quiet(ax: Any, axis: str) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    own = ax.xaxis if axis == "x" else ax.yaxis
    own.set_major_locator(MaxNLocator(nbins=5, integer=True))
    own.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    ax.grid(visible=True, axis=axis, color=GRID, linewidth=0.8)
    ax.set_axisbelow(True)
    for side in ("top", "right", "left" if axis == "x" else "bottom"):
        ax.spines[side].set_visible(False)
    ax.tick_params(length=0, labelsize=8.5)


def _cut(said: str, width: int) -> str:
    return textwrap.shorten(said, width, placeholder="…")


def _folded(said: str, width: int = LINE) -> str:
    return textwrap.fill(said, width, break_long_words=False)


def _legend(ax: Any, *, columns: int) -> None:
    place = {"loc": "upper left", "bbox_to_anchor": (0, -0.14), "ncols": columns}
    ax.legend(frameon=False, fontsize=8.5, handlelength=2.4, **place)
