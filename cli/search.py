"""``vigie search``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.context import agree, console, identifier_of, start
from cli.search_options import asked_search, search_options
from core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.settings import Settings
    from index.documents import Entry
    from index.export import Format
    from index.protocol import Index
    from index.search_form import Search
    from index.search_run import Found

WHY_ASK = (
    "L'adresse d'une publication nomme le plus souvent un compte, donc une personne : ce fichier sera une donnée personnelle, "
    "à garder chiffrée, à ne transmettre qu'à qui doit agir, et à effacer ensuite. Écrire les adresses ?"
)


@click.command()
@search_options
@click.option("--similar", "similar_to", metavar="ID", help="Nearest in meaning to this document first.")
@click.option("--sort", metavar="ORDER", help="priority (the default), published_at, collected_at or relevance.")
@click.option("--size", default=20, show_default=True, type=click.IntRange(1, 1000), help="How many.")
@click.option("--after", metavar="CURSOR", help="Where the page before ended, as it says.")
@click.option("--facets", is_flag=True, help="Count the results by marker, platform, ...")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: total, next, facets, results.")
@click.option(
    "--export", "target", type=click.Path(path_type=Path, dir_okay=False), help="Write ALL results to FILE.csv or FILE.jsonl, with pseudonyms."
)
@click.option("--addresses", is_flag=True, help="Export the addresses of the posts too; asks first.")
@click.option("--labels", is_flag=True, help="A second row with the columns' names in French (CSV).")
@click.option("--bom", is_flag=True, help="A byte order mark, for spreadsheets that need one (CSV).")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def search(
    ctx: click.Context, /, *, facets: bool, as_json: bool, target: Path | None, addresses: bool, labels: bool, bom: bool, yes: bool, **asked: Any
) -> int:
    """Search the index for WORDS ("quoted": as written), and whatever the options say; all must fit."""
    from index.open import open_index
    from index.search_url import cursor

    if asked["after"]:
        asked["after"] = cursor(asked["after"])
    if asked["similar_to"]:
        asked["similar_to"] = identifier_of(asked["similar_to"])
    sought = asked_search(asked)
    settings = start(ctx)
    index = open_index(settings)
    try:
        if target is None:
            return _show(index, sought, facets=facets, as_json=as_json)
        _confirm(target, addresses=addresses, yes=yes)
        count = _export(index, sought, target, settings, addresses=addresses, labels=labels, bom=bom)
    finally:
        index.close()
    console().print(f"{count} résultats dans {target}", soft_wrap=True)
    return 0


def _show(index: Index, sought: Search, *, facets: bool, as_json: bool) -> int:
    from cli.search_page import search_page
    from index.search_run import FACETS, run

    found = run(index, sought, facets=FACETS if facets else ())
    if as_json:
        click.echo(json.dumps(_answer(found), ensure_ascii=False))
        return 0
    if not found.hits:
        console().print("Aucun résultat. Moins de mots ou d'options en donneront davantage ; les mots s'ajoutent, les valeurs d'une option aussi.")
        return 0
    console().print(search_page(found, copies=_copies(index, found)))
    if found.next:
        from index.search_url import to_cursor

        console().print(f"Suite : la même commande avec --after '{to_cursor(found.next)}'", soft_wrap=True)
    return 0


def _answer(found: Found) -> dict[str, Any]:
    from index.search_url import to_cursor

    results = [
        {**{name: value for name, value in hit.entry.items() if name != "embedding"},
         "highlights": {"title": hit.title, "text": hit.text}, "similarity": hit.similarity}
        for hit in found.hits
    ]  # fmt: skip
    return {"total": found.total, "next": found.next and to_cursor(found.next), "facets": found.facets, "results": results}


def _copies(index: Index, found: Found) -> dict[str, int]:
    """How many others of its campaign wait to be read, by the id of the first result of each campaign."""
    from index.queries import Query
    from index.queue import OPEN

    first: dict[str, Entry] = {}
    for hit in found.hits:
        if hit.entry["campaign"]:
            first.setdefault(hit.entry["campaign"], hit.entry)
    leads = index.leaders(Query(terms={"status": OPEN}), first) if first else {}
    return {entry["id"]: leads[campaign][1] - (entry["status"] in OPEN) for campaign, entry in first.items() if campaign in leads}


def _confirm(target: Path, *, addresses: bool, yes: bool) -> None:
    """Raises Invalid for a name that is no format, and when the person declines."""
    if target.suffix not in (".csv", ".jsonl"):
        raise Invalid(f"{target}: {target.suffix or 'no ending'} is no format; expected FILE.csv or FILE.jsonl")
    if addresses:
        agree(WHY_ASK, yes=yes)
    if target.exists():
        agree(f"{target} existe ; le remplacer ?", yes=yes)


def _export(index: Index, sought: Search, target: Path, settings: Settings, *, addresses: bool, labels: bool, bom: bool) -> int:
    from core.pseudonyms import load_key
    from index.export import export

    kind: Format = "csv" if target.suffix == ".csv" else "jsonl"
    if kind == "jsonl" and (labels or bom):
        raise Invalid("--labels and --bom belong to a CSV file; leave them out for JSON Lines")
    return export(_all(index, sought), target, kind=kind, key=load_key(settings), addresses=addresses, labels=labels, bom=bom)


def _all(index: Index, sought: Search) -> Iterator[Entry]:
    from index.search_form import to_query
    from index.search_run import run

    if sought.similar_to:
        return (hit.entry for hit in run(index, sought).hits)
    return index.scan(to_query(sought))
