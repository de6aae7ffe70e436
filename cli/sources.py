"""``vigie sources``."""

from __future__ import annotations

import json
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.context import console, start

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.settings import Settings
    from crawlers.catalog import Source
    from crawlers.reading.page import Page


@click.group()
def sources() -> None:
    """List and check the sources."""


@sources.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def list_sources(ctx: click.Context, *, as_json: bool) -> int:
    """Every source with its kind, purpose and legal basis; exit code 2 if a file is wrong."""
    from crawlers.catalog import load_all

    found, wrong = load_all(start(ctx).sources_dir)
    if as_json:
        for source in found.values():
            click.echo(source.model_dump_json())
    else:
        from cli.tables import list_table

        console().print(list_table(found.values()))
    return _told(wrong)


def _told(wrong: Mapping[str, str]) -> int:
    """One line a wrong file on standard error; the exit code."""
    for message in wrong.values():
        click.echo(f"vigie: {message}", err=True)
    return 2 if wrong else 0


@sources.command()
@click.argument("names", nargs=-1)
@click.pass_context
def check(ctx: click.Context, names: tuple[str, ...]) -> int:
    """Check all source files without fetching anything; with NAMES, try each: a few polite requests, and what would be kept."""
    from cli.tables import counted
    from crawlers.catalog import load_all, load_named

    settings = start(ctx)
    if names:
        found, wrong = load_named(settings.sources_dir, names)
        empty = [source.name for source in found.values() if not _tried(source, settings)]
        return _told(wrong) or (2 if empty else 0)
    found, wrong = load_all(settings.sources_dir)
    console().print(f"{counted(len(found), 'source lisible', 'sources lisibles')} : {', '.join(found) or 'aucune'}")
    console().print("Pour en essayer une : vigie sources check NOM (quelques requêtes, rien n'est conservé)")
    return _told(wrong)


def _tried(source: Source, settings: Settings) -> bool:
    """Try a source and show it; whether a document was found. One that cannot be tried stops no other."""
    from cli.tables import show_trial
    from core.errors import VigieError
    from flows.trying import try_source

    try:
        with console(stderr=True).status(f"essai de {source.name}"):
            trial = try_source(source.name, settings=settings)
    except VigieError as error:
        _told({source.name: str(error)})
        return False
    show_trial(console(), trial, source=source)
    return bool(trial.documents)


@sources.command()
@click.argument("url")
@click.option("--name", help="Name of the file; made from the address by default.")
@click.option("--purpose", help="Why this source is read; to be written in the file otherwise.")
@click.option("--force", is_flag=True, help="Replace a file of that name.")
@click.pass_context
def add(ctx: click.Context, url: str, *, name: str | None, purpose: str | None, force: bool) -> int:
    """Look at URL and write a source file for it, disabled until you have read it."""
    from core.errors import Invalid
    from core.urls import canonical
    from crawlers import suggest
    from crawlers.catalog import NAME

    settings, url = start(ctx), canonical(_whole(url))
    if name is not None and not NAME.fullmatch(name):
        raise Invalid(f"--name {name[:100]!r}: expected small letters, digits, - and _ only, such as mon_blog")
    if why := _refused(url, settings) or _in_private(url) or suggest.not_a_source(url):
        raise Invalid(f"{url}: {why}")
    path = _free(settings.sources_dir / f"{name}.yml", force=force) if name else None  # before anything is asked for
    keys, page = suggest.from_address(url), None
    if keys is None:
        keys, page = _looked(url, settings)
    path = path or _free(settings.sources_dir / f"{suggest.name_of(keys, url)}.yml", force=force)
    text = suggest.as_yaml(keys, title=suggest.title_of(url, page), purpose=purpose or suggest.PURPOSE, least=1)
    _write_checked(path, text)
    console().print(f"Écrit : {path} (genre {keys['kind']})\n\n{text}", markup=False, soft_wrap=True)
    todo = "relisez ce fichier" if purpose else "ouvrez ce fichier et complétez « purpose »"
    console().print(f"Ensuite : {todo}, puis : vigie sources check {path.stem}", markup=False, soft_wrap=True)
    return 0


def _free(path: Path, *, force: bool) -> Path:
    """The path of a new file. Raises ConfigError where one stands there already."""
    from core.errors import ConfigError

    if path.exists() and not force:
        raise ConfigError(f"{path} exists; choose another name with --name, or replace it with --force")
    return path


def _whole(url: str) -> str:
    """An address as people copy it from an address bar: without https://."""
    bare, host = url.strip(), url.strip().partition("/")[0].partition(":")[0]
    return f"https://{bare}" if "://" not in bare and "." in host.strip(".") and "@" not in host and bare[:1] not in ("/", ".") else url


def _in_private(url: str) -> str | None:
    """Why an address in a private network is not read; this machine alone may be, for a trial."""
    from core.addresses import LOCAL, inside
    from core.urls import host_of, is_ip

    host = host_of(url)
    own = host.rpartition(".")[2] in LOCAL or (is_ip(host) and ip_address(host.strip("[]")).is_loopback)
    return None if own or not inside(host) else "lies in a private network; expected a page that everybody can open"


def _refused(url: str, settings: Settings) -> str | None:
    """Why an address must not be read, if its owner asked so."""
    from core.pseudonyms import load_key
    from crawlers.erasing.optout import load_opt_outs

    covered = load_opt_outs(settings.archive_dir, key=load_key(settings)).covers_address(url)
    return "on the list of those who asked not to be read (vigie optout list); no source was written" if covered else None


def _looked(url: str, settings: Settings) -> tuple[dict[str, Any], Page]:
    """The keys of a source for the page at an address, and the page. Raises SourceError where it cannot be read."""
    from core.errors import SourceError
    from crawlers import suggest
    from crawlers.expect import is_blind, meaning
    from flows.trying import look

    with console(stderr=True).status(f"lecture de {url}"):
        trial = look(url, settings=settings)
    # an instance's pages are made by a script, a forum's section holds no text: an article finds nothing
    if trial.page is not None and (keys := suggest.from_instance(url, trial.page) or suggest.from_section(url, trial.page)):
        return keys, trial.page
    reasons = trial.report.reasons
    if trial.page is None or (any(map(is_blind, reasons)) and not trial.documents):
        why = "; ".join(f"{reason}: {meaning(reason)}" for reason in reasons) or "no answer"
        raise SourceError("unreadable", f"{url}: could not be read ({why}); no source was written")
    return suggest.from_page(url, trial.page), trial.page


def _write_checked(path: Path, text: str) -> None:
    """Put a file in its place once it is known to be right: a wrong one replaces none. Raises ConfigError."""
    from tempfile import TemporaryDirectory

    from core.files import write_text
    from crawlers.catalog import load_source

    with TemporaryDirectory(prefix="vigie-source-") as folder:
        trial = Path(folder) / path.name
        trial.write_text(text, encoding="utf-8")
        load_source(trial)
    write_text(path, text)


@sources.command()
@click.argument("names", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def coverage(ctx: click.Context, names: tuple[str, ...], *, as_json: bool) -> int:
    """What the runs of each source, or of NAMES, saw, what they did not, and which fields they found."""
    from cli.tables import coverage_table
    from crawlers.catalog import load_all, load_named
    from crawlers.coverage import coverage as measure
    from crawlers.history import History

    settings = start(ctx)
    sources_read, wrong = load_named(settings.sources_dir, names) if names else load_all(settings.sources_dir)
    found = measure(list(sources_read.values()), History(settings.archive_dir))
    if as_json:
        for one in found:
            click.echo(one.model_dump_json())
    else:
        console().print(coverage_table(found))
    return _told(wrong)


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
