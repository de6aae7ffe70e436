"""``vigie sources``."""

from __future__ import annotations

import json

import click

from cli.context import console, start


@click.group()
def sources() -> None:
    """List and check the sources."""


@sources.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def list_sources(ctx: click.Context, *, as_json: bool) -> int:
    """Every source with its kind, purpose and legal basis."""
    from rich.table import Table
    from rich.text import Text

    from crawlers.catalog import load_sources

    found = load_sources(start(ctx).sources_dir)
    if as_json:
        for source in found.values():
            click.echo(source.model_dump_json())
        return 0
    table = Table(title="Sources", title_justify="left", show_lines=True)
    for column in ("nom", "genre", "active", "titre", "finalité", "base légale"):
        table.add_column(column)
    for source in found.values():
        table.add_row(source.name, source.kind, "oui" if source.enabled else "non", *map(Text, (source.title, source.purpose, source.legal_basis)))
    console().print(table)
    return 0


@sources.command()
@click.argument("names", nargs=-1)
@click.pass_context
def check(ctx: click.Context, names: tuple[str, ...]) -> int:
    """Check the files of the sources NAMES, or all of them, without fetching anything."""
    from crawlers.catalog import load_sources, pick

    found = load_sources(start(ctx).sources_dir)
    checked = pick(found, names) if names else list(found.values())
    console().print(f"{len(checked)} sources lisibles : {', '.join(source.name for source in checked) or 'aucune'}")
    return 0


@sources.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@click.pass_context
def kinds(ctx: click.Context, *, as_json: bool) -> int:
    """The kinds of source that exist, each with the keys of its YAML."""
    from importlib import import_module

    from crawlers import catalog

    start(ctx)
    names = catalog.kinds()
    if as_json:
        click.echo(json.dumps(names))
        return 0
    for name in names:
        fields = import_module(f"crawlers.spiders.{name}").Options.model_fields
        required = [key for key, field in fields.items() if field.is_required() and key != "name"]
        optional = [key for key, field in fields.items() if not field.is_required()]
        console().print(f"[bold]{name}[/bold]\n  obligatoires : {', '.join(required)}\n  facultatives : {', '.join(optional)}")
    return 0
