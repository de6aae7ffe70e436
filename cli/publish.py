"""``vigie publish`` and ``vigie reindex``."""

from __future__ import annotations

import click

from cli.context import console, progress, start


@click.command()
@click.option("--wait", "hours", default=0.0, type=click.FloatRange(0, 72), help="Keep trying for so many hours while the index is down.")
@click.pass_context
def publish(ctx: click.Context, *, hours: float) -> int:
    """Put every scored batch that the index lacks into it."""
    from flows.indexing import publish_patiently, unscored

    settings = start(ctx)
    with progress() as bar:
        task = bar.add_task("lots", total=None)
        tell = console(stderr=True).print
        report = publish_patiently(settings, hours=hours, tell=tell, advance=lambda count: bar.advance(task, count))
    expired = f", {report.expired} dont la durée de conservation est passée" if report.expired else ""
    console().print(
        f"{report.indexed} documents indexés, {report.duplicate} déjà là dans une version plus récente, {report.failed} refusés{expired}."
    )
    if waiting := unscored(settings):
        console().print(f"{waiting} lots attendent d'être évalués : « vigie score --pending ».")
    return 0


@click.command()
@click.pass_context
def reindex(ctx: click.Context) -> int:
    """Build the index anew from the archive and the case database, then swap it in without a gap."""
    from flows.indexing import rebuild_all

    settings = start(ctx)
    with console(stderr=True).status("reconstruction de l'index"):
        documents = rebuild_all(settings)
    console().print(f"{documents} documents dans le nouvel index.")
    return 0
