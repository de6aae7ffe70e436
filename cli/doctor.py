"""``vigie doctor``: looks at everything a run needs, and says what to do."""

from __future__ import annotations

import json

import click

from cli.context import console, start


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@click.pass_context
def doctor(ctx: click.Context, *, as_json: bool) -> int:
    """Check settings, sources, archive, disk, clock, model and index; exit code 2 when something must be done."""
    from rich.text import Text

    from flows.checks import check_all

    findings = check_all(start(ctx))
    if as_json:
        click.echo(json.dumps([finding.model_dump() for finding in findings], ensure_ascii=False))
    else:
        for finding in findings:
            mark = Text("ok  ", style="green") if finding.ok else Text("NON ", style="bold red")
            console().print(Text.assemble(mark, (f"{finding.name:<11}", "bold"), finding.message))
    return 0 if all(finding.ok for finding in findings) else 2
