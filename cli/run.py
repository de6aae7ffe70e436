"""``vigie run``."""

from __future__ import annotations

import click

from cli.context import console, start


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The run's report as one JSON object.")
@click.pass_context
def run(ctx: click.Context, *, as_json: bool) -> int:
    """Run the daily flow once: crawl every enabled source, score what is new, publish it. Needs no server."""
    settings = start(ctx)
    with console(stderr=True).status("lecture des sources, évaluation, publication"):
        from cli.tables import sources_table
        from flows.once import run_daily

        report = run_daily(settings)
    if as_json:
        click.echo(report.model_dump_json())
    else:
        console().print(sources_table(report.sources))
        console().print(f"Évalués : {report.score.scored} (mis de côté : {report.score.set_aside}). Indexés : {report.publish.indexed}.")
    for message in report.broken.values():
        click.echo(f"vigie: {message}", err=True)
    return 2 if report.broken else 0
