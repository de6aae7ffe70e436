"""Networks drawn with matplotlib, one panel each: shape and colour say what a node is, its size how many people it reached or what it raised."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

from core.files import atomic
from core.numbers import french
from index.graph import amounts, clean, to_graph

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from index.networks import Item, Network, Thing

PANELS = 6  # networks drawn
MOST_ITEMS, MOST_THINGS = 40, 12  # of one network: more cannot be read
LONGEST = 30  # characters of a label
INK, QUIET = "#1B1F23", "#4A5158"
# Okabe and Ito's colours, apart for all kinds of sight; shape, colour, what people read
LOOKS = {
    "publication": ("o", "#56B4E9", "publication"),
    "campagne": ("s", "#0072B2", "campagne (copies d'un même texte)"),
    "cagnotte": ("^", "#009E73", "page de cagnotte"),
    "canal": ("D", "#D55E00", "canal partagé (messagerie, paiement…)"),
    "domaine": ("h", "#E69F00", "site partagé"),
    "lien": ("v", "#CC79A7", "cagnotte citée"),
    "texte": ("P", "#5B5B5B", "texte partagé"),
}
SMALLEST, LARGEST = 60.0, 700.0  # square points


def write_picture(networks: Sequence[Network], path: Path) -> None:
    """Draw the largest networks to FILE.png or FILE.svg, atomically; what is left out is written below. Raises ConfigError."""
    from matplotlib import rc_context

    figure = draw(networks)
    kind = path.suffix.removeprefix(".")
    undated = {"Date": None} if kind == "svg" else {"Software": None}  # the same networks give the same file
    with atomic(path) as temporary, warnings.catch_warnings(), rc_context({"svg.hashsalt": "vigie"}):
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # a box is drawn instead of what the font lacks
        figure.savefig(temporary, format=kind, dpi=150, metadata=undated)


def draw(networks: Sequence[Network]) -> Any:
    """The figure of the largest networks."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = networks[:PANELS]
    columns = min(2, max(1, len(shown)))
    rows = max(1, math.ceil(len(shown) / columns))
    figure = Figure(figsize=(8 * columns, 6.2 * rows + 1.3), facecolor="white")
    FigureCanvasAgg(figure)  # no window is ever opened
    bottom = 1.2 / (6.2 * rows + 1.3)
    grid = figure.add_gridspec(rows, columns, left=0.02, right=0.98, top=1 - 0.06 / rows, bottom=bottom, hspace=0.14, wspace=0.04)
    for place, network in enumerate(shown):
        _panel(figure.add_subplot(grid[place // columns, place % columns]), network)
    _below(figure, len(networks) - len(shown), empty=not shown)
    return figure


def _panel(ax: Any, network: Network) -> None:
    items, things = _chosen(network)
    graph = to_graph([network]).subgraph([*(one.key for one in items), *(one.key for one in things)])
    places = _layout(graph)
    largest = max((_weight(item) for item in items), default=1.0)
    for one, other in sorted(edge for edge in network.edges if edge[0] in places and edge[1] in places):
        ax.plot(*zip(places[one], places[other], strict=True), color="#B8BFC6", linewidth=0.9, zorder=1)
    nodes: list[Item | Thing] = [*items, *things]
    for node in nodes:
        marker, colour, _ = LOOKS[_look(node, network)]
        size = 150.0 if node in things else SMALLEST + (LARGEST - SMALLEST) * _weight(node) / largest  # type: ignore[arg-type]
        ax.scatter(*places[node.key], s=size, marker=marker, color=colour, edgecolors=INK, linewidths=0.6, zorder=2)
    for thing in things:
        _label(ax, places[thing.key], f"{_short(thing.label)} ({thing.items})", size=8.5)
    for item in sorted((item for item in items if item.kind == "cagnotte"), key=lambda item: (-_weight(item), item.key))[:8]:
        _label(ax, places[item.key], amounts(item.raised) or _short(item.label), size=7.5, above=False)
    _title(ax, network, left_out=len(network.items) - len(items) + len(network.things) - len(things))


def _chosen(network: Network) -> tuple[list[Item], list[Thing]]:
    """What is drawn of a network: the things that join most, and of the publications that they join those that weigh most."""
    things = list(network.things[:MOST_THINGS])
    keys = {thing.key for thing in things}
    joined = {item for item, thing in network.edges if thing in keys}
    items = sorted((item for item in network.items if item.key in joined), key=lambda item: (-_weight(item), item.key))
    return items[:MOST_ITEMS], things


def _layout(graph: Any) -> dict[str, tuple[float, float]]:
    """The same places for the same network: the start is a circle in the order of the keys, and nothing is drawn by lot."""
    import networkx as nx

    ordered: nx.Graph[str] = nx.Graph()
    ordered.add_nodes_from(sorted(graph))
    ordered.add_edges_from(sorted(tuple(sorted(edge)) for edge in graph.edges))
    found = nx.kamada_kawai_layout(ordered, pos=nx.circular_layout(ordered)) if len(ordered) > 1 else nx.circular_layout(ordered)
    return {key: (float(place[0]), float(place[1])) for key, place in found.items()}


def _look(node: Item | Thing, network: Network) -> str:
    return "lien" if node.kind == "cagnotte" and node in network.things else node.kind


def _weight(item: Item) -> float:
    """The square root of people reached, or of what was raised: a hundred times more is ten times larger."""
    return math.sqrt(1 + max(item.reach, sum(item.raised.values()), 0.0))


def _label(ax: Any, place: tuple[float, float], text: str, *, size: float, above: bool = True) -> None:
    """Above or below a node. Never read as a formula: the text comes from the web."""
    box = {"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": "none", "alpha": 0.75}
    offset, align = (9, "bottom") if above else (-13, "top")
    ax.annotate(text, place, xytext=(0, offset), textcoords="offset points", ha="center", va=align, fontsize=size, color=INK, bbox=box,
                zorder=3, parse_math=False)  # fmt: skip


def _short(text: str) -> str:
    text = clean(text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _title(ax: Any, network: Network, *, left_out: int) -> None:
    said = [f"Réseau {network.id}", f"{french(len(network.items))} publications", f"{len(network.platforms)} plateformes"]
    if network.raised:
        said.append(amounts(network.raised))
    more = f" · {french(left_out)} éléments moins partagés ou moins vus ne sont pas dessinés" if left_out else ""
    ax.set_title(" · ".join(said), fontsize=10.5, color=INK, loc="left", parse_math=False)
    days = [day.strftime("%d/%m/%Y") for day in (network.first, network.last) if day]
    ax.text(0, -0.01, f"Du {days[0]} au {days[1]}{more}" if days else more, transform=ax.transAxes, fontsize=8.5, color=QUIET, va="top")
    ax.margins(0.12)
    ax.set_xticks([])
    ax.set_yticks([])
    for side in ax.spines.values():
        side.set_color("#D8DCE0")


def _below(figure: Any, left_out: int, *, empty: bool) -> None:
    from matplotlib.lines import Line2D

    shapes = [
        Line2D([], [], marker=marker, color=colour, markeredgecolor=INK, markeredgewidth=0.6, markersize=9, linestyle="", label=label)
        for marker, colour, label in LOOKS.values()
    ]
    figure.legend(
        handles=shapes, loc="lower center", ncol=4, frameon=False, fontsize=9, bbox_to_anchor=(0.5, 0.03 if figure.get_figheight() < 9 else 0.02)
    )
    note = "Plus une publication est grande, plus elle fut vue ou plus elle a collecté ; entre parenthèses : publications reliées."
    if left_out:
        note += f" {french(left_out)} réseaux plus petits ne sont pas dessinés."
    figure.text(0.5, 0.006, "Aucun réseau à dessiner." if empty else note, ha="center", va="bottom", fontsize=9, color=QUIET)
