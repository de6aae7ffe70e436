"""``vigie crawl``."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import click

from cli.context import console, progress, start
from cli.tables import sources_table
from core.errors import VigieError
from core.records import SourceReport

if TYPE_CHECKING:
    from core.settings import Settings


@click.command()
@click.argument("names", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_context
def crawl(ctx: click.Context, names: tuple[str, ...], *, as_json: bool) -> int:
    """Crawl the sources NAMES, or all enabled ones, into the archive."""
    from crawlers.catalog import choose
    from crawlers.evidence.archive import Archive

    settings = start(ctx)
    chosen, wrong = choose(settings.sources_dir, names)
    Archive(settings.archive_dir).recover()
    reports, broken = _crawl_all([source.name for source in chosen], settings)
    broken = wrong | broken
    if as_json:
        click.echo(json.dumps({"sources": [report.model_dump(mode="json") for report in reports], "broken": broken}, ensure_ascii=False))
    elif reports:
        console().print(sources_table(reports))
    for message in broken.values():
        click.echo(f"vigie: {message}", err=True)
    return 2 if broken else 0


def _crawl_all(names: list[str], settings: Settings) -> tuple[list[SourceReport], dict[str, str]]:
    from flows.crawling import crawl_source

    def one(name: str) -> SourceReport | VigieError:
        try:
            return crawl_source(name, settings=settings)
        except VigieError as error:  # one broken source stops no other
            return error

    with progress() as bar, ThreadPoolExecutor(settings.crawl_concurrency) as pool:
        task = bar.add_task("sources", total=len(names))
        results = {}
        for name, result in zip(names, pool.map(one, names), strict=True):
            results[name] = result
            bar.advance(task)
    reports = [result for result in results.values() if isinstance(result, SourceReport)]
    return reports, {name: str(result) for name, result in results.items() if isinstance(result, VigieError)}
