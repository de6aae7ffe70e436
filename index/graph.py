"""Networks as files: a graph that Gephi opens (GraphML) and a table of links (CSV). What stands in labels comes from the web and is made harmless."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Any

from core.files import atomic
from core.numbers import french
from core.pseudonyms import pseudonym
from index.search_mask import public_host

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from index.networks import Item, Network, Networks, Thing

# what XML 1.0 cannot hold, and what could redraw a terminal or turn a line around
UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")
FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]")  # what a spreadsheet computes
COLUMNS = (
    "network", "item", "item_kind", "label", "url", "documents", "platforms", "markers", "first", "last", "reach", "raised",
    "thing", "thing_kind", "thing_label", "thing_items",
)  # fmt: skip


def clean(text: str) -> str:
    """Crawled text on one line that XML, terminals and pictures can hold."""
    return " ".join(UNFIT.sub(" ", text).split())


def pseudonymous(found: Networks, key: bytes) -> Networks:
    """The same without titles, addresses and names of accounts: what may leave the house. The same thing keeps the same pseudonym."""
    networks = tuple(
        one.model_copy(
            update={
                "items": tuple(
                    item.model_copy(update={"label": f"{item.kind} {item.key[:6]}", "url": "", "platforms": _hosts(item)}) for item in one.items
                ),
                "platforms": tuple(sorted({host for item in one.items for host in _hosts(item)})),
                "things": tuple(_renamed(thing, key) for thing in one.things),
            }
        )
        for one in found.networks
    )
    return found.model_copy(update={"networks": networks, "too_common": tuple(_renamed(thing, key) for thing in found.too_common)})


def _hosts(item: Item) -> tuple[str, ...]:
    """Without those that name an account."""
    return tuple(sorted(set(map(public_host, item.platforms))))


def _renamed(thing: Thing, key: bytes) -> Thing:
    service = thing.label.split(" ", 1)[0] if thing.kind == "canal" else thing.kind
    return thing.model_copy(update={"label": f"{clean(service)} {pseudonym(key, platform=thing.kind, account=thing.key)[:10]}"})


def to_graph(networks: Sequence[Network]) -> Any:
    """A networkx.Graph of all of them: publications and shared things are nodes, ``network`` and ``kind`` say which. Every attribute has one type."""
    import networkx as nx

    graph: nx.Graph[str] = nx.Graph()
    for one in networks:
        for item in one.items:
            graph.add_node(item.key, network=one.id, side="publication", kind=item.kind, label=clean(item.label), **_attributes(item))
        for thing in one.things:
            graph.add_node(thing.key, network=one.id, side="partage", kind=thing.kind, label=clean(thing.label), items=thing.items)
        graph.add_edges_from(one.edges)
    return graph


def _attributes(item: Item) -> dict[str, str | int | float]:
    return {
        "url": clean(item.url),
        "documents": item.documents,
        "platforms": clean(" ".join(item.platforms)),
        "markers": " ".join(item.markers),
        "first": moment(item.first),
        "last": moment(item.last),
        "reach": item.reach,
        "raised": amounts(item.raised),
        "raised_eur": float(item.raised.get("EUR", 0.0)),
    }


def write_graphml(networks: Sequence[Network], path: Path) -> None:
    """Write the graph, atomically. Raises ConfigError."""
    import networkx as nx

    graph = to_graph(networks)
    with atomic(path) as temporary:
        nx.write_graphml_xml(graph, temporary, encoding="utf-8", infer_numeric_types=False)


def write_csv(networks: Sequence[Network], path: Path) -> None:
    """Write one line a link between a publication and a shared thing, atomically. Raises ConfigError."""
    with atomic(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for one in networks:
            items, things = {item.key: item for item in one.items}, {thing.key: thing for thing in one.things}
            writer.writerows(_row(one, items[item], things[thing]) for item, thing in one.edges)


def _row(network: Network, item: Item, thing: Thing) -> list[str | int]:
    about = _attributes(item)
    said = [network.id, item.key, item.kind, clean(item.label), *(about[name] for name in COLUMNS[4:12])]
    return [_cell(value) for value in (*said, thing.key, thing.kind, clean(thing.label), thing.items)]  # type: ignore[arg-type]


def _cell(value: str | int) -> str | int:
    """A number stays one; text that a spreadsheet would compute gets an apostrophe before it."""
    return f"'{value}" if isinstance(value, str) and FORMULA.match(value) else value


def amounts(raised: Mapping[str, float]) -> str:
    """Sums by currency, as people read them: "1 200 EUR, 30 CHF"."""
    return ", ".join(f"{french(round(value))} {clean(currency)}" for currency, value in sorted(raised.items()))


def moment(time: datetime | None) -> str:
    """ISO 8601 in UTC, to the second; empty where there is none."""
    return time.isoformat(timespec="seconds") if time else ""
