"""``vigie publish`` and ``vigie reindex``."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from cli.context import console, progress, start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.settings import Settings
    from flows.results import Results
    from index.protocol import Index


@contextmanager
def _both(settings: Settings) -> Iterator[tuple[Results, Index]]:
    from crawlers.archive import Archive
    from flows.results import Results
    from index.open import open_index
    from nlp.classify import revision_of

    archive = Archive(settings.archive_dir)
    archive.recover()
    index = open_index(settings)
    try:
        yield Results(archive, model=settings.model, revision=revision_of(settings)), index
    finally:
        index.close()


@click.command()
@click.pass_context
def publish(ctx: click.Context) -> int:
    """Put every scored batch that the index lacks into it."""
    from flows.publishing import publish_waiting

    with _both(start(ctx)) as (results, index), progress() as bar:
        task = bar.add_task("lots", total=None)
        report = publish_waiting(results, index, advance=lambda count: bar.advance(task, count))
        waiting = len(results.waiting())
    console().print(f"{report.indexed} documents indexés, {report.duplicate} déjà là dans une version plus récente, {report.failed} refusés.")
    if waiting:
        console().print(f"{waiting} lots attendent d'être évalués : « vigie score --pending ».")
    return 0


@click.command()
@click.pass_context
def reindex(ctx: click.Context) -> int:
    """Build the index anew from the archive, then swap it in without a gap."""
    from flows.publishing import rebuild

    with _both(start(ctx)) as (results, index), console(stderr=True).status("reconstruction de l'index"):
        documents = rebuild(results, index)
    console().print(f"{documents} documents dans le nouvel index.")
    return 0
