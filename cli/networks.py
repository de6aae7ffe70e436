"""``vigie networks``."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.context import agree, console, start
from core.errors import Invalid, NotFound, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from core.settings import Settings
    from index.documents import Entry
    from index.networks import Network, Networks
    from index.protocol import Index

WHY_ASK = (
    "Titres, adresses et canaux peuvent nommer des personnes : ces fichiers seront des données personnelles, à garder chiffrées, "
    "à ne transmettre qu'à qui doit agir, et à effacer ensuite. Les écrire avec leurs adresses ?"
)
NONE = "Aucun réseau : rien ne partage un canal, une cagnotte ou un site."
NONE_FLAGGED = "Aucun réseau : rien de signalé ne partage un canal, une cagnotte ou un site. --all regarde aussi ce qui n'est pas signalé."
FILE = click.Path(path_type=Path, dir_okay=False)
SHOWN = 8  # shared things in a line of the list


@click.command()
@click.option("--id", "chosen", metavar="NETWORK", help="Only this one, with all that it holds.")
@click.option("--all", "everything", is_flag=True, help="Join what is not flagged too.")
@click.option("--size", default=20, show_default=True, type=click.IntRange(1, 1000), help="How many the list shows.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: networks, too_common, directories.")
@click.option("--csv", "table", type=FILE, help="Write every link of all networks to this file.")
@click.option("--graphml", "graph", type=FILE, help="Write the graph to this file; Gephi opens it.")
@click.option("--picture", type=FILE, help="Draw the largest to FILE.png or FILE.svg.")
@click.option("--addresses", is_flag=True, help="Files with titles, addresses and names of channels instead of pseudonyms; asks first.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def networks(
    ctx: click.Context, /, *, chosen: str | None, everything: bool, size: int, as_json: bool, addresses: bool, yes: bool, **files: Path | None
) -> int:
    """Show which flagged publications share a channel, a donation page or a site: the same money box, the same door."""
    from cli.tables import counted

    _check(files, addresses=addresses, yes=yes)
    settings = start(ctx)
    found = _found(settings, everything=everything)
    if chosen:
        found = found.model_copy(update={"networks": (_one(found, chosen),)})
    _write(found, settings, addresses=addresses, **files)
    if as_json:
        click.echo(found.model_dump_json())
    elif not any(files.values()):
        console().print(_page(found, size=size, whole=bool(chosen), everything=everything))
    for path in filter(None, files.values()):
        console(stderr=True).print(f"{counted(len(found.networks), 'réseau', 'réseaux')} dans {path}", soft_wrap=True, markup=False)
    return 0


def _check(files: dict[str, Path | None], *, addresses: bool, yes: bool) -> None:
    """Raises Invalid for a picture of another format, and when the person declines."""
    picture = files["picture"]
    if picture and picture.suffix not in {".png", ".svg"}:
        raise Invalid(f"{picture}: {picture.suffix or 'no ending'} is no format of a picture; expected FILE.png or FILE.svg")
    named = [path for path in files.values() if path]
    if len(set(named)) < len(named):
        raise Invalid("the same file is named twice; expected one file for each of --csv, --graphml and --picture")
    if addresses and named:
        agree(WHY_ASK, yes=yes)
    for path in named:
        if path.exists():
            agree(f"{path} existe ; le remplacer ?", yes=yes)


def _found(settings: Settings, *, everything: bool) -> Networks:
    """The networks of what is flagged and of all crowdfunding pages; those where nothing is flagged only where they were asked for."""
    from index.network_rules import load_rules
    from index.networks import find_networks, page_address
    from index.open import open_index
    from index.queries import Query

    rules = load_rules()
    index = open_index(settings)
    try:
        pages = {page_address(entry["url"]) for entry in index.scan(Query(terms={"kind": ("crowdfunding",)}, sort="collected_at"))}
        found = find_networks(_entries(index, everything=everything), pages=pages, rules=rules)
    finally:
        index.close()
    return found if everything else found.model_copy(update={"networks": tuple(one for one in found.networks if one.markers)})


def _entries(index: Index, *, everything: bool) -> Iterator[Entry]:
    """What may be joined, each once. What people found to be out of scope is not."""
    from index.queries import Query

    out: dict[str, Any] = {"without": {"qualification": ("hors_champ",)}, "sort": "collected_at"}
    if everything:
        return index.scan(Query(**out))
    pages = index.scan(Query(terms={"kind": ("crowdfunding",)}, **out))
    flagged = index.scan(Query(terms={"decision": ("a_lire", "alerte"), "kind": ("post", "article")}, **out))
    return chain(pages, flagged)


def _one(found: Networks, chosen: str) -> Network:
    """Raises NotFound."""
    known = {one.id: one for one in found.networks}
    if chosen not in known:
        raise NotFound(f"there is no network {chosen!r}; {nearest(chosen, list(known)[:20])}")
    return known[chosen]


def _write(found: Networks, settings: Settings, *, addresses: bool, table: Path | None, graph: Path | None, picture: Path | None) -> None:
    from core.pseudonyms import load_key
    from index.graph import pseudonymous, write_csv, write_graphml

    if not (table or graph or picture):
        return
    told = (found if addresses else pseudonymous(found, load_key(settings))).networks
    if table:
        write_csv(told, table)
    if graph:
        write_graphml(told, graph)
    if picture:
        from index.graph_picture import write_picture

        write_picture(told, picture)


def _page(found: Networks, *, size: int, whole: bool, everything: bool) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    if not found.networks:
        return Text(NONE if everything else NONE_FLAGGED)
    parts: list[RenderableType] = [_list(found.networks[:size], whole=whole)]
    if whole:
        parts.append(_items(found.networks[0]))
    if len(found.networks) > size:
        parts.append(Text(f"{len(found.networks) - size} réseaux plus petits ne sont pas montrés : --size."))
    return Group(*parts, *(Text(line, "dim") for line in _left_out(found)))


def _left_out(found: Networks) -> Iterator[str]:
    from index.graph import clean

    if found.too_common:
        names = ", ".join(clean(thing.label) for thing in found.too_common[:SHOWN])
        yield f"Trop communs pour relier quoi que ce soit ({len(found.too_common)}) : {names}{'…' if len(found.too_common) > SHOWN else ''}"
    if found.directories:
        yield f"Publications qui montrent trop de liens pour relier (annuaires) : {found.directories}"


def _list(shown: tuple[Network, ...], *, whole: bool) -> RenderableType:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from index.graph import amounts, clean

    table = Table(title="Réseaux", title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for label, where in (("réseau", "left"), ("publications", "right"), ("plateformes", "left"), ("collecté", "right"), ("du, au", "left")):
        table.add_column(label, justify=where, overflow="fold", no_wrap=label == "réseau")  # type: ignore[arg-type]
    table.add_column("ce qui les relie (combien de publications)", overflow="fold", ratio=1)
    for one in shown:
        things = one.things if whole else one.things[:SHOWN]
        shared = "\n".join(f"{clean(thing.label)} ({thing.items})" for thing in things)
        more = f"\net {len(one.things) - len(things)} autres" if len(one.things) > len(things) else ""
        days = "\n".join(day.strftime("%d/%m/%Y") for day in (one.first, one.last) if day)
        copies = f"\n({one.documents} documents)" if one.documents > len(one.items) else ""
        cells = (one.id, f"{len(one.items)}{copies}", clean(", ".join(one.platforms)), amounts(one.raised), days, shared + more)
        table.add_row(*map(Text, cells))
    return table


def _items(network: Network) -> RenderableType:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from cli.show import defanged
    from index.graph import amounts, clean

    table = Table(title="Publications", title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for label in ("genre", "titre, adresse", "marqueurs", "audience", "collecté"):
        table.add_column(label, overflow="fold", ratio=1 if label.startswith("titre") else None)
    for item in network.items:
        kind = f"{item.kind}\n({item.documents} documents)" if item.documents > 1 else item.kind
        said = Text.assemble(clean(item.label), "\n", (defanged(item.url), "dim"))
        table.add_row(Text(kind), said, Text(", ".join(item.markers)), Text(str(item.reach or "")), Text(amounts(item.raised)))
    return table
