"""``vigie stats``: what is known of Vigie's own work, in numbers alone."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import click

from cli.context import console, start
from cli.stats_plot import plot

if TYPE_CHECKING:
    from index.sampling import Recall


@click.group()
def stats() -> None:
    """What the scores miss, and what is watched, in numbers."""


stats.add_command(plot)


@stats.command()
@click.option("--days", type=click.IntRange(1, 30), default=30, show_default=True, help="Collected in the last N days; older items are thinned out.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def recall(ctx: click.Context, *, days: int, as_json: bool) -> int:
    """Estimate the cases that no score flagged, from the random sample that people read; with 95 % intervals."""
    from datetime import UTC, datetime

    from cases.database import open_database
    from flows.recall import recall as estimate
    from index.harm import load_rules
    from index.open import open_index

    settings = start(ctx)
    with closing(open_index(settings)) as index, closing(open_database(settings)) as database:
        found = estimate(index, database, rules=load_rules().sounding, now=datetime.now(UTC), days=days)
    if as_json:
        click.echo(found.model_dump_json())
    else:
        _tell(found, days)
    return 0


def _tell(found: Recall, days: int) -> None:
    from rich.text import Text

    from cli.pages import NAMES

    shown = console()
    shown.print(Text(f"Cas manqués par les scores, sur les contenus collectés depuis {days} jours", style="bold"))
    for one in found.estimates:
        shown.print(Text.assemble((f"{NAMES[one.marker]} : ", "bold"), one.text))
    for line in found.assumptions:
        shown.print(Text(line, style="dim"))
