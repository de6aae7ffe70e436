"""``vigie submissions``."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import click

from cli.context import console, start

if TYPE_CHECKING:
    from cases.submissions import Submission


@click.group()
def submissions() -> None:
    """Read what people submit: fetch it, score it, index it."""


@submissions.command()
@click.pass_context
def serve(ctx: click.Context) -> int:
    """Read submissions as they come, until interrupted (SIGTERM or Ctrl-C). One worker an archive; run it beside the console."""
    from threading import Event

    from flows.submissions import serve as work

    settings, stop = start(ctx), Event()

    def end(_number: int, _frame: Any) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    console().print("Les signalements sont lus dès leur arrivée ; Ctrl-C arrête.")
    done = work(settings, stop=stop)
    console().print(f"Arrêté. Signalements traités : {done}.")
    return 0


@submissions.command()
@click.pass_context
def run(ctx: click.Context) -> int:
    """Read the submissions that wait, once."""
    settings = start(ctx)
    with console(stderr=True).status("lecture des signalements"):
        from flows.once import run_submissions

        done = run_submissions(settings)
    console().print(f"Signalements traités : {done}.")
    return 0


@submissions.command(name="list")
@click.option("--state", help="Only those in this state: recue, en_cours, collectee, visible, ecartee.")
@click.option("--size", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many, the newest first.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line on standard output.")
@click.pass_context
def list_submissions(ctx: click.Context, *, state: str | None, size: int, as_json: bool) -> int:
    """Show the newest submissions and what became of them."""
    from contextlib import closing

    from cases.database import open_database
    from cases.submissions import STATES, listed
    from core.errors import Invalid, nearest

    settings = start(ctx)
    wanted = next((one for one in STATES if one == state), None)
    if state and wanted is None:
        raise Invalid(f"state {state!r} is unknown; {nearest(state, STATES)}")
    with closing(open_database(settings)) as database:
        found = listed(database, organisation_id=None, size=size, state=wanted)
    if as_json:
        for one in found:
            click.echo(json.dumps(one.model_dump(mode="json"), ensure_ascii=False))
    else:
        _show(found)
    return 0


def _show(found: tuple[Submission, ...]) -> None:
    from rich.table import Table

    from core.times import paris

    table = Table("reçu", "état", "raison", "adresse", "contenu")
    for one in found:
        table.add_row(paris(one.created_at), one.state, one.reason or "", "(texte)" if one.is_text else one.url, one.document_id)
    console().print(table)
