"""``vigie queue``."""

from __future__ import annotations

import json

import click

from cli.context import console, start
from core.records import MARKERS


@click.command()
@click.option("--marker", "markers", multiple=True, type=click.Choice(MARKERS), help="Only these markers; may be repeated.")
@click.option("--alerts", is_flag=True, help="Only what is an alert.")
@click.option("--words", default="", help="Only what holds all these words.")
@click.option("--size", default=20, show_default=True, type=click.IntRange(1, 1000), help="How many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def queue(ctx: click.Context, *, markers: tuple[str, ...], alerts: bool, words: str, size: int, as_json: bool) -> int:
    """Show what to read first: the worst expected harm, one item a campaign, and now and then one drawn among what is not flagged."""
    from cli.pages import queue_page
    from index.open import open_index
    from index.queries import Query
    from index.queue import read_queue

    settings = start(ctx)
    terms: dict[str, tuple[str, ...]] = {"decision": ("alerte",)} if alerts else {}
    if markers:
        terms["alerts" if alerts else "markers"] = markers
    index = open_index(settings)
    try:
        page = read_queue(index, Query(words=words, terms=terms), size=size)
    finally:
        index.close()
    if as_json:
        for item in page.items:
            click.echo(json.dumps({**item.entry, "copies": item.copies}, ensure_ascii=False))
    elif not page.items:
        chosen = " ne correspond à ces mots ou options" if words or markers or alerts else " dans l'index"
        console().print(f"Rien à lire : aucun contenu à examiner{chosen}. « vigie run » lit les sources ; « vigie doctor » vérifie l'installation.")
    else:
        console().print(queue_page(page))
    return 0
