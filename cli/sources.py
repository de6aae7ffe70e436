"""``vigie sources``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from cli.context import console, start

if TYPE_CHECKING:
    from pathlib import Path


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
    """Check all source files without fetching anything; with NAMES, try each: a few polite requests, and what would be kept."""
    from crawlers.catalog import load_sources, pick

    settings = start(ctx)
    found = load_sources(settings.sources_dir)
    if not names:
        console().print(f"{len(found)} sources lisibles : {', '.join(found) or 'aucune'}")
        console().print("Pour en essayer une : vigie sources check NOM (quelques requêtes, rien n'est conservé)")
        return 0
    from cli.tables import show_trial
    from flows.trying import try_source

    seen = 0
    for source in pick(found, names):
        with console(stderr=True).status(f"essai de {source.name}"):
            trial = try_source(source.name, settings=settings)
        show_trial(console(), trial)
        seen += len(trial.documents)
    return 0 if seen else 2


@sources.command()
@click.argument("url")
@click.option("--name", help="Name of the file; made from the address by default.")
@click.option("--purpose", help="Why this source is read; to be written in the file otherwise.")
@click.option("--force", is_flag=True, help="Replace a file of that name.")
@click.pass_context
def add(ctx: click.Context, url: str, *, name: str | None, purpose: str | None, force: bool) -> int:
    """Look at URL and write a source file for it, disabled until you have read it."""
    from core.errors import ConfigError, SourceError
    from core.files import write_text
    from core.urls import canonical
    from crawlers import suggest
    from crawlers.expect import is_blind
    from flows.trying import look

    settings, url = start(ctx), canonical(url)
    keys, trial = suggest.from_address(url), None
    if keys is None:
        with console(stderr=True).status(f"lecture de {url}"):
            trial = look(url, settings=settings)
        blind = [reason for reason in trial.report.reasons if is_blind(reason)]
        if trial.page is None or (blind and not trial.documents):
            raise SourceError("unreadable", f"{url}: could not be read ({', '.join(blind) or 'no answer'}); no source was written")
        keys = suggest.from_page(url, trial.page)
    name = name or suggest.name_of(keys, url)
    path = settings.sources_dir / f"{name}.yml"
    if path.exists() and not force:
        raise ConfigError(f"{path} exists; choose another name with --name, or replace it with --force")
    text = suggest.as_yaml(keys, title=suggest.title_of(url, trial.page if trial else None), purpose=purpose or suggest.PURPOSE, least=1)
    write_text(path, text)
    load_checked(path)
    console().print(f"Écrit : {path} (genre {keys['kind']})\n\n{text}\nEnsuite : vigie sources check {name}", markup=False, soft_wrap=True)
    return 0


def load_checked(path: Path) -> None:
    """A file that this program wrote and cannot read is removed again. Raises ConfigError."""
    from core.errors import ConfigError
    from crawlers.catalog import load_source

    try:
        load_source(path)
    except ConfigError:
        path.unlink()
        raise


@sources.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def coverage(ctx: click.Context, *, as_json: bool) -> int:
    """What each source's runs saw, what they did not, and which fields they found."""
    from cli.tables import coverage_table
    from crawlers.catalog import load_sources
    from crawlers.coverage import coverage as measure
    from crawlers.history import History

    settings = start(ctx)
    found = measure(list(load_sources(settings.sources_dir).values()), History(settings.archive_dir))
    if as_json:
        for one in found:
            click.echo(one.model_dump_json())
    else:
        console().print(coverage_table(found))
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
