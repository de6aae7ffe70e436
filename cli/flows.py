"""``vigie flows``."""

from __future__ import annotations

import click

from cli.context import console, start


@click.group()
def flows() -> None:
    """Run the schedules of prefect.yaml."""


@flows.command()
@click.pass_context
def serve(ctx: click.Context) -> int:
    """Run the schedules of prefect.yaml until interrupted."""
    from flows.schedules import load_schedules
    from flows.serving import serve_schedules

    settings = start(ctx)
    console().print("Les passages planifiés tournent ; Ctrl-C les arrête.")
    serve_schedules(load_schedules(), settings=settings, tell=click.echo)
    return 0


@flows.command(name="list")
@click.pass_context
def list_schedules(ctx: click.Context) -> int:
    """What runs when."""
    from flows.schedules import load_schedules

    start(ctx)
    for entry in load_schedules():
        console().print(f"{entry.name} : {entry.entrypoint}, {entry.cron or 'sans horaire'} ({entry.timezone})")
    return 0
