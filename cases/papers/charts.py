"""Bars as a picture (PNG) with the same said in words. The same figures give the same bytes; the table beside it says them all."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from core.numbers import french

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

INK, ACCENT, PALE, GRID = "#1b2733", "#1d4470", "#9db4cc", "#d5dce3"
WIDTH, ROW, EDGE = 7.2, 0.27, 0.7  # inches
LETTER = 0.068  # inches of a letter at the size of labels
MOST_LABEL = 46  # characters


def bars(
    title: str, labels: Sequence[str], values: Sequence[int | None], *, before: Sequence[int | None] | None = None, names: tuple[str, str] = ("", "")
) -> bytes:
    """Horizontal bars, one a label, from top to bottom; None is drawn as "masqué". ``names``: of the period and of the one before."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(WIDTH, EDGE + ROW * max(1, len(labels)) * (1.5 if before else 1)), dpi=160)
    FigureCanvasAgg(figure)
    height, longest = figure.get_figheight(), max(map(len, map(_short, labels)), default=0)
    left = 0.3 + LETTER * longest
    axes = figure.add_axes((left / WIDTH, 0.32 / height, (WIDTH - left - 0.1) / WIDTH, (height - EDGE) / height))
    _draw(axes, values, at=-0.2 if before else 0.0, height=0.38 if before else 0.62, colour=ACCENT, name=names[0])
    if before:
        _draw(axes, before, at=0.2, height=0.38, colour=PALE, name=names[1])
        axes.legend(loc="lower right", fontsize=8, frameon=False)
    axes.set_yticks(range(len(labels)), [_short(label) for label in labels], fontsize=9, color=INK)
    axes.invert_yaxis()
    axes.set_title(title, loc="left", fontsize=10.5, fontweight="bold", color=INK)
    axes.set_xlim(0, 1.14 * max([1, *(value or 0 for value in (*values, *(before or ())))]))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.tick_params(axis="x", labelsize=8, colors=INK)
    axes.tick_params(length=0)
    axes.grid(axis="x", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right", "bottom", "left"):
        axes.spines[side].set_visible(False)
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _draw(axes: Axes, values: Sequence[int | None], *, at: float, height: float, colour: str, name: str) -> None:
    places = [number + at for number in range(len(values))]
    axes.barh(places, [value or 0 for value in values], height=height, color=colour, label=name or None)
    for place, value in zip(places, values, strict=True):
        axes.annotate(figure_of(value), (value or 0, place), xytext=(3, 0), textcoords="offset points", va="center", fontsize=8, color=INK)


def _short(label: str) -> str:
    return label if len(label) <= MOST_LABEL else f"{label[: MOST_LABEL - 1]}…"


def said(title: str, labels: Sequence[str], values: Sequence[int | None], *, before: Sequence[int | None] | None = None) -> str:
    """The chart in words, for who does not see it."""
    parts = [f"{label} {figure_of(value)}" for label, value in zip(labels, values, strict=True)]
    if before is not None:
        parts = [f"{part} (un an plus tôt : {figure_of(value)})" for part, value in zip(parts, before, strict=True)]
    return f"Diagramme à barres. {title} : {' ; '.join(parts) or 'aucun'}. Les mêmes chiffres sont dans le tableau qui suit."


def figure_of(value: int | None) -> str:
    """A count as people read it."""
    return "masqué" if value is None else french(value)
